"""What a scan means for the next one, and what a score means for a finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ci_core.research.intake import Counts
from ci_core.research.outcome import AGENT, Outcome, Rules, outcome_of
from ci_core.research.scan_result import SourceStatus, next_scan_at, result_of, run_status
from ci_core.research.values import Score
from db.enums import FindingStatus, RunStatus

NOW = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OK, DEGRADED, FAILED, SKIPPED = SourceStatus


def score(relevance: float | None, reason: str = "It speaks of rolling.") -> Score:
    return Score(relevance, None, None, None, reason, "", (), (), "local 1")


@pytest.mark.parametrize(
    ("status", "failures", "retry_in", "expected"),
    [
        (OK, 0, None, 168 * HOUR),
        (OK, 0, 5 * MINUTE, 168 * HOUR),
        (DEGRADED, 0, None, 24 * HOUR),
        (DEGRADED, 0, 30 * HOUR, 30 * HOUR),
        (FAILED, 1, None, 15 * MINUTE),
        (FAILED, 2, None, 30 * MINUTE),
        (FAILED, 5, None, 4 * HOUR),
        (FAILED, 99, None, 168 * HOUR),
        (FAILED, 1, 2 * HOUR, 2 * HOUR),
        (FAILED, 1, -1 * HOUR, 15 * MINUTE),
    ],
)
def test_a_failure_is_tried_again_sooner_but_never_before_the_site_said(
    status: SourceStatus, failures: int, retry_in: timedelta | None, expected: timedelta
) -> None:
    retry_at = None if retry_in is None else NOW + retry_in

    assert next_scan_at(status, NOW, every=168 * HOUR, failures=failures, retry_at=retry_at) == NOW + expected


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((OK, FAILED), RunStatus.COMPLETED),
        ((FAILED, FAILED), RunStatus.FAILED),
        ((FAILED, SKIPPED), RunStatus.FAILED),
        ((SKIPPED,), RunStatus.COMPLETED),
        ((), RunStatus.COMPLETED),
    ],
)
def test_a_run_fails_when_all_that_was_scanned_failed(statuses: tuple[SourceStatus, ...], expected: RunStatus) -> None:
    assert run_status(tuple(result_of(n, "reddit", "r", status) for n, status in enumerate(statuses))) == expected


def test_a_long_error_is_cut_to_what_the_source_can_hold() -> None:
    assert result_of(1, "reddit", "r", FAILED, error="x" * 900).error == "x" * 499 + "…"


@pytest.mark.parametrize(
    ("relevance", "expected"),
    [
        (60.0, Outcome(FindingStatus.ANALYZED)),
        (100.0, Outcome(FindingStatus.ANALYZED)),
        (None, Outcome(FindingStatus.NEW)),
        (
            0.0,
            Outcome(FindingStatus.REJECTED, AGENT, "Set aside: relevance 0 is below 60. It speaks of rolling."),
        ),
    ],
)
def test_what_is_not_relevant_enough_is_set_aside(relevance: float | None, expected: Outcome) -> None:
    assert outcome_of(score(relevance), Rules()) == expected


def test_without_a_score_a_finding_stays_new() -> None:
    assert outcome_of(None, Rules()) == Outcome(FindingStatus.NEW)


def test_a_relevance_just_below_is_not_told_as_the_limit() -> None:
    reason = str(outcome_of(score(59.7), Rules()).reason)

    assert reason.startswith("Set aside: relevance 59.7 is below 60.")


def test_a_long_reason_is_cut() -> None:
    assert len(str(outcome_of(score(1, "x" * 900), Rules()).reason)) == 500


@pytest.mark.parametrize(
    ("above", "relevance", "expected"), [(80, 80.1, True), (80, 80.0, False), (None, 99.0, False), (80, None, False)]
)
def test_only_what_is_above_the_limit_is_accepted(above: float | None, relevance: float | None, expected: bool) -> None:
    assert Rules(accept_above=above).accepts(score(relevance)) is expected


def test_counts_add_up() -> None:
    total = Counts(1, 2, 3, 4, 5) + Counts(1, 0, 0, 0, 1)

    assert (total, total.total) == (Counts(2, 2, 3, 4, 6), 17)
