"""How a repository stands, as its newest checks left it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health.standing import (
    check_with_checkers,
    checks,
    files_of,
    fixed_since,
    repositories,
    standing,
    trend,
    under_way,
)
from ci_core.jobs import enqueue
from db.enums import CheckerStatus, CheckStatus, HealthChange, IssueStatus, IssueType, RunTrigger, Severity
from db.tables import Enhancement, HealthCheck, HealthIssue
from tests.ci_core.health.conftest import NOW
from tests.ci_core.health.seeds import Seeded, add_check, add_repository


def test_a_repository_that_was_never_checked_has_no_score(session: Session) -> None:
    add_repository(session)

    found = standing(session, repositories(session)[0])

    assert (found.check, found.newest, found.parts, found.changed, found.open) == (None, None, (), (), {})
    assert checks(session, found.repository.id, limit=5) == ((), 0)


def test_the_newest_scored_check_tells_the_scores_and_a_failed_one_after_it_does_not(
    session: Session, seeded: Seeded
) -> None:
    dice = random.Random(1)  # noqa: S311 - any
    failed = add_check(
        session, seeded.repository_id, NOW, 1.0, dice, status=CheckStatus.FAILED, error="killed",
        overall_health_score=None, delta=None,
    )  # fmt: skip

    found = standing(session, repositories(session)[0])

    assert found.check is not None
    assert found.before is not None
    assert found.newest is not None
    assert (found.check.id, found.before.id) == (seeded.check_ids[-1], seeded.check_ids[-2])
    assert (found.newest.id, found.newest.error) == (failed, "killed")
    assert found.check.delta == found.check.score - found.before.score  # type: ignore[operator]
    assert found.check.gate_passed is False


def test_parts_come_worst_first_with_their_change_and_unknown_ones_last(session: Session, seeded: Seeded) -> None:
    found = standing(session, repositories(session)[0])

    known = [part.score for part in found.parts if part.score is not None]
    assert known == sorted(known)
    assert found.parts[-1].part is IssueType.PERFORMANCE
    assert found.parts[-1].change is None
    assert found.parts[-1].unknown_because == "nothing looked at it"
    security = next(part for part in found.parts if part.part is IssueType.SECURITY)
    assert security.capped_by is Severity.CRITICAL
    assert found.check is not None
    assert found.before is not None
    before = found.before.scores["security"]["score"]
    assert security.change == found.check.scores["security"]["score"] - before
    assert security.changes[HealthChange.REGRESSED] == 1
    assert sum(sum(part.open.values()) for part in found.parts) == sum(found.open.values())


def test_what_changed_a_score_is_told_the_worst_first_without_what_was_dismissed(
    session: Session, seeded: Seeded
) -> None:
    found = standing(session, repositories(session)[0])

    assert found.changed[0].severity is Severity.CRITICAL
    assert {HealthChange.REGRESSED, HealthChange.RESOLVED} <= {one.change for one in found.changed}
    session.execute(
        update(HealthIssue)
        .where(HealthIssue.id == found.changed[0].issue_id)
        .values(status=IssueStatus.FALSE_POSITIVE)
    )  # fmt: skip
    assert found.changed[0].issue_id not in {
        one.issue_id for one in standing(session, found.repository).changed
    }  # fmt: skip


def test_checkers_that_did_not_look_come_first(session: Session, seeded: Seeded) -> None:
    check, lines = check_with_checkers(session, seeded.check_ids[-1])

    assert check.excluded[0]["path"] == "venv"
    assert [line.status for line in lines[:3]] == [
        CheckerStatus.TIMED_OUT, CheckerStatus.MISSING, CheckerStatus.PARTIAL,
    ]  # fmt: skip
    assert lines[1].remedy == "Install it: pip install mypy"
    assert lines[2].unseen[0]["reason"] == "line 3: invalid syntax"
    with pytest.raises(NotFound, match="no health check 987654"):
        check_with_checkers(session, 987_654)


def test_the_trend_is_what_was_scored_since_then(session: Session, seeded: Seeded) -> None:
    whole = trend(session, seeded.repository_id, NOW - timedelta(days=365))
    lately = trend(session, seeded.repository_id, NOW - timedelta(days=8))

    assert [point.check_id for point in whole] == list(seeded.check_ids)
    assert whole[-len(lately) :] == lately
    assert len(lately) == 3
    assert "performance" not in whole[0].parts
    assert whole[-1].parts["security"] == standing(session, repositories(session)[0]).check.scores["security"]["score"]  # type: ignore[union-attr]


def test_fixes_are_completed_enhancements_that_issues_led_to(session: Session, seeded: Seeded) -> None:
    done = Enhancement(title="Bind the values", status="completed", completed_at=NOW - timedelta(days=1))
    open_one = Enhancement(title="Later", status="proposed")
    session.add_all([done, open_one])
    session.flush()
    for issues, item in ((seeded.issues["S602"], done), (seeded.issues["B006"], open_one)):
        session.execute(update(HealthIssue).where(HealthIssue.id.in_(issues)).values(enhancement_id=item.id))

    found = fixed_since(session, seeded.repository_id, NOW - timedelta(days=30))

    assert [(one.enhancement_id, one.issues) for one in found] == [(done.id, len(seeded.issues["S602"]))]


def test_the_largest_files_are_told_with_how_many_there_are(session: Session, seeded: Seeded) -> None:
    some, total = files_of(session, seeded.repository_id, 10)

    assert (len(some), total) == (10, 30)
    assert [one.lines for one in some] == sorted((one.lines for one in some), reverse=True)


def test_a_check_under_way_is_known_from_its_wait_to_its_end(session: Session, seeded: Seeded) -> None:
    asked = enqueue(session, "learning", {}, trigger=RunTrigger.MANUAL, actor="Ada", now=NOW)

    waiting = under_way(session, ["learning"])
    session.execute(update(HealthCheck).where(HealthCheck.id == seeded.check_ids[-1]).values(run_id=asked.run_id))
    begun = under_way(session, ["learning"])

    assert [(one.run_id, one.running, one.actor, one.check_id) for one in waiting] == [
        (asked.run_id, False, "Ada", None)
    ]
    assert begun[0].check_id == seeded.check_ids[-1]
    assert under_way(session, ["health_full_scan"]) == ()
