"""Text from outside stays text wherever it is shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog.comments import add_comment
from ci_core.backlog.dependencies import add_dependency
from tests.browser.board.harness import Backlog, OpenPage

pytestmark = pytest.mark.browser
IMAGE = "<img src=x onerror=alert(1)>"
MARKDOWN = ":red[not red] **not bold** [no](https://example.org) $x^2$ :tada: `code`"


def test_a_title_of_html_is_text_everywhere(open_page: OpenPage, backlog: Backlog) -> None:
    hostile, other = backlog.add(IMAGE, "Other")
    backlog.as_other(add_dependency, other, hostile, "blocked_by")
    backlog.as_other(add_comment, other, f"{IMAGE} and <script>alert(1)</script>")
    page = open_page().goto(q=backlog.word)

    expect(page.card(hostile).locator(".title")).to_have_text(f"{IMAGE} {backlog.word}")
    page.drag(hostile, "approved")
    page.wait_until_saved()
    expect(page.page.get_by_text(f"Moved “{IMAGE}").first).to_be_visible()
    page.card(hostile).click()
    expect(page.dialog.get_by_role("heading", name=f"#{hostile} {IMAGE}")).to_be_visible()
    page.dialog.get_by_role("button", name="Edit title and description").click()
    expect(page.field("Title")).to_have_value(f"{IMAGE} {backlog.word}")

    page.goto(q=backlog.word, item=other)
    page.dialog.get_by_role("tab", name="Links").click()
    links = page.dialog.get_by_test_id("stTabs")
    expect(links.get_by_role("button", name=f"#{hostile} {IMAGE}")).to_be_visible()
    page.dialog.get_by_placeholder("Title or #12").fill(f"#{hostile}")
    expect(page.dialog.locator(f".st-key-candidate-{hostile}")).to_contain_text(IMAGE)
    page.dialog.get_by_role("tab", name="Activity").click()
    expect(page.dialog.locator(".written").first).to_contain_text(f"{IMAGE} and <script>alert(1)</script>")
    expect(page.dialog.locator('[class*="st-key-history-"]').first).to_be_visible()

    page.goto(q=backlog.word)
    page.page.get_by_role("button", name="Add").click()
    page.field("Title").fill(f"{IMAGE} {backlog.word}")
    expect(page.dialog.get_by_role("button", name=f"#{hostile} {IMAGE}")).to_be_visible()
    assert page.page.locator("img[src=x]").count() == 0


def test_markdown_in_a_title_is_not_interpreted(open_page: OpenPage, backlog: Backlog) -> None:
    odd, other = backlog.add(MARKDOWN, "Other")
    backlog.as_other(add_dependency, other, odd, "blocked_by")
    page = open_page().goto(q=backlog.word, item=odd)

    heading = page.dialog.get_by_role("heading").first
    assert heading.inner_text().replace("\u2060", "") == f"#{odd} {MARKDOWN} {backlog.word}"
    page.goto(q=backlog.word, item=other)
    page.dialog.get_by_role("tab", name="Links").click()
    link = page.dialog.locator(f".st-key-go-Blocked-by-{odd}, [class*='st-key-go-'][class*='-{odd}']").first
    assert link.inner_text().strip().replace("\u2060", "").startswith(f"#{odd} :red[not red] **not bold** [no](https")


def test_a_description_can_fetch_and_run_nothing(open_page: OpenPage, backlog: Backlog) -> None:
    text = (
        f"{IMAGE}\n\n![chart](https://example.org/a.png)\n\n[site](https://example.org) [js](javascript:alert(1))\n\n"
        "<iframe src='https://example.org'></iframe> <style>body{display:none}</style>\n\n```mermaid\ngraph TD\n```\n"
    )
    (card,) = backlog.add("Plain", description=text)
    page = open_page().goto(q=backlog.word, item=card)

    written = page.dialog.locator(".written")
    expect(written).to_contain_text(IMAGE)
    assert written.locator("img, script, iframe, style, svg").count() == 0
    links = written.locator("a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://example.org/a.png", "https://example.org"]
    assert all("noopener noreferrer" in (link.get_attribute("rel") or "") for link in links.all())
