"""`ci research scan`, `ingest`, `reembed` and `ci runs` as a person calls them."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.research import scan_parts
from ci_core.research.window import SharedWindow
from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.research.standins import Marks, Near, Words
from tests.sites.fixtures import sites, standing_sites  # noqa: F401 - fixtures of this file
from tests.sites.server import Sites

SOURCES = """
DELETE FROM ci_research_findings; DELETE FROM ci_research_sources; DELETE FROM ci_research_sites;
INSERT INTO ci_research_sources (source_type, source_name, source_url) VALUES
    ('hacker_news', 'Hacker News', 'https://news.ycombinator.com'),
    ('reddit', 'r/options', 'https://www.reddit.com/r/options')
"""


@pytest.fixture(autouse=True)
def _standins(monkeypatch: pytest.MonkeyPatch, backlog: Database) -> None:
    monkeypatch.setattr(scan_parts, "SharedWindow", partial(SharedWindow, make=Near))
    monkeypatch.setattr(scan_parts, "_load_encoder", lambda _: Words())
    monkeypatch.setattr(scan_parts, "make_scorer", lambda *_, **__: Marks())
    with backlog.transaction("tess") as session:
        session.execute(text(SOURCES))


@pytest.fixture
def scan(ci: Ci, sites: Sites, monkeypatch: pytest.MonkeyPatch) -> Ci:  # noqa: F811 - the fixture
    for name, value in sites.environment().items():
        monkeypatch.setenv(name, value)
    return partial(ci, "research", "scan")


def test_scan_tells_every_source_and_then_nothing_new(scan: Ci, ci: Ci) -> None:
    first = scan("--json")

    assert first.status == 0, first.err
    document = first.document
    assert set(document) == {"run_id", "status", "sources", "new", "duplicate", "related", "failed"}
    assert (document["status"], document["failed"]) == ("completed", 0)
    for source in document["sources"]:
        wanted = {"source_type", "source_name", "status", "fetched", "new", "duplicate", "related", "error"}
        assert wanted <= set(source)
        assert (source["status"], source["error"]) == ("ok", None)
    fetched = sum(source["fetched"] for source in document["sources"])
    assert fetched == document["new"] + document["duplicate"] + document["related"] > 0

    again = scan("--json").document
    assert (again["new"], again["duplicate"], again["related"]) == (0, 0, 0)
    shown = ci("runs", "show", document["run_id"], "--json").document
    assert shown["run"]["status"] == "completed"
    assert {step["name"] for step in shown["steps"]} == {"Hacker News", "reddit r/options"}


def test_scans_can_be_asked_for_and_left_to_workers(scan: Ci, ci: Ci, backlog: Database) -> None:
    asked = scan("--queue", "--source", "r/options", "--max-results", 2, "--json")

    assert (asked.status, asked.document["served"]) == (0, False)
    (one,) = asked.document["scans"]
    assert (one["source_name"], one["created"]) == ("r/options", True)
    run = ci("runs", "show", one["run_id"], "--json").document["run"]
    assert (run["status"], run["parameters"]) == ("queued", {"source_id": one["source_id"], "max_results": 2})
    again = scan("--queue", "--source", "r/options")
    assert "open already" in again.out
    assert "scheduler start" in again.err


def test_scan_of_some_with_one_broken_is_told_and_no_failure(scan: Ci, sites: Sites) -> None:  # noqa: F811
    sites.break_site("reddit", "500")

    outcome = scan("--max-results", 2)

    assert outcome.status == 0
    assert "1 of 2 sources failed" in outcome.err
    assert "Reddit" in outcome.out


def test_scan_with_every_source_broken_fails(scan: Ci, sites: Sites) -> None:  # noqa: F811
    sites.break_site("reddit", "401")

    outcome = scan("--source-type", "reddit", "--json")

    assert (outcome.status, outcome.document["status"], outcome.document["failed"]) == (1, "failed", 1)
    assert [source["source_name"] for source in outcome.document["sources"]] == ["r/options"]


def test_an_unknown_source_is_one_line_with_the_remedy(scan: Ci) -> None:
    outcome = scan("--source", "r/nothing")

    assert outcome.status == 1
    assert outcome.err == "error: There is no source “r/nothing”. There are: Hacker News, r/options.\n"


def test_ingest_takes_a_file_or_stdin_and_tells_bad_lines(ci: Ci, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    lines = [{"id": str(n), "source_type": "forum", "title": f"only{n} title{n}"} for n in range(3)]
    file.write_text("\n".join([json.dumps(line) for line in lines] + ["{oops"]))

    told = ci("research", "ingest", file)
    assert told.status == 0
    assert "line 4: no JSON" in told.err
    assert "4 lines: 3 new, 0 related, 0 duplicates, 0 seen before, 1 failed" in told.out

    again = ci("research", "ingest", "-", "--json", stdin=io.StringIO(json.dumps(lines[0])))
    assert (again.document["new"], again.document["seen"], again.document["problems"]) == (0, 1, [])


def test_ingest_of_what_cannot_be_read_fails(ci: Ci, tmp_path: Path) -> None:
    missing = ci("research", "ingest", tmp_path / "none.jsonl")
    assert (missing.status, missing.out) == (1, "")
    assert "none.jsonl cannot be read: No such file or directory. Name a file of JSON lines." in missing.err

    bad = ci("research", "ingest", "-", "--json", stdin=io.StringIO("oops"))
    assert (bad.status, bad.document["failed"]) == (1, 1)


def test_reembed_replaces_vectors_of_another_model(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    ci("research", "ingest", "-", stdin=io.StringIO('{"id": "1", "source_type": "forum", "title": "x"}'))
    monkeypatch.setattr("ci_core.embeddings.model.load_encoder", lambda _: Words("better"))

    assert ci("research", "reembed", "--json").document == {"model": "better", "embedded": 1}
    assert ci("research", "reembed").out == "0 findings got their vector.\n"


def test_retrain_learns_from_answers_and_says_where_there_are_none(
    ci: Ci, backlog: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_core.embeddings.model.load_encoder", lambda _: Words())
    assert ci("research", "retrain").out == "Nobody has answered yet: there is nothing to learn from.\n"

    lines = [json.dumps({"id": str(n), "source_type": "forum", "title": f"only{n} t{n}"}) for n in range(4)]
    ci("research", "ingest", "-", stdin=io.StringIO("\n".join(lines)))
    with backlog.transaction("tess") as session:
        session.execute(
            text("UPDATE ci_research_findings SET status = 'rejected', decided_by = 'tess', decided_at = now()")
        )

    assert ci("research", "retrain", "--json").document == {"answers": 4, "accepted": 0}


def test_runs_are_listed_newest_first_and_a_missing_one_is_told(ci: Ci) -> None:
    for _ in range(2):
        ci("research", "ingest", "-", stdin=io.StringIO('{"id": "1", "source_type": "forum", "title": "x"}'))

    listed: dict[str, Any] = ci("runs", "list", "--type", "research_ingest", "--limit", 2, "--json").document
    ids = [run["id"] for run in listed["runs"]]
    assert listed["total"] >= 2
    assert ids == sorted(ids, reverse=True)
    assert "research_ingest" in ci("runs", "list").out
    assert "1 seen" in ci("runs", "show", ids[0]).out
    missing = ci("runs", "show", 10**9)
    assert (missing.status, missing.err) == (
        1,
        "error: There is no run 1000000000. `ci runs list` shows those there are.\n",
    )


def test_what_a_scan_says_stands_in_its_log_and_in_the_file(scan: Ci, ci: Ci, sites: Sites, environment: Path) -> None:  # noqa: F811
    sites.break_site("reddit", "500")

    run_id = scan("--json").document["run_id"]

    said = [json.loads(line) for line in ci("runs", "log", run_id, "--json").out.splitlines()]
    assert [(one["event"], one["level"]) for one in said if one["fields"].get("source") == "reddit r/options"] == [
        ("source_scanned", "warning")
    ]
    assert {"call_failed": "error", "source_scanned": "info", "scan_finished": "info"}.items() <= {
        one["event"]: one["level"] for one in said if one["fields"].get("source") != "reddit r/options"
    }.items()
    written = [json.loads(line) for line in (environment / "data" / "logs" / "ci.log").read_text().splitlines()]
    assert {line["run_id"] for line in written} == {run_id}
    assert {"call_failed", "source_scanned", "scan_finished"} <= {line["event"] for line in written}
