"""Pages are measured in a browser where there is one, and by HTTP where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from ci_core.health.checkers.kinds import CheckerFailed
from ci_core.health.measuring import pages
from ci_core.health.measuring.browser_program import same_site
from ci_core.health.measuring.pages import find_browser, measure_pages, shown
from tests.ci_core.health.targets import workbench_in

LATE = """<title>x</title><h1>Hello</h1><a href="/b?token=hunter2">b</a><a href="https://example.org/">out</a><script>
setTimeout(() => { const h = document.createElement("h1"); h.style.fontSize = "90px";
  h.textContent = "much larger"; document.body.append(h); }, 400)</script>"""


@pytest.fixture
def app(httpserver: HTTPServer) -> str:
    """A page whose largest content comes late, and one that is broken."""
    httpserver.expect_request("/").respond_with_data(LATE, content_type="text/html")
    httpserver.expect_request("/b").respond_with_data("<p>broken</p>", status=500, content_type="text/html")
    return httpserver.url_for("/").rstrip("/")


@pytest.mark.skipif(find_browser() is None, reason="there is no Chromium here")
def test_a_browser_waits_for_the_largest_content_and_follows_links(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "TIMES", 1)

    found = measure_pages(app, workbench_in(tmp_path))

    assert len(found.pages) == 2, found
    first, second = found.pages
    assert (found.by, found.problem) == ("browser", None)
    assert first.load_ms > 400
    assert (first.status, second.status) == (200, 500)
    assert second.address.endswith("/b")
    assert "hunter2" not in str(found)


def test_without_a_browser_it_is_measured_by_http_and_said_so(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "find_browser", lambda: None)

    found = measure_pages(app, workbench_in(tmp_path))

    assert (found.by, found.pages[0].status, found.pages[0].load_ms > 0) == ("http", 200, True)
    assert "CHROMIUM_PATH" in str(found.problem)


def test_a_browser_that_does_not_start_is_made_up_for_by_http(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "find_browser", lambda: "/nowhere/chromium")

    found = measure_pages(app, workbench_in(tmp_path))

    assert found.by == "http"
    assert found.problem


def test_an_app_that_does_not_answer_is_said_not_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "find_browser", lambda: None)

    with pytest.raises(CheckerFailed, match="no connection") as failed:
        measure_pages("http://127.0.0.1:9", workbench_in(tmp_path))

    assert "CI_HEALTH_APP_URL" in str(failed.value.remedy)


def test_only_pages_of_the_same_site_are_followed_once_each() -> None:
    links = [
        "http://a.org/", "http://a.org/x#1", "http://a.org/x#2", "https://a.org/x", "http://b.org/y", "mailto:x@a.org",
        "http://a.org/z?q=1",
    ]  # fmt: skip

    assert same_site("http://a.org", links) == ["http://a.org/x", "http://a.org/z?q=1"]


def test_an_address_is_shown_without_secrets() -> None:
    assert shown("https://u:hunter2@a.org/x?token=hunter2#hunter2") == "https://a.org/x"
