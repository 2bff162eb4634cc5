"""A repository with a past, for those tests that look at what is told of it, and small ones to be checked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ci_core.health.checkers.cache import NoCache
from ci_core.health.checkers.kinds import Cache, Workbench
from ci_core.settings.health import HealthSettings
from tests.ci_core.health.repositories import Repository
from tests.ci_core.health.seeds import Seeded, seed_platform

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def seeded(session: Session) -> Seeded:
    """A repository as the health agent leaves it after some weeks; the newest check was two hours before `NOW`."""
    return seed_platform(session, NOW, weeks=4, issues=120, files=30)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty folder."""
    return Repository(tmp_path / "checked")


@pytest.fixture
def make_workbench(tmp_path: Path) -> Callable[..., Workbench]:
    """Makes what a checker works with; nothing of it is shared with another."""

    def make(*, seconds: float = 60.0, settings: HealthSettings | None = None, cache: Cache | None = None) -> Workbench:
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        return Workbench(
            settings=settings or HealthSettings(),
            scratch=scratch,
            data_dir=tmp_path / "data",
            cache=cache or NoCache(),
            seconds=seconds,
            cancelled=threading.Event(),
        )

    return make
