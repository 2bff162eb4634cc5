"""A server with the harness app, and boards that no other test sees."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.browser.kanban.harness import BoardPage, BoardServer, OpenBoard
from tests.browser.windows import Windows


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardServer]:
    running = BoardServer(tmp_path_factory.mktemp("kanban"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_board(windows: Windows, server: BoardServer) -> Iterator[OpenBoard]:
    """Opens pages on one board that no other test sees."""
    name = uuid.uuid4().hex
    pages: list[BoardPage] = []

    def open_page(*, url: str = server.url, board: str = name, **settings: object) -> BoardPage:
        pages.append(BoardPage(windows, url, board, **settings))
        return pages[-1]

    yield open_page
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.close()
    assert errors == []
