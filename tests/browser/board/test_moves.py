"""Cards that are dragged are stored, audited, and seen by others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog import move_enhancement
from db.enums import Status
from tests.browser.board.harness import ACTOR, OTHER, Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_a_dragged_card_is_stored_and_audited(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Cache the option chain")
    page = open_page().goto(q=backlog.word)

    page.drag(card, "approved")
    page.wait_until_saved()

    assert backlog.read(card).status == Status.APPROVED
    newest = backlog.history(card)[0]
    assert (newest.actor, newest.summary) == (ACTOR, "moved from Proposed to Approved")


def test_a_move_can_be_undone_where_it_was_made(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Cache the option chain")
    page = open_page().goto(q=backlog.word)
    page.drag(card, "approved")
    page.wait_until_saved()

    page.page.get_by_role("button", name="Undo").click()

    expect(page.page.get_by_text("Undone.")).to_be_visible()
    expect(page.column("proposed").locator(f'.card[data-id="{card}"]')).to_be_visible()
    assert backlog.read(card).status == Status.PROPOSED


def test_of_two_browsers_that_drag_the_same_card_one_wins_and_the_other_is_told(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (card,) = backlog.add("Explain the wheel score")
    first, second = (open_page().goto(q=backlog.word) for _ in range(2))
    # A board holds back news while a card is being dragged, so this move builds on the version before the other one.
    second.pick_up(card)

    first.drag(card, "approved")
    first.wait_until_saved()
    second.drop_on("in_progress")
    second.wait_until_saved()

    assert backlog.read(card).status == Status.APPROVED
    expect(second.page.locator(".toast-text")).to_contain_text(f"#{card}")
    expect(second.column("approved").locator(f'.card[data-id="{card}"]')).to_be_visible()
    expect(first.column("approved").locator(f'.card[data-id="{card}"]')).to_be_visible()


def test_what_another_person_moves_is_seen_within_two_seconds(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Nightly backup")
    page = open_page().goto(q=backlog.word)

    backlog.as_other(move_enhancement, card, Status.IN_PROGRESS)

    expect(page.column("in_progress").locator(f'.card[data-id="{card}"]')).to_be_visible(timeout=2_000)
    assert backlog.history(card)[0].actor == OTHER


def test_a_change_of_another_person_disturbs_neither_the_open_dialog_nor_what_is_typed(
    open_page: OpenPage, backlog: Backlog
) -> None:
    mine, theirs = backlog.add("Mine", "Theirs")
    page = open_page().goto(q=backlog.word, item=mine)
    page.field("Branch").fill("feature/half-ty")

    backlog.as_other(move_enhancement, theirs, Status.IN_PROGRESS)
    expect(page.column("in_progress").locator(f'.card[data-id="{theirs}"]')).to_be_visible(timeout=4_000)

    expect(page.field("Branch")).to_be_focused()
    page.page.keyboard.type("ped")
    expect(page.field("Branch")).to_have_value("feature/half-typed")


def test_a_refused_move_says_why_and_the_card_goes_back(open_page: OpenPage, backlog: Backlog) -> None:
    from ci_core.backlog.dependencies import add_dependency

    blocked, blocker = backlog.add("Second", "First", status=Status.IN_PROGRESS)
    backlog.as_other(add_dependency, blocked, blocker, "blocked_by")
    page = open_page().goto(q=backlog.word)

    page.drag(blocked, "completed")

    expect(page.page.locator(".toast-text")).to_contain_text(f"#{blocked} still waits for #{blocker}")
    expect(page.column("in_progress").locator(f'.card[data-id="{blocked}"]')).to_be_visible()
    assert backlog.read(blocked).status == Status.IN_PROGRESS
