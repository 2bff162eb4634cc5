"""Sources as people look after them: how each does, what it would bring, and a scan that goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select, text, update

from ci_core import runs
from db.engine import Database
from db.enums import RunStatus, RunTrigger, StepStatus
from db.tables import ResearchSource
from tests.browser.board.harness import OTHER, AppPage
from tests.sites import Sites

pytestmark = pytest.mark.browser
OpenSources = Callable[..., AppPage]
HOSTILE = "<img src=x onerror=alert(1)>"


def source_of(page: AppPage, name: str) -> Locator:
    """The card of a source."""
    return page.page.locator("[class*='st-key-source-']:has(> * section.source)").filter(
        has=page.page.get_by_role("heading", name=name, exact=True)
    )


def edit(page: AppPage, name: str) -> None:
    source_of(page, name).get_by_role("button", name="Edit").click()
    page.field("Name").wait_for()


def queries_of(database: Database, name: str) -> list[str]:
    with database.reading() as session:
        return list(
            session.scalars(select(ResearchSource.search_queries).where(ResearchSource.source_name == name)).one()
        )


def test_a_source_is_corrected_tried_saved_and_taken_back(
    open_sources: OpenSources, stored: Database, sites: Sites
) -> None:
    page = open_sources()
    before = queries_of(stored, "Hacker News")
    edit(page, "Hacker News")

    page.field("Filters, one a line").fill("min_stars: 20")
    page.field("Queries, one a line").fill("options trading\npostgres")
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog.get_by_text("Filter “min_stars” is not known")).to_be_visible()
    assert queries_of(stored, "Hacker News") == before

    page.field("Filters, one a line").fill("min_points: 20")
    page.dialog.get_by_role("button", name="Test this source").click()
    expect(page.dialog.locator("[class*='st-key-tested-']")).to_have_count(3, timeout=20_000)
    assert queries_of(stored, "Hacker News") == before
    assert sites.asked["hacker_news"] >= 1

    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog).to_have_count(0)
    assert queries_of(stored, "Hacker News") == ["options trading", "postgres"]
    page.page.get_by_role("button", name="Undo", exact=True).click()
    page.wait_until(lambda: queries_of(stored, "Hacker News") == before)


def test_a_site_that_is_down_is_told_where_one_tries_it(open_sources: OpenSources, sites: Sites) -> None:
    sites.break_site("hacker_news", "404")
    page = open_sources(scheme="dark", size=(390, 844))
    edit(page, "Hacker News")

    page.dialog.get_by_role("button", name="Test this source").click()

    expect(page.dialog.get_by_role("alert")).to_contain_text("Hacker News", timeout=20_000)


def test_a_source_is_added_found_nothing_and_is_deleted(open_sources: OpenSources, stored: Database) -> None:
    page = open_sources()
    page.page.get_by_role("button", name="Add a source").click()
    page.choose("Site", "Reddit")
    page.field("Name").fill(HOSTILE)
    page.dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.dialog.get_by_text("Say which subreddit")).to_be_visible()

    page.field("Address").fill("https://www.reddit.com/r/thetagang")
    page.dialog.get_by_role("button", name="Add", exact=True).click()
    expect(source_of(page, HOSTILE)).to_be_visible()

    edit(page, HOSTILE)
    page.dialog.get_by_role("button", name="Delete …").click()
    page.dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.dialog).to_have_count(0)
    expect(source_of(page, HOSTILE)).to_have_count(0)


def test_a_source_is_switched_off_and_on(open_sources: OpenSources, stored: Database) -> None:
    page = open_sources()
    card = source_of(page, "r/Python")

    card.get_by_role("button", name="Switch off").click()
    expect(card).to_contain_text("Off")
    card.get_by_role("button", name="Switch on").click()

    expect(card).to_contain_text("Not scanned yet")


def test_a_scan_shows_how_far_it_is_and_what_came_of_it(open_sources: OpenSources, stored: Database) -> None:
    now = datetime.now(UTC)
    error = f"Reddit: 429, next try 14:05 {HOSTILE}"
    with stored.transaction(OTHER) as session:
        number = runs.start_run(session, "research_scan", trigger=RunTrigger.MANUAL, actor=OTHER, now=now)
        done = runs.begin_step(session, number, "Hacker News", now=now)
        runs.finish_step(session, done, StepStatus.COMPLETED, now=now, counts={"new": 12, "duplicate": 3})
        open_step = runs.begin_step(session, number, "r/options", now=now)
        session.execute(
            update(ResearchSource)
            .where(ResearchSource.source_name == "r/options")
            .values(last_scan_at=now, last_status="failed", last_error=error, failures=2)
        )
    page = open_sources()

    running = page.page.locator(".st-key-scan-running")
    expect(running).to_contain_text("1 of 2 sources done, 12 new")
    expect(running).to_contain_text("12 new, 3 duplicates")
    card = source_of(page, "r/options")
    expect(card).to_contain_text(f"{error} (2 times in a row)")
    expect(card).to_contain_text("Failed")

    with stored.transaction(OTHER) as session:
        runs.finish_step(session, open_step, StepStatus.FAILED, now=now, message=error)
        runs.finish_run(
            session, number, RunStatus.COMPLETED, now=now, counts={"new": 12, "failed": 1}, error=f"r/options: {error}"
        )
    expect(page.page.get_by_text(f"by {OTHER}: 12 new, 1 failed")).to_be_visible(timeout=20_000)
    page.page.locator(".st-key-last-scan summary").press("Enter")
    expect(page.page.locator(".st-key-last-scan")).to_contain_text(error)
    assert page.page.locator("[data-testid=stMain] img[src=x]").count() == 0


def test_a_scan_that_is_asked_for_waits_for_a_worker_and_can_be_cancelled(
    open_sources: OpenSources, stored: Database
) -> None:
    page = open_sources()
    source_of(page, "r/options").get_by_role("button", name="Scan now").click()

    expect(page.page.locator(".st-key-scan-running")).to_contain_text("Waiting to scan: 0 of 1 sources done")
    expect(page.page.get_by_text("Nothing carries scans out at the moment")).to_contain_text("scheduler start")
    with stored.reading() as session:
        asked = session.execute(text("SELECT run_type, trigger, status, job_id FROM ci_automation_runs")).one()
    assert tuple(asked[:3]) == ("research_scan", "manual", "queued")
    assert asked.job_id is not None

    page.page.get_by_role("button", name="Cancel").click()

    expect(page.page.locator(".st-key-last-scan")).to_contain_text("cancelled")
    expect(page.page.locator(".st-key-scan-running")).to_have_count(0)
