"""The job that scans a source: one source, one run, whatever happens to those who carry it out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.errors import InvalidInput, NotFound, SiteLimited, SiteRefused
from ci_core.jobs import Cancelled, JobContext, RunTaken, cancel_run
from ci_core.jobs.tasks.research import scan_source
from ci_core.research import scan_parts
from ci_core.research.scan import scan
from ci_core.research.scan_parts import Parts
from ci_core.research.source_scan import ONE_SCANS
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.research.values import NormalItem, Score, Vector
from ci_core.research.window import SharedWindow
from ci_core.runs import Step, run_with_steps
from ci_core.settings import Settings
from db.engine import Database
from db.enums import SourceHealth, StepStatus
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW, Marks, Near, Words, an_item, as_person, findings
from tests.sites.server import Sites

COUNT = 40  # more than one batch


@pytest.fixture(autouse=True)
def _standins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_parts, "SharedWindow", partial(SharedWindow, make=Near))


@pytest.fixture
def source_id(database: Database) -> int:
    as_person(
        database,
        "INSERT INTO ci_research_sources (source_type, source_name, source_url, max_results, search_queries) VALUES "
        "('reddit', 'r/options', 'https://www.reddit.com/r/options', 40, '{wheel strategy}')",
    )
    return int(source(database)["id"])


class Site:
    """Gives 40 items, and counts how often it is read."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, config: SourceConfig, since: Any, limit: int) -> SourceReading:
        self.read += 1
        given = (an_item(n, f"only{n} this{n}", url=f"https://x.org/{n}") for n in range(min(limit, COUNT)))
        return SourceReading(tuple(given), SourceHealth.OK, newest_item_at=NOW - timedelta(hours=1))


class Stopping(Marks):
    """Does something when the second batch is scored, once."""

    def __init__(self, act: Any) -> None:
        super().__init__()
        self.act = act

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        if self.scored and self.act:
            act, self.act = self.act, None
            act()
        return super().score(items, vectors)


def parts(read: Any = None, scorer: Marks | None = None) -> Parts:
    return Parts(encoder=Words(), scorer=scorer or Marks(), read=read, clock=lambda: NOW)  # type: ignore[arg-type]


def source(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return dict(session.execute(text("SELECT * FROM ci_research_sources")).mappings().one())


def step_of(context: JobContext) -> Step:
    with context.database.reading() as session:
        (step,) = run_with_steps(session, context.run_id).steps
    return step


def runs_there(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text("SELECT id, status FROM ci_automation_runs ORDER BY id"))]


def test_a_source_of_a_site_is_scanned_within_the_run_that_was_asked_for(
    database: Database, begin: Begin, source_id: int, sites: Sites
) -> None:
    context = begin("research_scan", {"source_id": source_id}, settings=sites.settings())

    counts = scan_source(context, Parts(encoder=Words(), scorer=Marks()))  # type: ignore[arg-type]

    assert (counts["sources"], counts["failed"]) == (1, 0)
    assert counts["new"] + counts["related"] > 0
    assert step_of(context).status == StepStatus.COMPLETED
    assert step_of(context).counts["new"] == counts["new"]
    assert {found["run_id"] for found in findings(database)} == {context.run_id}
    assert runs_there(database) == [(context.run_id, "running")]  # its end is the worker's to write
    assert source(database)["last_status"] == "ok"
    with database.reading() as session:
        links = session.execute(text("SELECT links FROM ci_automation_runs")).scalar_one()
    assert {link["id"] for link in links} <= {found["id"] for found in findings(database)}
    assert len(links) == counts["new"] + counts["related"]


def test_at_most_so_many_items(database: Database, begin: Begin, source_id: int) -> None:
    counts = scan_source(begin("research_scan", {"source_id": source_id, "max_results": 3}), parts(Site()))

    assert counts["fetched"] == 3


def test_a_second_attempt_goes_on_where_the_first_one_was_killed(
    database: Database, begin: Begin, source_id: int
) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    first = begin("research_scan", {"source_id": source_id})
    with pytest.raises(Killed):
        scan_source(first, parts(Site(), Stopping(die)))
    kept = {found["id"] for found in findings(database)}
    assert 0 < len(kept) < COUNT

    second = begin(again=first)
    counts = scan_source(second, parts(Site()))

    assert second.attempt == 2
    assert (counts["new"], counts["seen"]) == (COUNT - len(kept), len(kept))
    assert sorted(found["external_id"] for found in findings(database)) == sorted(f"t3_{n}" for n in range(COUNT))
    assert kept <= {found["id"] for found in findings(database)}
    assert runs_there(database) == [(first.run_id, "running")]
    assert (step_of(second).status, step_of(second).counts["seen"]) == (StepStatus.COMPLETED, len(kept))


def test_what_an_attempt_came_to_the_end_of_is_not_scanned_again(
    database: Database, begin: Begin, source_id: int
) -> None:
    site = Site()
    first = begin("research_scan", {"source_id": source_id})
    before = scan_source(first, parts(site))

    after = scan_source(begin(again=first), parts(site))

    assert (site.read, dict(after)) == (1, dict(before))


