"""The figures about research, on findings of which they are known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancement
from ci_core.research.evidence import evidence_of
from ci_core.research.insight import (
    OUTCOMES,
    Share,
    Span,
    by_score,
    day_rows,
    funnel_rows,
    insight,
    precision_rows,
    score_rows,
    span_of_days,
)
from ci_core.research.source_health import Standing, sources_overview, standing_of
from db.enums import FindingStatus as Stands
from db.tables import Enhancement, Evidence, Exposure, ResearchFinding, ResearchSite, ResearchSource

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
AGENT = "agent:research"


def finding(session: Session, status: Stands = Stands.ANALYZED, **fields: Any) -> ResearchFinding:
    stored = ResearchFinding(
        **{
            "source_type": "reddit",
            "source_url": "https://reddit.example/1",
            "source_title": "A finding",
            "content_hash": uuid4().hex,
            "discovered_at": NOW - timedelta(days=1),
            "status": status,
            **fields,
        }
    )
    session.add(stored)
    session.flush()
    return stored


def decided(session: Session, status: Stands, by: str = "tess", at: datetime = NOW, **fields: Any) -> ResearchFinding:
    return finding(session, status, decided_by=by, decided_at=at, **fields)


def source(session: Session, name: str, **fields: Any) -> ResearchSource:
    stored = ResearchSource(**{"source_type": "reddit", "source_name": name, **fields})
    session.add(stored)
    session.flush()
    return stored


def week() -> Span:
    return span_of_days(7, NOW, ZoneInfo("UTC"))


def test_no_share_of_nothing_and_wilsons_interval_of_some() -> None:
    nothing, all_of_two, half = Share(0, 0), Share(2, 2), Share(50, 100)

    assert (nothing.value, nothing.interval) == (None, None)
    assert all_of_two.value == 1
    # As in Brown, Cai and DasGupta (2001), "Interval Estimation for a Binomial Proportion".
    assert all_of_two.interval == pytest.approx((0.3424, 1.0), abs=1e-4)
    assert half.interval == pytest.approx((0.4038, 0.5962), abs=1e-4)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_an_interval_holds_its_share_and_stays_within_bounds(part: int, whole: int) -> None:
    share = Share(min(part, whole), whole)

    low, high = share.interval or (-1, -1)

    assert share.value is not None
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


def test_days_are_those_of_the_reader(session: Session) -> None:
    span = Span(date(2026, 11, 24), date(2026, 11, 25), BERLIN)
    finding(session, discovered_at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC))  # half past midnight in Berlin
    finding(session, discovered_at=datetime(2026, 11, 24, 22, 30, tzinfo=UTC))
    finding(session, source_type="github", discovered_at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    finding(session, discovered_at=datetime(2026, 11, 23, 22, 59, tzinfo=UTC))  # the day before
    finding(session, discovered_at=datetime(2026, 11, 25, 23, 0, tzinfo=UTC))  # the day after

    shown = insight(session, span)

    assert shown.per_day == {"reddit": (1, 1), "github": (1, 0)}
    assert shown.found == 3
    assert [tuple(row.values()) for row in day_rows(shown)] == [
        (date(2026, 11, 24), "reddit", 1), (date(2026, 11, 24), "github", 1), (date(2026, 11, 25), "reddit", 1),
    ]  # fmt: skip


def test_scores_are_told_by_what_people_made_of_them_and_duplicates_left_out(session: Session) -> None:
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, relevance_score=100)
    decided(session, Stands.REJECTED, relevance_score=89.99)
    decided(session, Stands.REJECTED, by=AGENT, relevance_score=0)
    finding(session, relevance_score=60)
    finding(session)
    finding(session, Stands.DUPLICATE, relevance_score=60)

    shown = insight(session, week())

    places = {outcome: [n for n, count in enumerate(counts) if count] for outcome, counts in shown.scores.items()}
    assert places == {"accepted": [9], "refused": [8], "set_aside": [0], "waiting": [6]}
    assert shown.without_score == 1
    assert list(score_rows(shown))[8] == {
        "from": 80, "to": 90, "accepted": 0, "refused": 1, "waiting": 0, "set_aside": 0
    }  # fmt: skip


def test_tenths_out_of_range_stay_at_the_ends() -> None:
    scores, without = by_score([(12, "accepted", 1), (-1, "refused", 2), (None, "waiting", 3), (5, "duplicate", 9)])

    assert (scores["accepted"][9], scores["refused"][0], without) == (1, 2, 3)
    assert set(scores) == set(OUTCOMES)


def test_the_funnel_narrows_from_found_to_completed(session: Session) -> None:
    done = create_enhancement(session, NewEnhancement(title="Done"), actor="tess").id
    session.get_one(Enhancement, done).status = "completed"
    opened = create_enhancement(session, NewEnhancement(title="Open"), actor="tess").id
    finding(session, Stands.DUPLICATE)
    decided(session, Stands.REJECTED, by=AGENT)
    finding(session)
    seen = finding(session)
    session.add(Exposure(finding_id=seen.id, person="ana", position=0))
    session.add(Exposure(finding_id=seen.id, person="ben", position=0))
    decided(session, Stands.REJECTED)  # decided at a shell, where nobody notes that it was shown
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, enhancement_id=opened)
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, enhancement_id=done)
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, enhancement_id=done, discovered_at=NOW - timedelta(days=30))
    session.flush()

    shown = insight(session, week())

    assert shown.funnel == {"found": 7, "new": 6, "waited": 5, "shown": 4, "converted": 2, "completed": 1}
    assert [row["share"] for row in funnel_rows(shown)] == [None, 0.8571, 0.8333, 0.8, 0.5, 0.5]


def test_precision_is_of_what_people_decided_by_the_week_of_the_decision(session: Session) -> None:
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, at=monday, discovered_at=NOW - timedelta(days=60))
    decided(session, Stands.REJECTED, at=monday)
    decided(session, Stands.REJECTED, at=monday - timedelta(days=1))
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, by=AGENT, at=monday)
    decided(session, Stands.REJECTED, by=AGENT, at=monday)
    finding(session)

    shown = insight(session, week())

    assert [(week.begins, week.precision) for week in shown.weeks] == [
        (date(2026, 11, 16), Share(0, 1)), (date(2026, 11, 23), Share(1, 2)),
    ]  # fmt: skip
    assert shown.precision == Share(1, 3)
    assert [row["precision"] for row in precision_rows(shown)] == [0, 0.5]


def test_nothing_found_is_nothing_known(session: Session) -> None:
    shown = insight(session, week())

    assert (shown.found, shown.per_day, shown.weeks, shown.precision.value) == (0, {}, (), None)
    assert list(day_rows(shown)) == list(precision_rows(shown)) == []
    assert [row["share"] for row in funnel_rows(shown)] == [None] * 6


@pytest.mark.parametrize(
    ("given_", "standing"),
    [
        ({"enabled": False, "last_status": "failed"}, Standing.OFF),
        ({"paused_until": NOW + timedelta(minutes=1), "last_status": "failed"}, Standing.PAUSED),
        ({"paused_until": NOW - timedelta(minutes=1), "last_status": "failed"}, Standing.FAILED),
        ({"last_scan_at": None}, Standing.NEVER_SCANNED),
        ({"last_status": "degraded"}, Standing.DEGRADED),
        ({"last_status": "ok"}, Standing.WELL),
    ],
)
def test_a_source_stands_as_what_matters_most(given_: dict[str, Any], standing: Standing) -> None:
    usual = {"enabled": True, "last_scan_at": NOW, "last_status": None, "paused_until": None, "now": NOW}

    assert standing_of(**{**usual, **given_}) is standing


def test_sources_have_their_figures_their_problem_and_the_state_of_their_site(session: Session) -> None:
    busy = source(
        session, "r/options", last_scan_at=NOW, last_status="failed", last_error="Reddit: 429, next try 14:05"
    )
    source(session, "off", enabled=False, next_scan_at=NOW)
    source(session, "Hacker News", source_type="hacker_news")
    session.add(
        ResearchSite(site="reddit", circuit="open", failures=3, last_error="x", retry_at=NOW + timedelta(hours=2))
    )
    decided(session, Stands.CONVERTED_TO_ENHANCEMENT, source_id=busy.id)
    decided(session, Stands.REJECTED, source_id=busy.id)
    decided(session, Stands.REJECTED, by=AGENT, source_id=busy.id)
    finding(session, Stands.DUPLICATE, source_id=busy.id)
    finding(session, source_id=busy.id)
    finding(session, source_id=busy.id, discovered_at=NOW - timedelta(days=91))

    fresh, options, off = sources_overview(session, now=NOW)

    assert [one.source_name for one in (fresh, options, off)] == ["Hacker News", "r/options", "off"]
    assert (options.found, options.waiting) == (5, 1)
    assert (options.converted, options.duplicates, options.precision) == (Share(1, 5), Share(1, 5), Share(1, 2))
    assert (options.standing, options.retry_at) == (Standing.PAUSED, NOW + timedelta(hours=2))
    assert options.problem == "Reddit: 429, next try 14:05"
    assert (fresh.standing, fresh.precision.value, fresh.problem) == (Standing.NEVER_SCANNED, None, None)
    assert (off.standing, off.next_scan_at) == (Standing.OFF, None)


def test_evidence_of_an_enhancement_names_its_origin_first(session: Session) -> None:
    item = create_enhancement(session, NewEnhancement(title="Roll earlier"), actor="tess").id
    other, origin = finding(session, source_title="Also"), finding(session, source_title="First", relevance_score=82)
    session.add(Evidence(enhancement_id=item, finding_id=other.id, quote="so it is"))
    session.add(Evidence(enhancement_id=item, finding_id=origin.id, origin=True))
    session.flush()

    found = evidence_of(session, item)

    assert [(one.finding_id, one.origin, one.quote) for one in found] == [
        (origin.id, True, None), (other.id, False, "so it is"),
    ]  # fmt: skip
    assert (found[0].relevance_score, found[0].source_name, found[0].added_by) == (82, "reddit", "tess")
    assert evidence_of(session, item + 1) == ()
