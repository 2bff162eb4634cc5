"""The app killed in mid-triage: no decision is lost and none is made twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.engine import Database
from db.enums import Status
from tests.browser.board.harness import AppServer, Backlog, OpenPage
from tests.browser.inbox.desk import Desk

pytestmark = pytest.mark.browser
PROPOSALS = 15
RECOVERY_MS = 80_000


@pytest.fixture
def own_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def own_app(own_database: Database, tmp_path: Path) -> Iterator[AppServer]:
    """An app of this test's own, to be killed."""
    server = AppServer(tmp_path, own_database.url)
    server.start()
    yield server
    server.stop()


def test_an_app_killed_in_mid_triage_loses_nothing_and_doubles_nothing(
    own_database: Database, own_app: AppServer, open_page: OpenPage
) -> None:
    backlog = Backlog(own_database)
    items = backlog.add(*(f"Proposal {number}" for number in range(PROPOSALS)))
    desk = Desk(open_page(own_app)).visit()
    order = desk.rows()
    assert order == items

    for number in range(PROPOSALS):
        desk.sees(order[number])
        desk.press(*(["1"] if number % 3 else ["3", "2"]))
        if number == PROPOSALS // 3:
            own_app.kill()
    desk.press("z", "z")
    own_app.start()
    desk.saved(RECOVERY_MS)

    expected = [Status.APPROVED if number % 3 else Status.REJECTED for number in range(PROPOSALS - 2)]
    assert [backlog.read(item).status for item in order] == [*expected, Status.PROPOSED, Status.PROPOSED]
    told = [[entry.summary for entry in backlog.history(item)][:-1] for item in order]
    assert [len(changes) for changes in told[:-2]] == [1] * (PROPOSALS - 2)
    # What was taken back was made first, or was never sent; twice it was never made.
    assert all(len(changes) in (0, 2) for changes in told[-2:])
