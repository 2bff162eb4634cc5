"""The app on a database of its own, with workers, runs and schedules that tests put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from db.engine import Database
from tests.browser.agents.sidecar import Sidecar
from tests.browser.board.harness import AppPage, AppServer, OpenPage
from tests.browser.pages.settled import settled

FORGET = text("""
    DELETE FROM procrastinate_events; DELETE FROM procrastinate_jobs; DELETE FROM ci_workers;
    DELETE FROM procrastinate_workers; DELETE FROM ci_automation_runs; DELETE FROM ci_schedules;
    DELETE FROM ci_research_sources; DELETE FROM ci_notifications
""")


@pytest.fixture(scope="session")
def agents_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def agents_app(agents_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer(tmp_path_factory.mktemp("agents"), agents_database.url)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sidecar(agents_database: Database) -> Sidecar:
    """The app's database without anything that agents do."""
    made = Sidecar(agents_database)
    with agents_database.transaction("importer") as session:
        session.execute(FORGET)
    return made


@pytest.fixture
def open_agents(open_page: OpenPage, agents_app: AppServer, sidecar: Sidecar) -> Callable[..., AppPage]:
    """Opens the page with this address and waits until it is drawn."""

    def open_one(scheme: str = "light", size: tuple[int, int] = (1280, 720), **query: object) -> AppPage:
        page = open_page(agents_app, scheme=scheme, size=size)
        page.visit("agents", **query)
        return settled(page)

    return open_one
