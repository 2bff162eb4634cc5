"""What the overview says of the platform's health."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from ci_core.overview import newest_change, period_from
from ci_core.overview.glances.health import health
from ci_core.overview.values import Glance
from db.enums import CheckStatus, IssueStatus
from db.tables import HealthCheck, HealthIssue
from tests.ci_core.health.seeds import Seeded, add_check, seed_platform

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def seeded(session: Session) -> Seeded:
    return seed_platform(session, NOW, weeks=2, issues=60, files=3)


def glance(session: Session) -> Glance:
    return health(session, period_from("7d", NOW), NOW)


def figures(found: Glance) -> dict[str, str]:
    return {figure.label: figure.value for figure in found.figures}


def test_the_score_its_change_and_the_three_issues_that_matter(session: Session, seeded: Seeded) -> None:
    check = session.get(HealthCheck, seeded.check_ids[-1])
    assert check is not None
    check.overall_health_score, check.delta = 52, -7
    session.flush()

    found = glance(session)

    assert figures(found)["Score"] == "52, down 7"
    assert figures(found)["Based on"] == "93 %"
    assert figures(found)["Checked"] == "2 hours ago"
    assert found.block.lines[0].text == "SQL put together from outside input"
    assert found.block.lines[0].note.startswith("back again, critical in src/")
    assert len(found.block.lines) == 3 < found.block.total
    assert found.block.lines[0].page == (
        f"health?repo={seeded.repository_id}&part=Issues&issue={seeded.issues['sql_injection'][0]}"
    )


def test_a_check_that_failed_is_told_first(session: Session, seeded: Seeded) -> None:
    dice = random.Random(1)  # noqa: S311 - any
    failed = add_check(
        session, seeded.repository_id, NOW, 1.0, dice, status=CheckStatus.FAILED, error="its worker died",
        overall_health_score=None, delta=None,
    )  # fmt: skip

    line = glance(session).block.lines[0]

    assert (line.text, line.note) == ("The newest check failed", "its worker died")
    assert line.page == f"health?repo={seeded.repository_id}&part=Checks&check={failed}"


def test_where_nothing_matters_it_says_so(session: Session, seeded: Seeded) -> None:
    session.execute(update(HealthIssue).values(status=IssueStatus.FIXED))

    found = glance(session)

    assert figures(found)["Open"] == "0"
    assert found.block.hint is not None
    assert found.block.hint.text == "Nothing of medium severity or above is open."


def test_a_new_check_makes_the_overview_read_again(session: Session, seeded: Seeded) -> None:
    before = newest_change(session, "Ada")

    add_check(session, seeded.repository_id, NOW + timedelta(hours=1), 1.0, random.Random(1))  # noqa: S311 - any

    assert newest_change(session, "Ada") != before
