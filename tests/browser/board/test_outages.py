"""The database gone, the app killed: the page says so, goes on by itself, and no move is lost or made twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from db.enums import Status
from tests.browser.board.harness import AppServer, Backlog, OpenPage

pytestmark = pytest.mark.browser
CARDS = 20
RECOVERY_MS = 40_000


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A database server that only this test stops and starts."""
    folder = Path(tempfile.mkdtemp(prefix="ci-"))  # a socket's path may not be long
    server = EmbeddedServer(folder / "pg")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[Callable[[str], AppServer]]:
    """Starts an app of this test's own on a database."""
    started: list[AppServer] = []

    def start(url: str) -> AppServer:
        started.append(AppServer(tmp_path, url))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


def moves_of(backlog: Backlog, card: int) -> list[str]:
    return [entry.summary for entry in backlog.history(card) if entry.summary.startswith("moved")]


def test_a_database_that_goes_away_is_told_and_moves_wait_until_it_is_back(
    server: EmbeddedServer, start_app: Callable[[str], AppServer], open_page: OpenPage
) -> None:
    database = Database(server.start(), application_name="tests")
    migrate.upgrade(database.engine)
    backlog = Backlog(database)
    card, other = backlog.add("Stays readable", "Another")
    page = open_page(start_app(database.url)).goto()
    database.dispose()
    server.stop()

    expect(page.page.locator(".banner")).to_contain_text("cannot be reached since", timeout=RECOVERY_MS)
    expect(page.card(other)).to_be_visible()
    page.drag(card, "approved")
    page.card(other).click()
    expect(page.dialog).to_contain_text("The database cannot be reached")
    expect(page.dialog).not_to_contain_text("Traceback")

    server.start()
    expect(page.field("Branch")).to_be_visible(timeout=RECOVERY_MS)
    page.press("Escape")
    page.wait_until_saved(RECOVERY_MS)
    expect(page.page.locator(".banner")).to_be_hidden(timeout=RECOVERY_MS)
    assert backlog.read(card).status == Status.APPROVED
    assert moves_of(backlog, card) == ["moved from Proposed to Approved"]
    database.dispose()


def test_an_app_that_starts_without_its_database_says_so_and_goes_on_when_it_is_there(
    server: EmbeddedServer, start_app: Callable[[str], AppServer], open_page: OpenPage
) -> None:
    url = server.start()
    database = Database(url)
    migrate.upgrade(database.engine)
    database.dispose()
    server.stop()
    page = open_page(start_app(url))

    page.page.goto(page.url)

    expect(page.page.get_by_text("The database cannot be reached").first).to_be_visible(timeout=RECOVERY_MS)
    expect(page.page.get_by_text("Since")).to_be_visible()
    server.start()
    expect(page.page.get_by_text("No enhancements yet")).to_be_visible(timeout=RECOVERY_MS)


def test_tables_that_are_missing_are_named_with_the_command_that_makes_them(
    new_database: Callable[..., str], start_app: Callable[[str], AppServer], open_page: OpenPage
) -> None:
    url = new_database()
    page = open_page(start_app(url))

    page.page.goto(page.url)

    expect(page.page.get_by_text("ci db upgrade").first).to_be_visible(timeout=RECOVERY_MS)
    database = Database(url)
    migrate.upgrade(database.engine)
    database.dispose()
    expect(page.page.get_by_text("No enhancements yet")).to_be_visible(timeout=RECOVERY_MS)


def test_an_app_killed_during_fast_moves_loses_none_and_makes_none_twice(
    new_database: Callable[..., str],
    template_name: str,
    start_app: Callable[[str], AppServer],
    open_page: OpenPage,
) -> None:
    database = Database(new_database(template_name), application_name="tests")
    backlog = Backlog(database)
    cards = backlog.add(*(f"Card {number}" for number in range(CARDS)))
    app = start_app(database.url)
    page = open_page(app).goto()

    for number, card in enumerate(cards):
        page.card(card).focus()
        page.press("]")
        if number == CARDS // 3:
            app.kill()
    app.start()
    page.wait_until_saved(2 * RECOVERY_MS)

    assert [backlog.read(card).status for card in cards] == [Status.APPROVED] * CARDS
    assert [moves_of(backlog, card) for card in cards] == [["moved from Proposed to Approved"]] * CARDS
    database.dispose()
