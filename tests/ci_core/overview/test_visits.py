"""A visit ends after half an hour without a sign of life, and the time before it is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from ci_core.errors import InvalidInput
from ci_core.overview import Visit, current_visit, period_from, touch_visit
from db.engine import Database

MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_the_first_visit_has_nothing_before_it(session: Session) -> None:
    assert touch_visit(session, "Ada", MORNING) == Visit(None, MORNING)


def test_activity_prolongs_the_visit(session: Session) -> None:
    touch_visit(session, "Ada", MORNING)
    touch_visit(session, "Ada", MORNING + minutes(29))

    assert touch_visit(session, "Ada", MORNING + minutes(58)) == Visit(None, MORNING + minutes(58))


def test_half_an_hour_of_silence_ends_the_visit(session: Session) -> None:
    touch_visit(session, "Ada", MORNING)
    touch_visit(session, "Ada", MORNING + minutes(10))

    visit = touch_visit(session, "Ada", MORNING + minutes(40.5))

    assert visit == Visit(MORNING + minutes(10), MORNING + minutes(40.5))


def test_a_clock_that_runs_behind_takes_nothing_back(session: Session) -> None:
    touch_visit(session, "Ada", MORNING)

    assert touch_visit(session, "Ada", MORNING - minutes(5)) == Visit(None, MORNING)


def test_people_are_told_apart(session: Session) -> None:
    touch_visit(session, "Ada", MORNING)

    assert current_visit(session, "Grace") is None
    assert current_visit(session, "Ada") == Visit(None, MORNING)


def test_two_tabs_at_once_make_one_visit(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def open_tab(_: int) -> Visit:
        with database.transaction("Ada") as session:
            return touch_visit(session, "Ada", MORNING + minutes(60))

    with database.transaction("Ada") as session:
        touch_visit(session, "Ada", MORNING)
    with ThreadPoolExecutor(4) as pool:
        visits = set(pool.map(open_tab, range(4)))

    assert visits == {Visit(MORNING, MORNING + minutes(60))}


@pytest.mark.parametrize(
    ("text", "age", "words"),
    [
        ("12h", timedelta(hours=12), "in the last 12 hours"),
        ("1d", timedelta(days=1), "in the last day"),
        (" 7D ", timedelta(days=7), "in the last 7 days"),
        ("2w", timedelta(weeks=2), "in the last 2 weeks"),
        ("2026-11-24", timedelta(days=1, hours=9), "since 2026-11-24"),
    ],
)
def test_a_period_is_an_age_or_a_date(text: str, age: timedelta, words: str) -> None:
    period = period_from(text, MORNING)

    assert (period.since, period.words) == (MORNING - age, words)


@pytest.mark.parametrize(
    "text", ["", "0d", "soon", "7", "-1d", "2026-11-26", "2026-13-01", "99999d", "1900-01-01", "٣d"]
)
def test_anything_else_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"Use 12h, 7d, 2w") as caught:
        period_from(text, MORNING)

    assert caught.value.field == "since"


def test_since_the_last_visit_means_the_one_before_this() -> None:
    visit = Visit(MORNING - timedelta(days=3), MORNING)

    assert period_from("visit", MORNING, visit).since == MORNING - timedelta(days=3)


@pytest.mark.parametrize("visit", [None, Visit(None, MORNING)])
def test_whoever_was_never_here_sees_a_week(visit: Visit | None) -> None:
    assert period_from("visit", MORNING, visit).since == MORNING - timedelta(days=7)
