"""What concerns me reaches me on every page, at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ci_core.backlog import update_enhancement
from tests.browser.board.harness import ACTOR, OTHER, Backlog, OpenPage
from tests.browser.header.header_page import bell, ready

pytestmark = pytest.mark.browser
HOSTILE = "<b onclick=alert(1)>Assigned</b>"


def test_the_bell_counts_up_by_itself_and_opens_what_was_assigned_to_me(open_page: OpenPage, backlog: Backlog) -> None:
    items = backlog.add(HOSTILE, "Second")
    page = open_page()
    page.visit("")
    ready(page)
    before = int(re.sub(r"\D", "", bell(page).get_attribute("aria-label") or "") or 0)

    for item in items:
        backlog.as_other(update_enhancement, item, {"assignee": ACTOR}, expected_version=None)

    expect(bell(page)).to_have_accessible_name(f"What concerns me, {before + 2} unread", timeout=2_000)
    bell(page).click()
    list_ = page.page.get_by_role("region", name="What concerns me")
    mine = list_.get_by_role("button").filter(has_text=backlog.word)
    expect(mine).to_have_count(2)
    expect(mine.first).to_contain_text(f"{OTHER} assigned #{items[1]} Second")
    expect(mine.last).to_contain_text(HOSTILE)
    mine.last.click()

    expect(page.dialog).to_contain_text(HOSTILE)
    expect(page.page).to_have_url(re.compile(rf"item={items[0]}"))
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    expect(bell(page)).to_have_accessible_name(f"What concerns me, {before + 1} unread")
    bell(page).click()
    list_.get_by_role("button", name="Mark all read").click()
    expect(bell(page)).to_have_accessible_name("What concerns me")
    expect(list_.get_by_role("button", name="Mark all read")).to_be_hidden()
    page.press("Escape")
    expect(list_).to_be_hidden()
    expect(bell(page)).to_be_focused()
