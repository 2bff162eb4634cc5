"""Markdown of strangers becomes HTML that can do nothing."""

from __future__ import annotations

import pytest

from pages.widgets.markdown import safe_html


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<iframe src='https://example.org'></iframe>",
        "a <b onclick='x()'>b</b>",
        "<style>body { display: none }</style>",
    ],
)
def test_html_in_the_text_stays_text(text: str) -> None:
    html = safe_html(text)

    assert "&lt;" in html
    assert not any(f"<{name}" in html for name in ("img", "script", "svg", "iframe", "b ", "style"))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"])
def test_links_lead_to_web_addresses_only(address: str) -> None:
    assert "href" not in safe_html(f"[here]({address})")


def test_links_open_elsewhere_and_tell_nothing() -> None:
    html = safe_html("[here](https://example.org/a)")

    assert 'href="https://example.org/a"' in html
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_a_picture_is_a_link_and_is_not_fetched() -> None:
    html = safe_html('![chart"<x>](https://example.org/a.png "t")')

    assert "<img" not in html
    assert '<a href="https://example.org/a.png"' in html
    assert "picture: chart" in html


def test_what_people_write_is_rendered() -> None:
    html = safe_html("# T\n\n1. a\n\n| x | y |\n| -- | -: |\n| 1 | 2 |\n\n~~old~~ `code`\n\n```python\nx = 1\n```\n")

    for part in ("<h1>", "<ol>", "<table>", "text-align:right", "<s>", "<code>code</code>", "<pre>"):
        assert part in html.replace("text-align: right", "text-align:right")


def test_mentions_are_marked_and_stay_text() -> None:
    html = safe_html('**@ada** says `@ada` <b>@"Ada & Co"</b> @nobody', ("ada", "Ada & Co"))

    assert "<strong><mark>@ada</mark></strong>" in html
    assert "<code>@ada</code>" in html
    assert '&lt;b&gt;<mark>@"Ada &amp; Co"</mark>&lt;/b&gt;' in html
    assert html.count("<mark>") == 2
    assert "<mark>" not in safe_html("@ada")
