"""What waited comes up by itself when its last blocker is done, and goes back when that is taken back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    add_dependency,
    get_enhancement,
    history_of,
    merge_duplicate,
    move_enhancement,
    move_enhancements,
    remove_dependency,
    take_apart,
    update_enhancement,
)
from ci_core.backlog.bulk import change_many
from ci_core.backlog.notifications import notifications_for
from ci_core.errors import NotAllowed
from db.enums import Status
from tests.ci_core.backlog.team import Team

Make = Callable[..., Enhancement]


def column(session: Session, status: str) -> list[int]:
    query = "SELECT id FROM ci_enhancements WHERE status = :status ORDER BY board_position, id"
    return list(session.scalars(text(query), {"status": status}))


def wait(session: Session, item: Enhancement, *blockers: Enhancement) -> None:
    for blocker in blockers:
        add_dependency(session, item.id, blocker.id, "blocked_by", actor="tess")


def now(session: Session, item: Enhancement) -> Enhancement:
    return get_enhancement(session, item.id)


def test_a_blocked_one_becomes_ready_at_the_top_with_the_reason(session: Session, make: Make) -> None:
    urgent = make("Data loss", status="approved", priority="critical")
    item, blocker = make("Item", status="blocked", priority="low"), make("Blocker", status="approved")
    wait(session, item, blocker)

    move_enhancement(session, blocker.id, "completed", actor="ada", reason="shipped")

    ready = now(session, item)
    assert (ready.status, ready.ready_at is not None) == (Status.APPROVED, True)
    assert column(session, "approved") == [item.id, urgent.id]
    told = history_of(session, item.id)[0]
    assert (told.actor, told.summary) == ("ada", "moved from Blocked to Approved")
    assert told.reason == f"its last blocker #{blocker.id} Blocker was completed"
    assert not told.undoable
    assert history_of(session, blocker.id)[0].reason == "shipped"


@pytest.mark.parametrize("end", ["completed", "rejected", "archived"])
def test_every_end_counts_through_the_fields_too(session: Session, make: Make, end: str) -> None:
    item, blocker = make(status="blocked"), make(status="approved")
    wait(session, item, blocker)

    update_enhancement(session, blocker.id, {"status": end}, expected_version=None, actor="ada")

    assert now(session, item).status is Status.APPROVED
    assert str(history_of(session, item.id)[0].reason).endswith(f"was {end}")


def test_an_approved_one_moves_to_the_top_and_work_that_goes_on_stays(session: Session, make: Make) -> None:
    first = make("Data loss", status="approved", priority="critical")
    waiting, running, wish = make(status="approved", priority="low"), make(status="in_progress"), make()
    blocker = make(status="in_progress")
    for item in (waiting, running, wish):
        wait(session, item, blocker)

    move_enhancement(session, blocker.id, "completed", actor="ada")

    assert column(session, "approved") == [waiting.id, first.id]
    assert [now(session, item).status for item in (running, wish)] == [Status.IN_PROGRESS, Status.PROPOSED]
    assert all(now(session, item).ready_at for item in (waiting, running, wish))
    assert history_of(session, running.id)[0].summary == "made it ready to go on"


def test_only_the_last_of_several_blockers_counts(session: Session, make: Make) -> None:
    item, first, second = make(status="blocked"), make(status="approved"), make("Second", status="approved")
    wait(session, item, first, second)

    move_enhancement(session, first.id, "completed", actor="ada")
    assert (now(session, item).status, now(session, item).ready_at) == (Status.BLOCKED, None)
    move_enhancement(session, second.id, "completed", actor="ada")

    assert now(session, item).status is Status.APPROVED
    assert history_of(session, item.id)[0].reason == f"its last blocker #{second.id} Second was completed"


def test_blockers_that_end_together_are_all_named_and_several_keep_their_order(session: Session, make: Make) -> None:
    blockers = [make(f"B{number}", status="approved") for number in range(4)]
    low, high = make(status="blocked", priority="low"), make("Data loss", status="blocked", priority="critical")
    for item in (low, high):
        wait(session, item, *blockers)

    move_enhancements(session, [(blocker.id, None) for blocker in blockers], "completed", actor="ada")

    names = ", ".join(f"#{blocker.id} {blocker.title}" for blocker in blockers[:3])
    assert history_of(session, low.id)[0].reason == f"its last blockers {names} and 1 more were completed"
    assert column(session, "approved") == [high.id, low.id]


def test_a_chain_comes_up_link_by_link(session: Session, make: Make) -> None:
    first, middle, last = make(status="approved"), make(status="blocked"), make(status="blocked")
    wait(session, middle, first)
    wait(session, last, middle)

    move_enhancement(session, first.id, "completed", actor="ada")
    assert (now(session, middle).status, now(session, last).status) == (Status.APPROVED, Status.BLOCKED)
    move_enhancement(session, middle.id, "completed", actor="ada")

    assert now(session, last).status is Status.APPROVED


def test_what_is_completed_together_with_its_blocker_is_left_alone(session: Session, make: Make) -> None:
    item, blocker = make(status="blocked"), make(status="approved")
    wait(session, item, blocker)

    move_enhancements(session, [(blocker.id, None), (item.id, None)], "completed", actor="ada")

    assert (now(session, item).status, now(session, item).ready_at) == (Status.COMPLETED, None)


def test_a_blocker_that_is_opened_again_moves_nothing_but_blocks(session: Session, make: Make) -> None:
    item, blocker = make(status="blocked"), make(status="approved")
    wait(session, item, blocker)
    move_enhancement(session, blocker.id, "completed", actor="ada")

    move_enhancement(session, blocker.id, "in_progress", actor="ada")

    assert now(session, item).status is Status.APPROVED
    with pytest.raises(NotAllowed, match=f"waits for #{blocker.id}"):
        move_enhancement(session, item.id, "completed", actor="ada")


def test_blocked_without_a_blocker_and_a_removed_blocker_stay_where_people_put_them(
    session: Session, make: Make
) -> None:
    item, blocker = make(status="approved"), make(status="approved")
    wait(session, item, blocker)
    move_enhancement(session, item.id, "blocked", actor="ada")

    remove_dependency(session, item.id, blocker.id, "blocked_by", actor="ada")
    move_enhancement(session, blocker.id, "completed", actor="ada")

    assert now(session, item).status is Status.BLOCKED


def test_a_blocker_merged_into_one_that_is_done_waits_no_more(session: Session, make: Make) -> None:
    done, twin = make("Done", status="completed"), make("Twin", status="approved")
    item = make(status="blocked", assignee="bob")
    wait(session, item, twin)

    merge_duplicate(session, twin.id, done.id, actor="ada")

    assert now(session, item).status is Status.APPROVED
    reason = f"its last blocker #{twin.id} Twin was merged into #{done.id} Done"
    assert history_of(session, item.id)[0].reason == reason
    assert notifications_for(session, "bob")[0].kind == "unblocked"
    take_apart(session, twin.id, actor="ada")
    assert now(session, item).status is Status.APPROVED


def test_a_blocker_merged_into_an_open_one_goes_on_blocking(session: Session, make: Make) -> None:
    original, twin, item = make(status="approved"), make(status="approved"), make(status="blocked")
    wait(session, item, twin)

    merge_duplicate(session, twin.id, original.id, actor="ada")

    assert (now(session, item).status, now(session, item).ready_at) == (Status.BLOCKED, None)


def blocked_pair(team: Team) -> tuple[Enhancement, Enhancement]:
    item, blocker = team.create(title="Item", status="blocked"), team.create(title="Blocker", status="in_progress")
    team.do("ada", add_dependency, item.id, blocker.id, "blocked_by")
    return item, blocker


def test_undoing_the_end_of_a_blocker_takes_the_move_back_too_and_redoing_brings_it(team: Team) -> None:
    item, blocker = blocked_pair(team)
    before = team.state()
    team.do("bob", move_enhancement, blocker.id, "completed")
    after = team.state()

    undone = team.undo("bob")
    assert team.state() == before
    team.undo("bob", undone.transaction_id)

    assert team.state() == after
    assert team.now(item).status is Status.APPROVED


@pytest.mark.parametrize("mover", ["bob", "cleo"])
def test_what_was_moved_by_hand_since_stays_there_when_the_end_is_undone(team: Team, mover: str) -> None:
    item, blocker = blocked_pair(team)
    team.do("bob", move_enhancement, blocker.id, "completed")
    ended = team.last()
    team.do(mover, move_enhancement, item.id, "in_progress")

    team.undo("bob", ended)

    assert (team.now(blocker).status, team.now(item).status) == (Status.IN_PROGRESS, Status.IN_PROGRESS)


def test_two_who_end_the_last_two_blockers_at_once_make_it_ready(team: Team) -> None:
    for _ in range(5):
        item, first = blocked_pair(team)
        second = team.create(status="approved")
        team.do("ada", add_dependency, item.id, second.id, "blocked_by")
        together = Barrier(2)

        def end(blocker: Enhancement, together: Barrier = together) -> Any:
            together.wait()
            return team.do("bob", move_enhancement, blocker.id, "completed")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(end, [first, second]))

        assert team.now(item).status is Status.APPROVED


def test_many_completed_at_once_bring_up_what_waited_and_one_undo_takes_all_back(team: Team) -> None:
    pairs = [blocked_pair(team) for _ in range(3)]
    still = team.create(title="Still open")
    team.do("ada", add_dependency, pairs[2][1].id, still.id, "blocked_by")
    before = team.state()

    result = team.do("bob", change_many, [(blocker.id, None) for _, blocker in pairs], {"status": "completed"})

    assert [problem.id for problem in result.problems] == [pairs[2][1].id]
    assert [team.now(item).status for item, _ in pairs] == [Status.APPROVED, Status.APPROVED, Status.BLOCKED]
    team.undo("bob")

    assert team.state() == before
