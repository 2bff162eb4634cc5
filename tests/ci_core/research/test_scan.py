"""A scan: sources at once, each told, incremental, one at a time over all processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, text

from ci_core.errors import CiError, InvalidInput, NotFound
from ci_core.research import DEFAULT_SOURCES, scan_parts
from ci_core.research.scan import scan
from ci_core.research.scan_parts import Parts
from ci_core.research.scan_result import SourceResult, SourceStatus
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.research.values import Item
from ci_core.research.window import SharedWindow
from ci_core.runs import Run, RunWithSteps, run_with_steps
from ci_core.settings import Settings
from db.engine import Database
from db.enums import RunStatus, SourceHealth, StepStatus
from db.errors import DatabaseError
from db.tables import ResearchSource
from tests.ci_core.research.standins import NOW, Marks, Near, Words, an_item, as_person, findings
from tests.sites.server import Sites

SETTINGS = Settings(_env_file=None)
OK, FAILED = SourceHealth.OK, SourceHealth.FAILED


@pytest.fixture(scope="module")
def kept_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture(autouse=True)
def _standins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_parts, "SharedWindow", partial(SharedWindow, make=Near))


@pytest.fixture
def database(kept_database: Database) -> Database:
    """A database with three sources of two sites."""
    as_person(
        kept_database,
        "DELETE FROM ci_research_findings; DELETE FROM ci_automation_runs; DELETE FROM ci_research_sources; "
        "DELETE FROM ci_research_sites; "
        "INSERT INTO ci_research_sources (source_type, source_name, source_url, max_results) VALUES "
        "('reddit', 'r/options', 'https://www.reddit.com/r/options', 5), "
        "('reddit', 'r/Python', 'https://www.reddit.com/r/Python', 5), "
        "('hacker_news', 'Hacker News', 'https://news.ycombinator.com', 5)",
    )
    return kept_database


class Site:
    """Gives what a test says for each source, and remembers what it was asked."""

    def __init__(self, **readings: SourceReading | Callable[[], SourceReading]) -> None:
        self.readings = readings
        self.asked: list[tuple[str, datetime | None, int]] = []

    def __call__(self, source: SourceConfig, since: datetime | None, limit: int) -> SourceReading:
        self.asked.append((source.source_name, since, limit))
        given = self.readings.get(source.source_name.replace("/", "_").replace(" ", "_"), SourceReading((), OK))
        return given() if callable(given) else given


def items(prefix: str, count: int, **fields: Any) -> tuple[Item, ...]:
    return tuple(
        an_item(f"{prefix}{n}", f"{prefix}{n} only{prefix}{n}", url=f"https://x.org/{prefix}{n}", **fields)
        for n in range(count)
    )


def parts(read: Any, **fields: Any) -> Parts:
    return Parts(encoder=Words(), scorer=Marks(), read=read, clock=lambda: NOW, **fields)  # type: ignore[arg-type]


def source(database: Database, name: str = "r/options") -> dict[str, Any]:
    with database.reading() as session:
        row = session.execute(text("SELECT * FROM ci_research_sources WHERE source_name = :name"), {"name": name})
        return dict(row.mappings().one())


def run_of(database: Database, run_id: int) -> RunWithSteps:
    with database.reading() as session:
        return run_with_steps(session, run_id)


def by_name(found: tuple[SourceResult, ...]) -> dict[str, SourceResult]:
    return {one.source_name: one for one in found}


def test_what_each_source_brought_is_told_in_the_result_the_run_and_on_the_source(database: Database) -> None:
    newest = NOW - timedelta(hours=1)
    read = Site(
        r_options=SourceReading(items("a", 3), OK, newest_item_at=newest),
        Hacker_News=SourceReading(items("b", 1), SourceHealth.DEGRADED, "Hacker News: page 2 was cut off"),
        r_Python=SourceReading((), FAILED, "Reddit: 429, next try 14:05", retry_at=NOW + timedelta(minutes=3)),
    )
    told: list[SourceResult] = []

    result = scan(database, SETTINGS, actor="tess", progress=told.append, parts=parts(read))

    found = by_name(result.sources)
    assert (result.status, result.new, result.failed) == (RunStatus.COMPLETED, 4, 1)
    assert (found["r/options"].status, found["r/options"].fetched, found["r/options"].new) == (SourceStatus.OK, 3, 3)
    assert (found["Hacker News"].status, found["Hacker News"].new) == (SourceStatus.DEGRADED, 1)
    assert (found["r/Python"].status, found["r/Python"].error) == (SourceStatus.FAILED, "Reddit: 429, next try 14:05")
    assert {one.source_name for one in told} == set(found)

    run = run_of(database, result.run_id)
    assert (run.run.run_type, run.run.actor, run.run.status) == ("research_scan", "tess", RunStatus.COMPLETED)
    assert run.run.error == "1 of 3 sources failed. r/Python: Reddit: 429, next try 14:05"
    assert run.run.counts == {
        "sources": 3,
        "failed": 1,
        "new": 4,
        "duplicate": 0,
        "related": 0,
        "fetched": 4,
        "seen": 0,
    }
    steps = {step.name: step for step in run.steps}
    assert steps["reddit r/options"].status == StepStatus.COMPLETED
    assert steps["reddit r/options"].counts["new"] == 3
    assert (steps["reddit r/Python"].status, steps["reddit r/Python"].message) == (
        StepStatus.FAILED,
        "Reddit: 429, next try 14:05",
    )

    well, broken = source(database), source(database, "r/Python")
    assert (well["last_status"], well["last_error"], well["failures"]) == ("ok", None, 0)
    assert (well["newest_item_at"], well["last_success_at"]) == (newest, NOW)
    assert (well["last_scan_at"], well["next_scan_at"]) == (NOW, NOW + timedelta(hours=24))
    assert (broken["last_status"], broken["failures"], broken["last_success_at"]) == ("failed", 1, None)
    assert (broken["retry_at"], broken["next_scan_at"]) == (NOW + timedelta(minutes=3), NOW + timedelta(minutes=15))
    assert {found["run_id"] for found in findings(database)} == {result.run_id}


def test_all_sources_failing_is_a_failed_run_and_each_failure_waits_longer(database: Database) -> None:
    read = Site(r_options=SourceReading((), FAILED, "Reddit: 500"))

    for minutes in (15, 30, 60):
        result = scan(database, SETTINGS, names=["R/OPTIONS"], parts=parts(read))
        assert result.status == RunStatus.FAILED
        assert source(database)["next_scan_at"] == NOW + timedelta(minutes=minutes)

    mended = scan(database, SETTINGS, names=["r/options"], parts=parts(Site()))
    assert (mended.status, source(database)["failures"]) == (RunStatus.COMPLETED, 0)


def test_the_next_scan_continues_from_the_newest_item_and_a_failure_moves_nothing(database: Database) -> None:
    newest = NOW - timedelta(hours=2)
    scan(database, SETTINGS, parts=parts(Site(r_options=SourceReading(items("a", 2), OK, newest_item_at=newest))))
    cut = SourceReading(items("c", 1, published_at=NOW), SourceHealth.DEGRADED, "Reddit: cut off")
    scan(database, SETTINGS, parts=parts(Site(r_options=cut)))
    again = Site(r_options=SourceReading(items("a", 3), OK, newest_item_at=newest - timedelta(hours=1)))

    result = scan(database, SETTINGS, names=["r/options"], max_results=7, parts=parts(again))

    assert again.asked == [("r/options", newest, 7)]
    assert (result.sources[0].seen, result.new) == (2, 1)
    assert source(database)["newest_item_at"] == newest


def test_only_what_is_asked_for_is_scanned(database: Database) -> None:
    as_person(database, "UPDATE ci_research_sources SET enabled = false WHERE source_name = 'r/Python'")

    def names(**asked: Any) -> set[str]:
        return set(by_name(scan(database, SETTINGS, parts=parts(Site()), **asked).sources))

    assert names() == {"r/options", "Hacker News"}
    assert names(source_types=["reddit"]) == {"r/options"}
    assert names(names=["r/python"]) == {"r/Python"}  # by its name, although it is disabled
    assert names(sources=[source(database)["id"]]) == {"r/options"}
    assert names(due_only=True) == set()
    as_person(database, "UPDATE ci_research_sources SET next_scan_at = :at", at=NOW - timedelta(minutes=1))
    as_person(
        database, "UPDATE ci_research_sources SET retry_at = :at WHERE source_type = 'reddit'", at=NOW + timedelta(1)
    )
    assert names(due_only=True) == {"Hacker News"}


@pytest.mark.parametrize(("asked", "told"), [({"names": ["r/opt"]}, "r/opt"), ({"source_types": ["digg"]}, "digg")])
def test_an_unknown_source_is_told_with_those_that_there_are(
    database: Database, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput, match=f"no source.*“{told}”.*There are: .*(r/options|reddit)"):
        scan(database, SETTINGS, parts=parts(Site()), **asked)


def test_nothing_to_scan_is_told(database: Database) -> None:
    as_person(database, "UPDATE ci_research_sources SET enabled = false")

    with pytest.raises(NotFound, match="No enabled source fits"):
        scan(database, SETTINGS, parts=parts(Site()))


def test_a_site_that_hangs_holds_up_no_other_and_no_other_source_of_its_own(database: Database) -> None:
    release = threading.Event()

    def hang() -> SourceReading:
        release.wait(30)
        return SourceReading(items("late", 2), OK)

    read = Site(r_options=hang, r_Python=SourceReading(items("p", 1), OK), Hacker_News=SourceReading(items("h", 1), OK))

    result = scan(database, SETTINGS, parts=parts(read, longest_seconds=0.5))

    found = by_name(result.sources)
    assert (found["r/options"].status, found["r/Python"].new, found["Hacker News"].new) == (SourceStatus.FAILED, 1, 1)
    assert "took too long" in str(found["r/options"].error)
    release.set()
    for thread in threading.enumerate():
        if thread.name == "scan-reddit r/options":
            thread.join(10)
    assert len(findings(database)) == 2  # what came after it was given up is not stored behind our back


def test_two_scans_of_one_source_at_once_read_it_once_and_the_second_says_so(database: Database) -> None:
    reading, release = threading.Event(), threading.Event()

    def slow() -> SourceReading:
        reading.set()
        release.wait(30)
        return SourceReading(items("a", 2), OK)

    with ThreadPoolExecutor(1) as beside:
        given = parts(Site(r_options=slow))
        begun = beside.submit(scan, database, SETTINGS, source_types=["reddit"], actor="tess", parts=given)
        try:
            assert reading.wait(30)
            second = scan(database, SETTINGS, names=["r/options"], parts=parts(Site()))
        finally:
            release.set()
        run_id = begun.result(30).run_id

    assert (second.status, second.sources[0].status) == (RunStatus.COMPLETED, SourceStatus.SKIPPED)
    assert second.sources[0].error == f"It is being scanned by run {run_id} since 14:02 UTC; nothing was done here."
    first = run_of(database, run_id)
    assert (first.run.status, first.run.counts["new"]) == (RunStatus.COMPLETED, 2)
    assert run_of(database, second.run_id).steps[0].status == StepStatus.SKIPPED


def test_an_error_of_the_program_in_one_source_is_told_and_the_others_go_on(database: Database) -> None:
    def broken() -> SourceReading:
        raise ZeroDivisionError("secret detail")

    result = scan(database, SETTINGS, parts=parts(Site(r_options=broken, Hacker_News=SourceReading(items("h", 1), OK))))

    found = by_name(result.sources)["r/options"]
    assert (found.status, result.new) == (SourceStatus.FAILED, 1)
    assert found.error == "An error of the program (ZeroDivisionError); the log has more."


def test_unusable_items_are_told_on_the_source(database: Database) -> None:
    given = (*items("a", 1), an_item(9, "x", external_id="y" * 501))

    result = scan(database, SETTINGS, names=["r/options"], parts=parts(Site(r_options=SourceReading(given, OK))))

    (found,) = result.sources
    assert (found.status, found.new, found.failed) == (SourceStatus.DEGRADED, 1, 1)
    assert str(found.error).startswith("1 items could not be used, for example yyy")


def test_a_scan_that_cannot_begin_says_so_in_its_run(database: Database) -> None:
    class NoModel(Words):
        def encode(self, texts: Any) -> Any:
            raise CiError("The model is missing. Run: ci setup")

    given = Parts(encoder=NoModel(), scorer=Marks(), read=Site(), clock=lambda: NOW)  # type: ignore[arg-type]
    as_person(
        database,
        "INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, discovered_at) "
        "VALUES ('reddit', '', 'without a vector', 'h', :now)",
        now=NOW,
    )

    with pytest.raises(CiError, match="The model is missing"):
        scan(database, SETTINGS, parts=given)

    with database.reading() as session:
        run_id = session.execute(text("SELECT max(id) FROM ci_automation_runs")).scalar_one()
    run = run_of(database, run_id)
    assert (run.run.status, run.run.error) == (RunStatus.FAILED, "The model is missing. Run: ci setup")
    assert {step.status for step in run.steps} == {StepStatus.FAILED}


def test_an_interrupted_scan_keeps_what_it_has_and_is_told_as_cancelled(database: Database) -> None:
    def interrupt(_: SourceResult) -> None:
        raise KeyboardInterrupt

    read = Site(r_options=SourceReading(items("a", 2), OK))
    with pytest.raises(KeyboardInterrupt):
        scan(database, SETTINGS, names=["r/options", "r/Python"], progress=interrupt, parts=parts(read))

    with database.reading() as session:
        run_id = session.execute(text("SELECT max(id) FROM ci_automation_runs")).scalar_one()
    run: Run = run_of(database, run_id).run
    assert (run.status, run.error, len(findings(database))) == (RunStatus.CANCELLED, "interrupted", 2)


def test_progress_shows_while_it_runs(database: Database) -> None:
    seen: list[tuple[float, int]] = []

    def look() -> SourceReading:
        with database.reading() as session:
            percent = session.execute(text("SELECT max(progress_percent) FROM ci_automation_runs")).scalar_one()
            done = session.execute(
                text("SELECT counts -> 'new' FROM ci_run_steps WHERE name = 'reddit r/options'")
            ).scalar_one()
            seen.append((float(percent), done))
        return SourceReading((), OK)

    read = Site(r_options=SourceReading(items("a", 3), OK), r_Python=look)
    result = scan(database, SETTINGS, source_types=["reddit"], parts=parts(read))

    assert seen == [(50.0, 3)]
    assert run_of(database, result.run_id).run.progress_percent == 100


def test_five_sites_two_of_them_broken(database: Database, sites: Sites) -> None:
    with database.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_research_sources"))
        session.execute(insert(ResearchSource), list(DEFAULT_SOURCES))
    sites.break_site("github", "500")
    sites.break_site("arxiv", "malformed")
    settings = sites.settings()

    def look() -> dict[str, list[SourceResult]]:
        found = scan(database, settings, parts=Parts(encoder=Words(), scorer=Marks())).sources  # type: ignore[arg-type]
        kinds: dict[str, list[SourceResult]] = {}
        for one in found:
            kinds.setdefault(one.source_type, []).append(one)
        return kinds

    first = look()
    for kind in ("github", "arxiv"):
        assert all(one.status != SourceStatus.OK and one.error for one in first[kind]), first[kind]
    for kind in ("reddit", "hacker_news", "stack_overflow"):
        assert all(one.status == SourceStatus.OK for one in first[kind]), first[kind]
        assert sum(one.new + one.related for one in first[kind]) > 0
    stored = len(findings(database))

    sites.mend()
    as_person(database, "DELETE FROM ci_research_sites")  # the pause of the circuit is over
    second = look()
    assert all(one.status == SourceStatus.OK for ones in second.values() for one in ones), second
    assert sum(one.new + one.related + one.duplicate for one in second["reddit"]) == 0
    assert sum(one.new + one.related for one in (*second["github"], *second["arxiv"])) > 0
    assert len(findings(database)) > stored
    keys = [(found["source_type"], found["external_id"]) for found in findings(database)]
    assert len(keys) == len(set(keys))


def test_without_the_database_nothing_is_pretended(database: Database) -> None:
    gone = Database("postgresql://127.0.0.1:1/nothing", connect_timeout_seconds=1)

    with pytest.raises(DatabaseError):
        scan(gone, SETTINGS, parts=parts(Site()))
    gone.dispose()
