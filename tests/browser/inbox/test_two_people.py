"""Two people in one inbox: nobody is disturbed, nothing is decided twice, and who decided is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ci_core.backlog import move_enhancement
from ci_core.backlog.triage import Approve, Snooze, decide
from db.enums import Status
from tests.browser.board.harness import OTHER, Backlog
from tests.browser.inbox.desk import Desk

pytestmark = pytest.mark.browser
OpenInbox = Callable[..., Desk]
SECONDS_2 = 2_000


def test_what_the_other_decides_leaves_without_disturbing_what_i_look_at(
    open_inbox: OpenInbox, backlog: Backlog
) -> None:
    backlog.add("One", "Two", "Three", "Four")
    mine, theirs = open_inbox(backlog.word), open_inbox(backlog.word)
    order = mine.rows()
    mine.press("j")
    mine.sees(order[1])
    mine.loaded()

    theirs.press("1")
    theirs.sees(order[1])
    expect(mine.row(order[0])).to_be_hidden(timeout=SECONDS_2)
    mine.sees(order[1])
    backlog.as_other(decide, Approve(order[1], None))
    gone = mine.page.locator(".gone")
    expect(gone).to_contain_text(f"{OTHER} moved from Proposed to Approved", timeout=2 * SECONDS_2)
    mine.sees(order[1])
    mine.press("3")
    mine.sees(order[2])

    expect(mine.chooser).to_be_hidden()
    assert mine.rows() == order[2:]
    assert [backlog.read(item).status for item in order[2:]] == [Status.PROPOSED] * 2


def test_a_decision_that_came_too_late_brings_the_reason(open_inbox: OpenInbox, backlog: Backlog) -> None:
    one, two = backlog.add("One", "Two")
    desk = open_inbox(backlog.word)
    order = desk.rows()
    assert sorted(order) == [one, two]
    # The tick that would show the other's decision is held back, as on a slow line.
    desk.page.context.set_offline(True)
    backlog.as_other(decide, Approve(order[0], None))
    desk.press("3", "1")
    desk.sees(order[1])
    desk.page.context.set_offline(False)
    desk.saved()

    expect(desk.page.locator(".inbox .toast")).to_contain_text(f"{OTHER} changed status in the meantime")
    assert backlog.read(order[0]).status is Status.APPROVED
    assert desk.rows() == [order[1]]
    desk.press("z")
    assert backlog.read(order[0]).status is Status.APPROVED


def test_what_the_other_takes_back_or_wakes_is_here_again(open_inbox: OpenInbox, backlog: Backlog) -> None:
    first, second = backlog.add("One", "Two")
    (other,) = backlog.add("Needed first", status="approved")
    backlog.as_other(decide, Snooze(first, None, until_done=other))
    mine, theirs = open_inbox(backlog.word), open_inbox(backlog.word)
    assert mine.rows() == [second]

    theirs.press("1")
    expect(mine.page.locator(".gone")).to_be_visible(timeout=2 * SECONDS_2)
    assert mine.rows() == []
    theirs.press("z")
    expect(mine.row(second)).to_be_visible(timeout=2 * SECONDS_2)
    expect(mine.page.locator(".gone")).to_be_hidden()
    backlog.as_other(move_enhancement, other, Status.COMPLETED)

    expect(mine.row(first)).to_be_visible(timeout=2 * SECONDS_2)
