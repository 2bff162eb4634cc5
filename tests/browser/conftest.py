"""Windows of one Chromium, and the app as people run it: both once for all tests of a worker.

Each test has enhancements of its own in that app, found by a word that no other test uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from db.engine import Database
from tests.browser.board.harness import AppPage, AppServer, Backlog, OpenPage
from tests.browser.windows import Windows

WINDOWS = pytest.StashKey[Windows]()


@pytest.fixture(scope="session")
def windows(request: pytest.FixtureRequest) -> Iterator[Windows]:
    with Windows() as windows:
        request.config.stash[WINDOWS] = windows
        yield windows


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Ends Chromium after the last browser test: Playwright runs an event loop, which others must not find running."""
    if WINDOWS in item.config.stash and (nextitem is None or nextitem.get_closest_marker("browser") is None):
        item.config.stash[WINDOWS].close()


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
def open_page(windows: Windows, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens windows at the shared app (or at `server`); afterwards none has met an error or asked another host."""
    pages: list[AppPage] = []

    def open_one(server: AppServer | None = None, **settings: object) -> AppPage:
        at = server or request.getfixturevalue("app")
        pages.append(AppPage(windows, at.url, **settings))
        return pages[-1]

    yield open_one
    errors = [error for page in pages for error in page.errors]
    dialogs = [message for page in pages for message in page.dialogs]
    elsewhere = {host for page in pages for host in page.hosts - {urlsplit(page.url).netloc}}
    for page in pages:
        page.close()
    assert errors == []
    assert dialogs == []
    assert elsewhere == set()
