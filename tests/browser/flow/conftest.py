"""The app that the board's tests share, with a history that lies in the past."""

from __future__ import annotations

import pytest

from db.engine import Database
from tests.browser.board.conftest import app, app_database, backlog, open_page  # noqa: F401 - fixtures
from tests.ci_core.backlog.flow.past import Past


@pytest.fixture
def past(app_database: Database) -> Past:  # noqa: F811 - the fixture above
    return Past(app_database)
