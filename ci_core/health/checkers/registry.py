"""All checkers. A new one is a file beside this, and one entry here."""

from __future__ import annotations

from ci_core.health.checkers.kinds import Checker

CHECKERS: tuple[Checker, ...] = ()
