"""Short ways to the situations that the backlog's tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, NewEnhancement, create_enhancement
from db.engine import Database
from tests.ci_core.backlog.team import Team

Make = Callable[..., Enhancement]


@pytest.fixture
def make(session: Session) -> Make:
    """Creates an enhancement by "tess" in the test's session."""

    def create(title: str = "Cache the option chain", actor: str = "tess", **fields: Any) -> Enhancement:
        return create_enhancement(session, NewEnhancement(title=title, **fields), actor=actor)

    return create


@pytest.fixture
def team(database: Database) -> Team:
    """People who commit what they do, in a database of this test alone."""
    return Team(database)
