"""The same app as the board's tests, opened at the research feed with findings of the test's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.board.harness import Backlog, OpenPage
from tests.browser.research.reader import Found, Reader


@pytest.fixture
def found(backlog: Backlog) -> Found:
    """Stores findings, and reads them."""
    return Found(backlog)


@pytest.fixture
def open_feed(open_page: OpenPage, found: Found) -> Callable[..., Reader]:
    """Opens the feed, narrowed to the test's own findings, and waits until it is drawn."""

    def open_one(query: dict[str, object] | None = None, **settings: object) -> Reader:
        return Reader(open_page(**settings)).visit(**{"site": found.site, **(query or {})})

    return open_one
