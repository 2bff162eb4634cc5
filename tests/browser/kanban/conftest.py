"""A browser, a server with the harness app, and boards that no other test sees."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.kanban.harness import BoardPage, BoardServer, OpenBoard

# a Chromium of the system where there is one, else the one that Playwright installed
CHROMIUM = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
EXPECT_MS = 30_000  # a busy machine is no defect of the board
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardServer]:
    running = BoardServer(tmp_path_factory.mktemp("kanban"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_board(browser: Browser, server: BoardServer) -> Iterator[OpenBoard]:
    """Opens pages on one board that no other test sees."""
    name = uuid.uuid4().hex
    pages: list[BoardPage] = []

    def open_page(*, url: str = server.url, board: str = name, **settings: object) -> BoardPage:
        pages.append(BoardPage(browser, url, board, **settings))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
    assert [error for page in pages for error in page.errors] == []
