"""A repository with a past, for those tests that look at what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from tests.ci_core.health.seeds import Seeded, seed_platform

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def seeded(session: Session) -> Seeded:
    """A repository as the health agent leaves it after some weeks; the newest check was two hours before `NOW`."""
    return seed_platform(session, NOW, weeks=4, issues=120, files=30)
