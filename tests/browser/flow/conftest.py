"""The app that the board's tests share, with a history that lies in the past."""

from __future__ import annotations

import pytest

from db.engine import Database
from tests.ci_core.backlog.flow.past import Past


@pytest.fixture
def past(app_database: Database) -> Past:
    return Past(app_database)