def test_an_attempt_that_was_replaced_stores_nothing_more(database: Database, begin: Begin, source_id: int) -> None:
    first = begin("research_scan", {"source_id": source_id})
    later: list[JobContext] = []
    overtaken = Stopping(lambda: later.append(begin(again=first)))

    with pytest.raises(RunTaken, match="no longer carried out by attempt 1"):
        scan_source(first, parts(Site(), overtaken))

    kept = len(findings(database))
    assert 0 < kept < COUNT
    assert source(database)["last_status"] is None
    assert scan_source(later[0], parts(Site()))["new"] == COUNT - kept


def test_a_frozen_attempt_that_holds_the_source_is_ended(database: Database, begin: Begin, source_id: int) -> None:
    first = begin("research_scan", {"source_id": source_id})
    with database.connect(autocommit=True, application_name=f"ci scan, run {first.run_id}") as frozen:
        frozen.execute("SELECT pg_advisory_lock(%s, %s)", [ONE_SCANS, source_id])

        counts = scan_source(begin(again=first), parts(Site()))

        assert counts["new"] == COUNT
        assert frozen.closed or _is_dead(frozen)


def _is_dead(connection: Any) -> bool:
    try:
        connection.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever it says, it is gone
        return True
    return False


def test_a_source_that_somebody_else_scans_is_left_to_them(database: Database, begin: Begin, source_id: int) -> None:
    reading, release = threading.Event(), threading.Event()

    class Slow(Site):
        def __call__(self, *asked: Any) -> SourceReading:
            reading.set()
            release.wait(30)
            return super().__call__(*asked)

    by_hand = threading.Thread(target=partial(scan, database, Settings(_env_file=None), parts=parts(Slow())))
    by_hand.start()
    assert reading.wait(30)
    site = Site()
    context = begin("research_scan", {"source_id": source_id})
    try:
        counts = scan_source(context, parts(site))
    finally:
        release.set()
        by_hand.join(30)

    assert (site.read, counts["new"], len(findings(database))) == (0, 0, COUNT)
    assert step_of(context).status == StepStatus.SKIPPED
    assert "is being scanned by run" in str(step_of(context).message)


def test_a_site_that_wants_fewer_requests_says_when_to_come_again(
    database: Database, begin: Begin, source_id: int, sites: Sites
) -> None:
    sites.break_site("reddit", "429", retry_after="1800")
    context = begin("research_scan", {"source_id": source_id}, settings=sites.settings())

    with pytest.raises(SiteLimited) as told:
        scan_source(context, Parts(encoder=Words(), scorer=Marks()))  # type: ignore[arg-type]

    assert told.value.retry_at is not None
    assert source(database)["retry_at"] == told.value.retry_at
    assert (step_of(context).status, source(database)["last_status"]) == (StepStatus.FAILED, "failed")


def test_a_site_that_refuses_us_and_a_source_without_a_place_are_told_as_such(
    database: Database, begin: Begin, source_id: int, sites: Sites
) -> None:
    sites.break_site("reddit", "401")
    context = begin("research_scan", {"source_id": source_id}, settings=sites.settings())
    with pytest.raises(SiteRefused):
        scan_source(context, Parts(encoder=Words(), scorer=Marks()))  # type: ignore[arg-type]

    as_person(database, "UPDATE ci_research_sources SET source_name = 'nowhere', source_url = NULL")
    with pytest.raises(InvalidInput):
        scan_source(begin(again=context), Parts(encoder=Words(), scorer=Marks()))  # type: ignore[arg-type]


def test_missing_credentials_are_told_on_the_source_and_fail_only_what_a_person_asked_for(
    database: Database, begin: Begin, source_id: int, sites: Sites
) -> None:
    settings = sites.settings().model_copy(update={"reddit_client_id": None})
    given = Parts(encoder=Words(), scorer=Marks())  # type: ignore[arg-type]
    clocked = begin("research_scan", {"source_id": source_id}, settings=settings, asked_by="agent:clock")

    assert scan_source(clocked, given) == {"sources": 1, "without_credentials": 1}

    assert "REDDIT_CLIENT_ID" in source(database)["last_error"]
    assert "REDDIT_CLIENT_ID" in str(step_of(clocked).message)
    with pytest.raises(SiteRefused, match="REDDIT_CLIENT_ID"):
        scan_source(begin(again=clocked), given)


def test_an_error_of_the_program_is_told_as_one(database: Database, begin: Begin, source_id: int) -> None:
    def broken(*_: Any) -> SourceReading:
        raise ZeroDivisionError

    context = begin("research_scan", {"source_id": source_id})
    with pytest.raises(ZeroDivisionError):
        scan_source(context, parts(broken))

    assert str(step_of(context).message).startswith("An error of the program (ZeroDivisionError)")


def test_a_removed_source_is_told(database: Database, begin: Begin) -> None:
    with pytest.raises(NotFound, match="Source 12 is not there any more"):
        scan_source(begin("research_scan", {"source_id": 12}), parts(Site()))


@pytest.fixture
def cancelling(database: Database, begin: Begin, source_id: int) -> JobContext:
    context = begin("research_scan", {"source_id": source_id})
    with database.transaction("Bo") as session:
        cancel_run(session, context.run_id, actor="Bo", now=NOW)
    return context


def test_a_cancelled_scan_ends_and_keeps_whole_batches(database: Database, cancelling: JobContext) -> None:
    with pytest.raises(Cancelled):
        scan_source(cancelling, parts(Site(), Stopping(cancelling.cancelled.set)))

    assert 0 < len(findings(database)) < COUNT
    assert source(database)["last_status"] is None
