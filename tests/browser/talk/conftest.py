"""The app and its pages, as the board's tests have them."""

from __future__ import annotations

from tests.browser.board.conftest import app, app_database, backlog, open_page  # noqa: F401
