"""The parts of the product in short, on the overview: one file each, and one entry here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.overview.glances.health import health
from ci_core.overview.glances.research import research
from ci_core.overview.values import Glance

GLANCES: tuple[Callable[[Session, datetime], Glance], ...] = (research, health)
