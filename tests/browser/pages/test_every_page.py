"""Every page by its link: it comes up in a new process, fits every window in both lights, and says when it is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from db.engine import Database
from pages.widgets.navigation import PAGE_LINKS
from tests.browser.board.harness import AppPage, AppServer, OpenPage
from tests.browser.pages.settled import settled

pytestmark = pytest.mark.browser

SIZES = ((1280, 720), (390, 844))
TOO_WIDE = "() => document.scrollingElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def empty(
    new_database: Callable[..., str], template_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """The app on a database with nothing in it."""
    database = Database(new_database(template_name), application_name="tests")
    server = AppServer(tmp_path_factory.mktemp("empty"), database.url)
    yield server
    server.stop()
    database.dispose()


def shown(page: AppPage) -> str:
    """What stands on the page, components included; nothing of it may be an error."""
    main = page.page.locator('[data-testid="stMain"]')
    expect(main.locator('[data-testid="stException"], .st-key-outage')).to_have_count(0)
    return main.inner_text()


def test_a_link_is_the_first_thing_that_a_new_process_is_asked_for(
    open_page: OpenPage, app_database: Database, talked_about: int, tmp_path: Path
) -> None:
    server = AppServer(tmp_path, app_database.url)
    server.start()
    try:
        page = open_page(server)
        page.visit(PAGE_LINKS[-1].path)

        assert PAGE_LINKS[-1].title in shown(settled(page))
        assert urlsplit(page.page.url).path == f"/{PAGE_LINKS[-1].path}"
    finally:
        server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_shows_its_content_in_every_window(open_page: OpenPage, talked_about: int, scheme: str) -> None:
    wide = {}
    for size in SIZES:
        page = open_page(scheme=scheme, size=size)
        for link in PAGE_LINKS:
            page.visit(link.path)
            assert shown(settled(page)).strip(), link.title
            wide[link.title, size[0]] = page.page.evaluate(TOO_WIDE)

    assert {place: pixels for place, pixels in wide.items() if pixels > 0} == {}


def test_every_page_of_an_empty_backlog_says_what_to_do(open_page: OpenPage, empty: AppServer) -> None:
    empty.start()
    page = open_page(empty)
    silent = []

    for link in PAGE_LINKS:
        page.visit(link.path)
        words = shown(settled(page)).lower()
        if not any(word in words for word in ("no ", "nothing", "not ", "empty")):
            silent.append((link.title, words[:200]))

    assert silent == []
