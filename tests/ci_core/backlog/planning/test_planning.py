"""The plan of what stands in the database."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from ci_core.backlog import add_dependency, merge_duplicate, move_enhancement
from ci_core.backlog.planning import WorkFilter, read_timeline
from ci_core.backlog.timeline import Timeline
from ci_core.settings import Settings
from tests.ci_core.backlog.conftest import Make
from tests.ci_core.backlog.planning.work import times

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 13)


def read(session: Session, **chosen: tuple[str, ...]) -> Timeline:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return read_timeline(session, settings, today=MONDAY, until=FRIDAY, shown=WorkFilter(**chosen).lets_through)


def test_approved_and_running_work_is_planned_and_nothing_else(session: Session, make: Make) -> None:
    running = make(status="in_progress", estimated_hours=3, assignee="ada")
    approved = make(status="approved", estimated_hours=4, assignee="ada")
    for status in ("proposed", "completed", "deferred", "rejected"):
        make(status=status, estimated_hours=9, assignee="ada")
    merge_duplicate(session, make(status="approved", assignee="ada").id, approved.id, actor="tess")

    assert times(read(session)) == {running.id: (0, 3), approved.id: (3, 7)}


def test_the_order_of_the_board_and_the_blockers_count(session: Session, make: Make) -> None:
    first, second = (make(status="approved", estimated_hours=2, assignee="ada") for _ in range(2))
    blocker = make(status="approved", estimated_hours=5, assignee="bob")
    move_enhancement(session, second.id, "approved", before_id=first.id, actor="tess")
    add_dependency(session, second.id, blocker.id, "blocked_by", actor="tess")

    assert times(read(session)) == {first.id: (0, 2), second.id: (5, 7), blocker.id: (0, 5)}


def test_what_waits_for_a_proposal_is_not_planned(session: Session, make: Make) -> None:
    waiting, proposal = make(status="approved"), make()
    add_dependency(session, waiting.id, proposal.id, "blocked_by", actor="tess")

    found = read(session)

    assert [(one.item.id, one.waits_for) for one in found.not_planned] == [(waiting.id, (proposal.id,))]


def test_a_guess_comes_from_what_was_estimated_also_of_what_is_done(session: Session, make: Make) -> None:
    for hours in (4, 8, 9):
        make(status="completed", estimated_hours=hours, complexity="simple")
    unknown = make(status="approved", complexity="simple")

    (lane,) = read(session).lanes

    assert [(one.item.id, one.hours, one.guessed) for one in lane.planned] == [(unknown.id, 8.0, True)]


def test_a_filter_hides_work_and_changes_no_plan(session: Session, make: Make) -> None:
    shown = make(status="approved", estimated_hours=2, assignee="ada", feature_area="Risk")
    blocker = make(status="approved", estimated_hours=5, assignee="bob", feature_area="Scanner")
    add_dependency(session, shown.id, blocker.id, "blocked_by", actor="tess")

    assert times(read(session, areas=("Risk",))) == {shown.id: (5, 7)}
    assert times(read(session, assignees=("bob",))) == {blocker.id: (0, 5)}
    assert times(read(session, priorities=("critical",))) == {}
