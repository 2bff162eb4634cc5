"""The same app as the board's tests, opened at the inbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.board.harness import OpenPage
from tests.browser.inbox.desk import Desk


@pytest.fixture
def open_inbox(open_page: OpenPage) -> Callable[..., Desk]:
    """Opens the inbox, narrowed to a word, and waits until it is drawn."""

    def open_one(word: str = "", **settings: object) -> Desk:
        return Desk(open_page(**settings)).visit(word)

    return open_one
