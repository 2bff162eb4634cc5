"""The parts of the product in short, on the overview: one file each, and one entry here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.overview.glances.agents import agents
from ci_core.overview.glances.health import health
from ci_core.overview.glances.research import research
from ci_core.overview.values import Glance, Period

GLANCES: tuple[Callable[[Session, Period, datetime], Glance], ...] = (research, agents, health)
