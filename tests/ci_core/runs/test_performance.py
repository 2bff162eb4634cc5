"""The figures of agents are sums of their runs, the same however often they are summed up, and outlive the runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.runs.performance import figures, roll_up, summaries
from db.enums import Period
from tests.ci_core.runs.runs_made import NOW, made

AGENTS = {"research_scan": "research", "learning": "research", "database_upkeep": "upkeep"}
DAY = timedelta(days=1)
LONG_AGO = date(2020, 1, 1)


def rolled_up(session: Session, now: datetime = NOW + DAY) -> int:
    return roll_up(session, agents=AGENTS, now=now)


def test_a_day_is_the_sum_of_its_runs(session: Session) -> None:
    made(session, seconds=10, counts={"new": 3, "what": "words"}, cost_usd=Decimal("0.25"))
    made(session, seconds=20, counts={"new": 9, "failed": 1}, cost_usd=Decimal("0.5"))
    made(session, run_type="learning", seconds=500, attempt=2)
    made(session, "failed", seconds=5)
    made(session, "cancelled", seconds=5)
    made(session, "running")
    made(session, at=NOW - DAY, seconds=1)
    made(session, run_type="database_upkeep")

    assert rolled_up(session) == 7  # three days of agents, and two weeks and two months

    before, day = figures(session, since=LONG_AGO, agent="research")
    assert (before.period_start, before.runs) == (date(2026, 11, 24), 1)
    assert (day.runs, day.completed, day.failed, day.cancelled) == (5, 3, 1, 1)
    assert (day.busy_seconds, day.median_seconds, day.cost_usd) == (540, 15, Decimal("0.75"))
    assert day.counts == {"new": 12, "failed": 1}
    assert (day.accuracy, day.samples) == (None, 0)
    (week,) = figures(session, period=Period.WEEK, since=LONG_AGO, agent="research")
    assert (week.period_start, week.runs) == (date(2026, 11, 23), 6)
    (month,) = figures(session, period=Period.MONTH, since=LONG_AGO, agent="upkeep")
    assert (month.period_start, month.runs) == (date(2026, 11, 1), 1)


def test_summing_up_again_changes_nothing_and_takes_in_what_is_new(session: Session) -> None:
    made(session)
    assert rolled_up(session) == 3
    assert rolled_up(session) == 0

    made(session, "failed", at=NOW + timedelta(minutes=5))

    assert rolled_up(session) == 3
    (day,) = figures(session, since=LONG_AGO)
    assert (day.runs, day.failed) == (2, 1)


def test_figures_stay_when_old_runs_are_deleted(session: Session) -> None:
    for minutes in range(4):
        made(session, at=NOW + timedelta(minutes=minutes))
    rolled_up(session)
    session.execute(text("DELETE FROM ci_automation_runs WHERE id <> (SELECT max(id) FROM ci_automation_runs)"))

    rolled_up(session)
    roll_up(session, agents=AGENTS, now=NOW + DAY, since=NOW - 30 * DAY)

    (day,) = figures(session, since=LONG_AGO)
    assert day.runs == 4


def test_what_others_know_of_an_agent_is_left_alone(session: Session) -> None:
    made(session)
    rolled_up(session)
    session.execute(text("UPDATE ci_agent_performance SET accuracy = 80, samples = 12"))
    made(session)

    rolled_up(session)

    (day,) = figures(session, since=LONG_AGO)
    assert (day.runs, day.accuracy, day.samples) == (2, Decimal(80), 12)


def test_after_a_pause_no_day_is_left_out(session: Session) -> None:
    made(session, at=NOW - 10 * DAY)
    rolled_up(session, now=NOW - 9 * DAY)
    for days in (9, 5, 1):
        made(session, at=NOW - days * DAY)

    rolled_up(session, now=NOW)

    assert [day.period_start.day for day in figures(session, since=LONG_AGO)] == [15, 16, 20, 24]


def test_no_runs_are_no_figures(session: Session) -> None:
    made(session, "running")

    assert rolled_up(session) == 0


def test_the_last_thirty_days_are_told_agent_by_agent(session: Session) -> None:
    now = datetime.now(UTC)
    for status in ("completed", "completed", "failed", "cancelled"):
        made(session, status, at=now - timedelta(hours=1))
    made(session, "failed", at=now - 40 * DAY)
    made(session, "cancelled", run_type="database_upkeep", at=now - timedelta(hours=1))
    rolled_up(session, now=now)

    research, upkeep = summaries(session)
    assert (research.agent, research.runs, research.success_percent) == ("research", 4, 66.67)
    assert (upkeep.agent, upkeep.success_percent, upkeep.accuracy) == ("upkeep", None, None)
