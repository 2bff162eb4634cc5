"""`ci flow`: stable keys for scripts, a table for people, and words where the past is too short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from tests.ci_core.backlog.flow.past import Past
from tests.ci_core.cli.conftest import Ci

KEYS = [
    "period",
    "items",
    "completed",
    "completed_without_start",
    "cycle_time_days",
    "lead_time_days",
    "throughput",
    "cumulative_flow",
    "ageing",
    "forecast",
]


@pytest.fixture(scope="module")
def some_work(backlog: Database) -> list[int]:
    """Six items completed in 1 to 6 days, and one that has been running for nine."""
    past, now = Past(backlog), datetime.now(UTC)

    def ago(days: float) -> datetime:
        return now - timedelta(days=days)

    ids = [
        past.work(
            f"Quokka {n}", (ago(30), "approved"), (ago(20), "in_progress"), (ago(20 - n), "completed"), assignee="zoe"
        )
        for n in range(1, 7)
    ]
    return [*ids, past.work("Old quokka", (ago(12), "approved"), (ago(9), "in_progress"), assignee="zoe")]


def test_the_document_has_keys_that_stay(ci: Ci, some_work: list[int]) -> None:
    document = ci("flow", "--query", "assignee:zoe", "--json").document

    assert list(document) == KEYS
    assert document["completed"] == 6
    assert document["cycle_time_days"] == {
        "count": 6,
        "percentiles": pytest.approx({"50": 3.0, "70": 5.0, "85": 6.0, "95": 6.0}, abs=0.01),
        "missing": None,
    }
    assert sum(document["throughput"]["per_day"].values()) == 6
    assert [(item["id"], item["over_limit"]) for item in document["ageing"]["items"]] == [(some_work[-1], True)]
    assert len(document["cumulative_flow"]["days"]) == len(document["cumulative_flow"]["statuses"]["completed"]) == 90
    assert [one["certainty"] for one in document["forecast"]["done_by"]] == [50, 85, 95]
    assert document["forecast"]["missing"] is None


def test_people_get_tables(ci: Ci, some_work: list[int]) -> None:
    shown = ci("flow", "-q", "assignee:zoe", "--count", "3").out

    assert "6 completed of 7 items" in shown
    assert "50 % within 3.0, 70 % within 5.0, 85 % within 6.0" in shown
    assert "Old quokka" in shown
    assert "3 DONE BY" in shown


def test_too_short_a_past_is_said(ci: Ci, some_work: list[int]) -> None:
    outcome = ci("flow", "-q", f"id:{some_work[0]}")
    document = ci("flow", "-q", f"id:{some_work[0]}", "--json").document

    assert outcome.status == 0
    assert "needs at least 5 completed items; there is 1" in outcome.out
    assert document["cycle_time_days"]["percentiles"] is None
    assert document["ageing"]["limit_days"] is None
    assert document["forecast"]["done_by"] == []
    assert document["forecast"]["missing"] == "needs at least 5 items completed before today; there is 1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--zone", "Mars/Olympus"], "is no time zone"),
        (["--until", "soon"], "is no date"),
        (["--days", "0"], "--days"),
    ],
)
def test_wrong_usage_is_named(ci: Ci, arguments: list[str], words: str) -> None:
    outcome = ci("flow", *arguments)

    assert outcome.status == 2
    assert words in outcome.err


def test_a_date_in_the_past_fails_in_one_line(ci: Ci, some_work: list[int]) -> None:
    outcome = ci("flow", "--until", "2020-01-01")

    assert outcome.status == 1
    assert outcome.err.strip() == ("error: A forecast reaches from today to ten years from now. Choose a date between.")
