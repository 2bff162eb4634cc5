"""A Chromium for whoever needs one, and the app as people run it: one for all tests of a worker.

Each test has enhancements of its own in that app, found by a word that no other test uses.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from db.engine import Database
from tests.browser.board.harness import AppPage, AppServer, Backlog, OpenPage

# A Chromium of the system where there is one, else the one that Playwright installed.
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, NAMES)), None)
EXPECT_MS = 20_000  # a busy machine is no defect of the app
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


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
