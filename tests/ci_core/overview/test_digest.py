"""The overview as an e-mail: complete, harmless whatever people wrote, and with addresses that lead back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ci_core.cli.output import plain
from ci_core.overview import Block, Completions, Figure, Glance, Hint, Line, Overview, Period, StatusCount
from ci_core.overview.digest import Digest, as_html, as_json, as_markdown, as_text, digest_of
from db.enums import Status

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
APP = "https://magnus.example.org/ci"
HOSTILE = (
    "<script>alert(1)</script> & \"quotes\" ](https://evil.example) <img src=x onerror='1'>\n# heading `code` | cell"
)


def overview(title: str = "Cache the chain", note: str = "in progress", **changes: Any) -> Overview:
    line = Line(title, note, enhancement_id=12, status=Status.IN_PROGRESS, score=71.4)
    values = {
        "person": "Ada",
        "now": NOW,
        "period": Period("1d", NOW - timedelta(days=1), "in the last day"),
        "needs": (Block("assigned", "Assigned to you", (line,), 3, page="board?assignee=Ada"),),
        "people": Block("people", "By your colleagues", (Line(title, "grace moved it", enhancement_id=12),), 1),
        "agents": Block("agents", "By agents", (line,), 38, ("and 37 more by agent:setup: added",)),
        "top": Block("top", "Top priorities", (line,), 1),
        "statuses": tuple(StatusCount(status, 7 * (status is Status.PROPOSED)) for status in Status),
        "completions": Completions((0,) * 6 + (2,) + (0,) * 6 + (5,)),
        "glances": (
            Glance("health", "Health", (), Block("h", "Newest check", hint=Hint("No check yet.", command="ci doctor"))),
            Glance(
                "research",
                "Research",
                (Figure("New", "2"),),
                Block("f", "Newest findings", (Line(title, "reddit", url="https://example.org/a?b=1&c=(2)"),), 1),
            ),
        ),
    }
    return Overview(**{**values, **changes})


def nothing() -> Overview:
    empty = Block("x", "By nobody", hint=Hint("Nobody changed anything."))
    return overview(
        needs=(), people=empty, agents=empty, top=empty, statuses=(), completions=Completions((0,) * 14), glances=()
    )


class Elements(HTMLParser):
    """What stands in a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == "br" or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_subject_says_what_it_is_worth_to_open() -> None:
    assert digest_of(overview()).subject == "Magnus, 25 Nov 2026: 3 things need you, 39 enhancements changed"
    assert digest_of(nothing()).subject == "Magnus, 25 Nov 2026: nothing needs you, 0 enhancements changed"


@pytest.mark.parametrize("render", [as_html, as_text, as_markdown])
def test_every_part_is_told_in_every_form(render: Any) -> None:
    rendered = render(digest_of(overview()), APP)

    for words in (
        "What needs you", "Assigned to you", "Cache the chain", "and 2 more", "What changed in the last day",
        "and 37 more by agent:setup: added", "Top priorities", "5 completed in the last 7 days", "No check yet",
        "Research", "ci doctor",
    ):  # fmt: skip
        assert words in rendered, words


@pytest.mark.parametrize("render", [as_html, as_text, as_markdown])
def test_links_are_whole_addresses_of_the_app(render: Any) -> None:
    rendered = render(digest_of(overview()), APP)

    assert f"{APP}/?item=12" in rendered


def test_html_is_made_of_tables_and_inline_styles_alone() -> None:
    document = Elements(as_html(digest_of(overview()), APP))

    assert document.open == []
    assert not {"script", "style", "link", "img", "iframe", "form", "div"} & set(document.tags)
    assert "class" not in document.attributes
    assert {"table", "h1", "h2", "a"} <= set(document.tags)


def test_nobodys_text_becomes_active_in_html() -> None:
    document = Elements(as_html(digest_of(overview(HOSTILE, HOSTILE)), APP))

    assert document.open == []
    assert not {"script", "img"} & set(document.tags)
    assert all(not name.startswith("on") for name in document.attributes)
    assert all(link.startswith((APP, "https://example.org/")) for link in document.links)
    assert HOSTILE in document.text


def test_nobodys_text_becomes_active_in_markdown() -> None:
    rendered = MarkdownIt("commonmark").render(as_markdown(digest_of(overview(HOSTILE, HOSTILE)), APP))
    document = Elements(rendered)

    assert not {"script", "img", "th"} & set(document.tags)
    assert all(link.startswith((APP, "https://example.org/")) for link in document.links)
    assert " ".join(HOSTILE.split()) in document.text
    assert re.findall(r"<h1>(.*?)</h1>", rendered) == [
        "Magnus, 25 Nov 2026: 3 things need you, 39 enhancements changed"
    ]


def test_plain_text_keeps_each_text_on_a_line_of_its_own() -> None:
    lines = as_text(digest_of(overview(HOSTILE, "one\ntwo")), APP).splitlines()

    assert f"  * #12 {' '.join(HOSTILE.split())}" in lines
    assert "    one two" in lines
    assert f"    {APP}/?item=12" in lines


def test_an_empty_digest_says_so_and_what_to_do() -> None:
    rendered = as_text(digest_of(nothing()), APP)

    assert "Nothing waits for you." in rendered
    assert f"{APP}/inbox" in rendered
    assert "No enhancements yet." in rendered


def test_a_digest_keeps_the_overview_that_it_tells() -> None:
    told = overview()

    assert digest_of(told) == Digest("Magnus, 25 Nov 2026: 3 things need you, 39 enhancements changed", told)


def test_for_programs_it_holds_what_the_shell_gives() -> None:
    made = digest_of(overview("Überall “here”"))

    assert json.loads(as_json(made)) == plain(made)
    assert "Überall “here”" in as_json(made)
