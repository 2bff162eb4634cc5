"""`ci schedules`, as a person types it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.cli.schedules import duration
from db.engine import Database
from tests.ci_core.cli.conftest import Ci


@pytest.fixture
def source_id(backlog: Database) -> int:
    with backlog.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_schedules"))
        statement = text("""
            INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options')
            ON CONFLICT (source_type, source_name) DO UPDATE SET enabled = true RETURNING id
        """)
        return int(session.execute(statement).scalar_one())


@pytest.fixture
def add(ci: Ci, source_id: int) -> Any:
    def added(name: str, *options: object) -> dict[str, Any]:
        given = ("--kind", "research_scan", "--parameters", f'{{"source_id": {source_id}}}')
        outcome = ci("schedules", "add", name, *given, *options, "--json")
        assert outcome.status == 0, outcome.err
        return dict(outcome.document)

    return added


def test_one_is_added_in_plain_words_and_listed(ci: Ci, add: Any) -> None:
    added = add("nightly", "--times", "every day at 02:00", "--time-zone", "Europe/Berlin", "--jitter", "10m")
    assert (added["cron"], added["time_zone"], added["jitter_seconds"]) == ("0 2 * * *", "Europe/Berlin", 600)
    assert datetime.fromisoformat(added["next_due_at"]).tzinfo is not None

    listed = ci("schedules", "list", "--json").document
    table = ci("schedules", "list").out

    assert [one["name"] for one in listed["schedules"]] == ["nightly"]
    assert "every day at 02:00 (Europe/Berlin)" in table
    assert "nightly" in table


def test_the_time_zone_is_the_configured_one(add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_TIME_ZONE", "America/New_York")

    assert add("morning", "--cron", "30 8 * * MON-FRI")["time_zone"] == "America/New_York"


def test_it_is_edited_paused_and_deleted(ci: Ci, add: Any) -> None:
    add("often", "--every", "4h")

    edited = ci("schedules", "edit", "often", "--every", "30m", "--missed", "skip", "--json").document
    assert (edited["every_seconds"], edited["missed"], edited["version"]) == (1800, "skip", 2)
    stale = ci("schedules", "edit", "often", "--priority", 3, "--expected-version", 1)
    assert (stale.status, "tess changed" in stale.err) == (1, True)
    assert "Paused schedule" in ci("schedules", "disable", "often").out
    assert ci("schedules", "show", "often", "--json").document["next_due_at"] is None
    assert "Runs again" in ci("schedules", "enable", "often").out
    assert "Deleted schedule" in ci("schedules", "delete", "often").out
    gone = ci("schedules", "show", "often")
    assert (gone.status, gone.err.strip()) == (1, "error: There is no schedule “often”. List them: ci schedules list")


def test_it_is_run_at_once_and_once(ci: Ci, add: Any) -> None:
    add("scan", "--every", "1d")

    first = ci("schedules", "run", "scan", "--json").document
    second = ci("schedules", "run", "scan")

    assert first["created"]
    assert f"Run {first['run_id']} of the same is waiting or running already" in second.out
    assert f"{first['run_id']} (queued)" in ci("schedules", "show", "scan").out


def test_what_comes_is_shown(ci: Ci, add: Any) -> None:
    add("every-six", "--every", "6h")

    coming = ci("schedules", "coming", "--days", 1, "--json").document["coming"]

    assert sum(one["name"] == "every-six" for one in coming) in (3, 4)
    assert "r/options" in ci("schedules", "coming").out


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--every", "4 weeks"], 2, "Write 90s, 30m, 4h or 7d."),
        (["--every", "4h", "--cron", "0 2 * * *"], 2, "Say one of --times, --cron and --every."),
        (["--cron", "at two"], 1, "Every day at two is: 0 2 * * *"),
        (["--times", "now and then"], 1, "every day at 02:00"),
        ([], 1, "either a cron line"),
        (["--every", "4h", "--time-zone", "Atlantis"], 1, "Europe/Berlin"),
        (["--every", "4h", "--parameters", "{"], 2, "That is no JSON"),
        (["--every", "4h", "--parameters", "{}"], 1, "needs the parameter source_id"),
        (["--every", "4h", "--kind", "dance"], 1, "There are: "),
    ],
)
def test_what_cannot_be_used_is_told_with_the_remedy(
    ci: Ci, source_id: int, options: list[str], status: int, told: str
) -> None:
    given = ["--kind", "research_scan", "--parameters", f'{{"source_id": {source_id}}}', *options]

    outcome = ci("schedules", "add", "wrong", *given)

    assert (outcome.status, outcome.out) == (status, "")
    assert told in outcome.err


def test_an_edit_names_something(ci: Ci, add: Any) -> None:
    add("as-it-is", "--every", "4h")

    assert ci("schedules", "edit", "as-it-is").status == 2


def test_durations_are_typed_with_a_unit() -> None:
    assert [duration("--every", typed) for typed in ("90", "90s", "30 m", "4H", "7d")] == [
        90,
        90,
        1800,
        14_400,
        604_800,
    ]
