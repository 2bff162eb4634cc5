"""A file goes through the same pipeline as a site, each item at its date."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ci_core.errors import CiError
from ci_core.research import scan_parts
from ci_core.research.ingest import IngestResult, Problem, ingest
from ci_core.research.intake import Counts
from ci_core.research.scan_parts import Parts
from ci_core.research.window import SharedWindow
from ci_core.runs import run_with_steps, runs
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunStatus, StepStatus
from tests.ci_core.research.standins import NOW, Marks, Near, Words, as_person, findings

SETTINGS = Settings(_env_file=None)


@pytest.fixture(scope="module")
def kept_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def database(kept_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(scan_parts, "SharedWindow", partial(SharedWindow, make=Near))
    as_person(kept_database, "DELETE FROM ci_research_findings; DELETE FROM ci_automation_runs")
    return kept_database


def take(database: Database, *lines: dict[str, Any] | bytes, **options: Any) -> IngestResult:
    raw = [one if isinstance(one, bytes) else json.dumps({"source_type": "forum", **one}).encode() for one in lines]
    options.setdefault("parts", Parts(encoder=Words(), scorer=Marks(), clock=lambda: NOW))  # type: ignore[arg-type]
    return ingest(database, SETTINGS, raw, name="items.jsonl", actor="tess", **options)


def test_a_file_is_taken_in_once_and_its_bad_lines_are_told(database: Database) -> None:
    lines = ({"id": "1", "title": "rolling puts"}, b"{oops", {"id": "2", "title": "rolling puts"}, {"id": "3"})

    first, second = take(database, *lines), take(database, *lines)

    assert (first.read, first.new, first.duplicate, first.failed, first.seen) == (4, 1, 1, 2, 0)
    assert [one.line for one in first.problems] == [2, 4]
    assert (second.new, second.duplicate, second.failed, second.seen) == (0, 0, 2, 2)
    with database.reading() as session:
        found = run_with_steps(session, first.run_id)
    assert (found.run.status, found.run.run_type, found.run.actor) == (RunStatus.COMPLETED, "research_ingest", "tess")
    assert str(found.run.error).startswith("2 of 4 lines could not be taken in. line 2: no JSON")
    assert [(step.name, step.status) for step in found.steps] == [("items.jsonl", StepStatus.DEGRADED)]
    assert {one["run_id"] for one in findings(database)} == {first.run_id}


def test_items_are_compared_at_their_dates_whatever_their_order(database: Database) -> None:
    old, near, far = NOW - timedelta(days=900), NOW - timedelta(days=880), NOW - timedelta(days=100)
    lines = [
        {"id": "far", "title": "weekly thread", "date": far.isoformat()},
        {"id": "near", "title": "weekly thread", "date": near.isoformat()},
        {"id": "old", "title": "weekly thread", "date": old.timestamp()},
    ]

    assert take(database, *lines).duplicate == 1

    stored = {one["external_id"]: one for one in findings(database)}
    assert stored["near"]["canonical_finding_id"] == stored["old"]["id"]
    assert stored["far"]["status"] == "analyzed"  # so long after the others, it is another thread


def test_an_item_that_the_database_refuses_is_told_with_its_line(database: Database, monkeypatch: Any) -> None:
    refused = Marks(name="n" * 201)  # longer than the column takes

    result = take(
        database,
        {"id": "1", "title": "a"},
        parts=Parts(encoder=Words(), scorer=refused, clock=lambda: NOW),  # type: ignore[arg-type]
    )

    assert (result.status, result.failed) == (RunStatus.FAILED, 1)
    assert result.problems[0].line == 1
    assert "the database refused it" in result.problems[0].error


def test_progress_is_told_and_an_empty_file_is_no_failure(database: Database) -> None:
    told: list[Counts] = []

    take(database, {"id": "1", "title": "a"}, progress=told.append)

    assert told == [Counts(new=1)]
    assert take(database).status == RunStatus.COMPLETED


def test_a_file_of_bad_lines_only_is_a_failed_run(database: Database) -> None:
    result = take(database, b"oops")

    assert (result.status, result.problems) == (
        RunStatus.FAILED,
        (Problem(1, "no JSON: Expecting value. Write one JSON object on the line"),),
    )


def test_what_keeps_it_from_beginning_stands_in_the_run(database: Database) -> None:
    class NoModel(Words):
        def encode(self, texts: Any) -> Any:
            raise CiError("The model is missing. Run: ci setup")

    with pytest.raises(CiError):
        take(database, {"id": "1", "title": "a"}, parts=Parts(encoder=NoModel(), scorer=Marks(), clock=lambda: NOW))  # type: ignore[arg-type]

    with database.reading() as session:
        (run,) = runs(session).runs
    assert (run.status, run.error) == (RunStatus.FAILED, "The model is missing. Run: ci setup")
