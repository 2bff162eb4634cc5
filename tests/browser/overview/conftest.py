"""The shared app, for stories on the start page."""

from tests.browser.board.conftest import app, app_database, backlog, open_page  # noqa: F401
