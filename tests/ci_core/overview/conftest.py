"""People at work, for tests of what the overview tells about it."""

from __future__ import annotations

from tests.ci_core.backlog.conftest import Make, make, team

__all__ = ["Make", "make", "team"]
