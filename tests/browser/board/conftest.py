"""The app as people run it, shared by the tests of one worker; each test has enhancements of its own in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from db.engine import Database
from tests.browser.board.harness import AppPage, AppServer, Backlog, OpenPage


@pytest.fixture(scope="session")
def app_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def app(app_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer(tmp_path_factory.mktemp("app"), app_database.url)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def backlog(app_database: Database) -> Backlog:
    return Backlog(app_database)


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens browsers at the shared app (or at `server`); afterwards none has met an error or asked another host."""
    pages: list[tuple[AppPage, AppServer]] = []

    def open_one(server: AppServer | None = None, **settings: object) -> AppPage:
        at = server or request.getfixturevalue("app")
        pages.append((AppPage(browser, at.url, **settings), at))
        return pages[-1][0]

    yield open_one
    for page, _ in pages:
        page.close()
    assert [error for page, _ in pages for error in page.errors] == []
    assert [message for page, _ in pages for message in page.dialogs] == []
    assert {host for page, at in pages for host in page.hosts - {urlsplit(at.url).netloc}} == set()
