"""Hostile text stays text, a phone is enough, and every element says what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ci_core.backlog import add_dependency
from db.enums import Status
from tests.browser.axe import violations
from tests.browser.board.harness import Backlog
from tests.browser.inbox.desk import Desk

pytestmark = pytest.mark.browser
OpenInbox = Callable[..., Desk]
IMAGE = "<img src=x onerror=alert(1)>"
DESCRIPTION = (
    f"# Heading\n\n{IMAGE} **bold** `code`\n\n![chart](https://example.org/a.png)\n\n"
    "[site](https://example.org) [js](javascript:alert(1)) [data](data:text/html,x)\n\n"
    "<iframe src='https://example.org'></iframe>\n\n<script>alert(1)</script>\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
)


def test_hostile_titles_and_descriptions_are_text(open_inbox: OpenInbox, backlog: Backlog) -> None:
    (hostile,) = backlog.add(IMAGE, description=DESCRIPTION, tags=(IMAGE,), feature_area=IMAGE, assignee=IMAGE)
    (twin,) = backlog.add(f"{IMAGE} twin", status="approved")
    backlog.as_other(add_dependency, hostile, twin, "blocked_by")
    desk = open_inbox(f"is:inbox {backlog.word}")
    desk.sees(hostile)
    desk.loaded()

    expect(desk.item.locator(".item-title")).to_have_text(f"{IMAGE} {backlog.word}")
    written = desk.item.locator(".written")
    expect(written).to_contain_text(f"{IMAGE} bold code")
    expect(written.locator("strong")).to_have_text("bold")
    expect(written.locator("table td").first).to_have_text("1")
    expect(desk.item.locator(".linked").first).to_contain_text(f"#{twin} {IMAGE} twin")
    assert desk.page.locator(".inbox img, .inbox script, .inbox iframe").count() == 0
    links = written.locator("a").all()
    assert [link.get_attribute("href") for link in links] == ["https://example.org/a.png", "https://example.org"]
    assert all("noopener" in (link.get_attribute("rel") or "") for link in links)
    desk.press("a", "/")
    expect(desk.chooser.get_by_role("option", name=IMAGE)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_one_sees_the_list_or_the_item_and_decides_by_touch(
    open_inbox: OpenInbox, backlog: Backlog, scheme: str
) -> None:
    backlog.add("One", "Two", "Three")
    desk = open_inbox(backlog.word, size=(390, 844), scheme=scheme)
    order = desk.rows()
    expect(desk.item).to_be_hidden()

    desk.row(order[1]).click()
    expect(desk.item).to_be_visible()
    expect(desk.page.locator(".scroller")).to_be_hidden()
    desk.page.get_by_role("button", name="Reject…").click()
    desk.chooser.get_by_role("option", name="Out of scope").click()
    desk.sees(order[2])
    desk.page.get_by_role("button", name="‹ List").click()
    expect(desk.row(order[0])).to_be_visible()
    expect(desk.page.locator(".last-text")).to_contain_text("Rejected: Out of scope")
    desk.saved()

    assert backlog.read(order[1]).status is Status.REJECTED
    width = desk.page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_finds_nothing_amiss_also_while_something_is_asked(
    open_inbox: OpenInbox, backlog: Backlog, scheme: str
) -> None:
    backlog.add("One", "Two", description="Why **this**", feature_area="Scanner", assignee="grace")
    desk = open_inbox(backlog.word, scheme=scheme)
    desk.loaded()

    for keys in (("3",), ("Escape", "x")):
        desk.press(*keys)
        found = violations(desk.page)
        own = [node["target"] for each in found for node in each["nodes"] if "st-key-header" not in str(node["target"])]
        assert own == [], keys
    listbox = desk.page.get_by_role("listbox", name="Proposals, best first")
    expect(listbox.get_by_role("option").first).to_have_attribute("aria-setsize", "2")
    expect(desk.page.locator(".inbox .spoken")).to_contain_text("Selected")


def test_an_inbox_without_a_match_says_what_to_do(open_inbox: OpenInbox, backlog: Backlog) -> None:
    backlog.add("One")
    desk = open_inbox(f"{backlog.word} -one")

    expect(desk.page.locator(".inbox .empty")).to_contain_text("Nothing matches")
    desk.page.locator(".st-key-clear-query button").click()
    expect(desk.page.locator(".inbox .row").first).to_be_visible()


def test_the_address_names_the_item_to_begin_with(open_page: Callable[..., object], backlog: Backlog) -> None:
    backlog.add("One", "Two", "Three")
    desk = Desk(open_page()).visit(backlog.word)  # type: ignore[arg-type]
    last = desk.rows()[-1]

    desk.visit(backlog.word, focus=last)

    desk.sees(last)
