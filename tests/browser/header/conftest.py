"""The header is seen on the real app, which is shared with the board's tests."""

from tests.browser.board.conftest import app, app_database, backlog, open_page  # noqa: F401
