"""Known vulnerabilities of Python packages, kept on this machine, so that a check needs no network.

`refreshing.py` fetches them; it stands apart, as a check does not need what speaks with other sites.
"""

from ci_core.health.advisories.matching import Vulnerability, best_allowed, vulnerabilities
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
    "Vulnerability",
    "advisories_dir",
    "advisories_state",
    "best_allowed",
    "open_advisories",
    "vulnerabilities",
]
