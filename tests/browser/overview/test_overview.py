"""The start page: what a colleague did is told, leads to its place, and can be taken along."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from ci_core.backlog import add_comment, move_enhancement, update_enhancement
from ci_core.backlog.notifications import notifications_for
from db.enums import Status
from tests.browser.board.harness import ACTOR, OTHER, AppPage, Backlog, OpenPage

pytestmark = pytest.mark.browser


def opened(open_page: OpenPage, **query: str) -> AppPage:
    page = open_page()
    page.visit("", **query)
    page.page.wait_for_selector(".panels[data-ready=true]", timeout=40_000)
    return page


def line(page: AppPage, part: str, text: str) -> Locator:
    return page.page.locator(f'[data-part="{part}"] .line').filter(has_text=text)


def address(page: AppPage) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.page.url).query)


def test_what_a_colleague_did_is_told_at_once_and_leads_to_its_place(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Cache the chain")
    page = opened(open_page, since="1d")

    backlog.as_other(update_enhancement, item, {"assignee": ACTOR}, expected_version=None)
    backlog.as_other(move_enhancement, item, Status.IN_PROGRESS)
    backlog.as_other(add_comment, item, "Have a <b>look</b>")

    told = line(page, "changed", backlog.word)
    expect(told).to_contain_text(f"{OTHER} assigned it to {ACTOR}, moved from Proposed to In progress", timeout=20_000)
    expect(told).to_contain_text("commented: “Have a <b>look</b>”")
    news = line(page, "needs", backlog.word)
    expect(news.first).to_be_visible()
    unread = news.get_by_role("button", name="Mark as read")
    count = unread.count()
    unread.first.click()
    expect(unread).to_have_count(count - 1)
    with backlog.database.reading() as session:
        mine = [one for one in notifications_for(session, ACTOR) if one.enhancement_id == item]
    assert sum(one.read_at is not None for one in mine) == 1
    told.click()
    expect(page.dialog).to_contain_text(backlog.word)
    assert address(page)["item"] == [str(item)]
    page.press("Escape")
    expect(page.dialog).to_have_count(0)
    expect(page.page).to_have_url(re.compile(r"/\?since=1d$"))


def test_keys_walk_through_the_lines_and_open_one(open_page: OpenPage, backlog: Backlog) -> None:
    first, second = backlog.add("First", "Second", assignee=ACTOR, priority="critical", status="in_progress")
    page = opened(open_page)
    focused = page.page.locator(".panels a.go:focus")

    page.press("j")
    start = focused.inner_text()
    page.press("j")
    expect(focused).not_to_have_text(start)
    page.press("k")
    expect(focused).to_have_text(start)
    page.page.locator(f'.panels a.go[href="?item={second}"]').first.focus()
    page.press("Enter")

    expect(page.dialog).to_contain_text("Second")
    assert first != second


def test_the_period_is_part_of_the_address_and_another_page_opens_with_its_filter(
    open_page: OpenPage, backlog: Backlog
) -> None:
    backlog.add(*(f"Mine {number}" for number in range(8)), assignee=ACTOR, status="approved")
    page = opened(open_page)

    page.page.get_by_role("radio", name="7 days").click()
    expect(page.page.get_by_role("heading", name="What changed in the last 7 days")).to_be_visible()
    expect(page.page).to_have_url(re.compile(r"/\?since=7d$"))
    page.page.locator('[data-key="assigned"]').get_by_role("link", name="Show all").click()

    page.wait_until_drawn()
    assert urlsplit(page.page.url).path == "/board"
    assert address(page)["assignee"] == [ACTOR]


def test_the_digest_is_shown_in_a_frame_that_can_do_nothing_and_can_be_taken_along(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (item,) = backlog.add(
        "Digest <img src=x onerror=alert(1)>", assignee=ACTOR, priority="critical", status="in_progress"
    )
    page = opened(open_page)

    page.page.locator(".st-key-open-digest button").click()
    frame = page.dialog.locator("iframe")
    expect(frame).to_have_attribute("sandbox", re.compile("^allow-popups"))
    assert "allow-scripts" not in (frame.get_attribute("sandbox") or "")
    expect(frame.content_frame.get_by_role("link", name=backlog.word).first).to_have_attribute(
        "href", re.compile(rf"/\?item={item}$")
    )
    with page.page.expect_download() as download:
        page.dialog.get_by_role("button", name="Markdown").click()

    text = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename.endswith(".md")
    assert backlog.word in text
    assert address(page)["digest"] == ["1"]
    page.press("Escape")
    expect(page.dialog).to_have_count(0)
    expect(page.page).to_have_url(re.compile(r"/$"))
    page.page.locator(".st-key-export-Overview button").first.click()
    with page.page.expect_download() as exported:
        page.page.get_by_role("button", name="JSON").click()

    told = json.loads(exported.value.path().read_text(encoding="utf-8"))["overview"]
    assert item in [one["enhancement_id"] for block in told["needs"] for one in block["lines"]]
