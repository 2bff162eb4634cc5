"""How a repository stands, as its newest checks left it."""

from __future__ import annotations

import random

from sqlalchemy import update
from sqlalchemy.orm import Session

from ci_core.health.history import repositories
from ci_core.health.standing import Standing, standing, under_way
from ci_core.jobs import enqueue
from db.enums import CheckStatus, HealthChange, IssueStatus, IssueType, RunTrigger, Severity
from db.tables import HealthCheck, HealthIssue
from tests.ci_core.health.conftest import NOW
from tests.ci_core.health.seeds import Seeded, add_check, add_repository


def now_stands(session: Session) -> Standing:
    return standing(session, repositories(session)[0])


def test_a_repository_that_was_never_checked_has_no_score(session: Session) -> None:
    add_repository(session)

    found = now_stands(session)

    assert (found.check, found.newest, found.parts, found.causes, found.open) == (None, None, (), None, {})


def test_the_newest_scored_check_tells_the_scores_and_a_failed_one_after_it_does_not(
    session: Session, seeded: Seeded
) -> None:
    dice = random.Random(1)  # noqa: S311 - any
    failed = add_check(
        session, seeded.repository_id, NOW, 1.0, dice, status=CheckStatus.FAILED, error="killed",
        overall_health_score=None, delta=None,
    )  # fmt: skip

    found = now_stands(session)

    assert found.check is not None
    assert found.newest is not None
    assert found.check.id == seeded.check_ids[-1]
    assert (found.newest.id, found.newest.error) == (failed, "killed")
    assert found.causes is not None
    assert found.causes.before == seeded.check_ids[-2]


def test_parts_come_worst_first_with_their_change_and_unknown_ones_last(session: Session, seeded: Seeded) -> None:
    before = session.get(HealthCheck, seeded.check_ids[-2])
    assert before is not None
    before.scores = {**before.scores, "security": {**before.scores["security"], "score": 31}}
    session.flush()

    found = now_stands(session)

    known = [part.score for part in found.parts if part.score is not None]
    assert known == sorted(known)
    assert found.parts[-1].part is IssueType.PERFORMANCE
    assert (found.parts[-1].delta, found.parts[-1].unknown_because) == (None, "nothing looked at it")
    security = next(part for part in found.parts if part.part is IssueType.SECURITY)
    assert security.score is not None
    assert security.delta == security.score - 31
    assert security.capped_by is Severity.CRITICAL or security.score < 39
    assert security.changes[HealthChange.REGRESSED] == 1
    assert sum(sum(part.open.values()) for part in found.parts) == sum(found.open.values())


def test_what_was_dismissed_since_is_neither_open_nor_a_change(session: Session, seeded: Seeded) -> None:
    regressed = seeded.issues["sql_injection"][0]
    then = now_stands(session)

    session.execute(
        update(HealthIssue).where(HealthIssue.id == regressed).values(status=IssueStatus.FALSE_POSITIVE)
    )  # fmt: skip

    now = now_stands(session)
    assert now.open[Severity.CRITICAL] == then.open[Severity.CRITICAL] - 1
    assert all(HealthChange.REGRESSED not in part.changes for part in now.parts)


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
