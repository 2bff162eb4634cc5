"""The same app, pages and backlog as the board's tests have."""

from tests.browser.board.conftest import app, app_database, backlog, open_page  # noqa: F401
