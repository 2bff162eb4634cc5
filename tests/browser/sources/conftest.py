"""The app on a database of its own, with stand-in sites to read and the usual sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert, text

from ci_core.research import DEFAULT_SOURCES
from db.engine import Database
from db.tables import ResearchSource
from tests.browser.board.harness import AppPage, AppServer, OpenPage
from tests.browser.pages.settled import settled
from tests.sites import Sites
from tests.sites.fixtures import sites, standing_sites  # noqa: F401

FORGET = text("""
    DELETE FROM ci_research_findings; DELETE FROM ci_research_sources; DELETE FROM ci_research_sites;
    DELETE FROM ci_research_interests; DELETE FROM ci_automation_runs
""")


@pytest.fixture(scope="session")
def research_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def research_app(
    research_database: Database,
    standing_sites: Sites,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AppServer]:
    folder = tmp_path_factory.mktemp("research")
    server = AppServer(folder, research_database.url, **standing_sites.environment())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stored(research_database: Database) -> Database:
    """The app's database with the usual sources, none of them scanned, and nothing else of the research."""
    with research_database.transaction("importer") as session:
        session.execute(FORGET)
        session.execute(insert(ResearchSource), list(DEFAULT_SOURCES))
    return research_database


@pytest.fixture
def open_sources(open_page: OpenPage, research_app: AppServer, stored: Database) -> Callable[..., AppPage]:
    """Opens a part of the page and waits until it is drawn."""

    def open_one(part: str = "Sources", **settings: object) -> AppPage:
        page = open_page(research_app, **settings)
        page.visit("sources", part=part)
        return settled(page)

    return open_one
