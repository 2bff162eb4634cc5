"""Known vulnerabilities of Python packages, kept on this machine, so that a check needs no network."""

from ci_core.health.advisories.matching import Vulnerability, best_allowed, vulnerabilities
from ci_core.health.advisories.refreshing import Refreshed, RefreshUnderWay, refresh_advisories
from ci_core.health.advisories.store import (
    Advisories,
    AdvisoriesMissing,
    AdvisoriesState,
    advisories_dir,
    advisories_state,
    open_advisories,
)

__all__ = [
    "Advisories",
    "AdvisoriesMissing",
    "AdvisoriesState",
    "RefreshUnderWay",
    "Refreshed",
    "Vulnerability",
    "advisories_dir",
    "advisories_state",
    "best_allowed",
    "open_advisories",
    "refresh_advisories",
    "vulnerabilities",
]
