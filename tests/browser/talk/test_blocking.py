"""What is blocked says by what, is not completed without a reason, and comes up by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog.dependencies import add_dependency
from db.enums import Status
from tests.browser.board.harness import Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_the_last_blocker_done_by_one_brings_the_waiting_card_up_for_the_other(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (urgent,) = backlog.add("Urgent", status="approved", priority="critical")
    (waiting,) = backlog.add("Waiting", status="blocked", priority="low")
    (blocker,) = backlog.add("Blocker", status="in_progress")
    backlog.as_other(add_dependency, waiting, blocker, "blocked_by")
    ada, grace = open_page().goto(q=backlog.word), open_page().goto(q=backlog.word, item=waiting)
    expect(grace.dialog.locator(".st-key-waits-for")).to_contain_text(f"#{blocker} Blocker")
    grace.press("Escape")

    ada.drag(blocker, "completed")
    ada.wait_until_saved()

    expect(grace.column("approved").locator(f'.card[data-id="{waiting}"]')).to_be_visible(timeout=2_000)
    assert grace.order("approved") == ada.order("approved") == [waiting, urgent]
    assert str(backlog.history(waiting)[0].reason).startswith(f"its last blocker #{blocker} Blocker")
    ada.page.get_by_role("button", name="Undo").click()
    expect(grace.column("blocked").locator(f'.card[data-id="{waiting}"]')).to_be_visible()
    assert backlog.read(blocker).status is Status.IN_PROGRESS


def test_a_blocked_card_is_completed_with_a_reason_only(open_page: OpenPage, backlog: Backlog) -> None:
    (waiting,) = backlog.add("Waiting", status="blocked")
    (blocker,) = backlog.add("Blocker")
    backlog.as_other(add_dependency, waiting, blocker, "blocked_by")
    page = open_page().goto(q=backlog.word)

    page.drag(waiting, "completed")

    toast = page.page.locator(".toast")
    expect(toast).to_contain_text(f"still waits for #{blocker} Blocker")
    expect(page.column("blocked").locator(f'.card[data-id="{waiting}"]')).to_be_visible()
    toast.get_by_role("button", name="Give a reason").click()
    expect(page.dialog.get_by_text(f"It still waits for #{blocker}.")).to_be_visible()
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog.get_by_text("Why is it done although")).to_be_visible()
    page.field("Reason (goes into the history)").fill("done by hand")
    page.field("Reason (goes into the history)").blur()
    page.dialog.get_by_role("button", name="Save").click()

    expect(page.dialog.get_by_text("Saved: status.")).to_be_visible()
    assert backlog.read(waiting).status is Status.COMPLETED
    assert backlog.history(waiting)[0].reason == "done by hand"
