"""Many cards are selected and changed together; what somebody else changed in between is told and left alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog import update_enhancement
from db.enums import Priority, Status
from tests.browser.board.harness import OTHER, Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_ten_are_changed_two_conflict_and_one_undo_brings_all_back(open_page: OpenPage, backlog: Backlog) -> None:
    cards = backlog.add(*(f"Wish {number}" for number in range(10)), tags=("old",))
    page = open_page().goto(q=backlog.word)
    top, bottom = page.order("proposed")[0], page.order("proposed")[-1]
    page.card(top).focus()
    page.press("x")
    page.card(bottom).focus()
    page.press("Shift+X")
    expect(page.page.locator(".selection-count")).to_have_text("10 selected")
    page.press("e")
    expect(page.dialog).to_contain_text("Change 10 enhancements")
    for card in cards[:2]:
        backlog.as_other(update_enhancement, card, {"priority": "low"}, expected_version=None)

    page.choose("Priority", "Critical")
    page.choose("Move to", "Approved")
    expect(page.dialog).to_contain_text("Will move to Approved and set priority to Critical: 10 of 10.")
    page.dialog.get_by_role("radio", name="Snooze").click()
    expect(page.dialog).to_contain_text("Will snooze until")
    page.dialog.get_by_role("radio", name="Change fields").click()  # with everything that was typed
    expect(page.dialog).to_contain_text("Will move to Approved and set priority to Critical: 10 of 10.")
    page.dialog.get_by_role("button", name="Apply").click()

    expect(page.dialog).to_contain_text("8 changed, 2 not:")
    expect(page.dialog).to_contain_text(f"#{cards[0]}: {OTHER} changed priority in the meantime")
    expect(page.column("approved").locator(".card")).to_have_count(8)
    stored = [backlog.read(card) for card in cards]
    assert [one.priority for one in stored] == [Priority.LOW] * 2 + [Priority.CRITICAL] * 8
    assert {one.status for one in stored[2:]} == {Status.APPROVED}
    assert all(len(backlog.history(card)) == 2 for card in cards)
    page.dialog.get_by_role("button", name="Undo").click()
    expect(page.dialog).to_be_hidden()
    expect(page.column("proposed").locator(".card")).to_have_count(10)
    restored = [backlog.read(card) for card in cards[2:]]
    assert {(one.priority, one.status) for one in restored} == {(Priority.MEDIUM, Status.PROPOSED)}


def test_selected_cards_are_merged_and_the_message_takes_it_back(open_page: OpenPage, backlog: Backlog) -> None:
    original, *others = backlog.add("Original", "Twin", "Copy")
    page = open_page().goto(q=backlog.word)
    for card in (original, *others):
        page.card(card).locator(".mark").click()
    page.page.get_by_role("button", name="Edit…").click()

    page.dialog.get_by_role("radio", name="Merge").click()
    page.choose("Merge all into", f"#{original} Original {backlog.word}")
    expect(page.dialog).to_contain_text(f"Will merge 2 into #{original}")
    page.dialog.get_by_role("button", name="Apply").click()

    expect(page.dialog).to_be_hidden()
    expect(page.column("proposed").locator(".card")).to_have_count(1)
    assert [backlog.read(card).merged_into_id for card in others] == [original, original]
    page.page.get_by_role("button", name="Undo").click()
    expect(page.column("proposed").locator(".card")).to_have_count(3)
    assert [backlog.read(card).merged_into_id for card in others] == [None, None]
