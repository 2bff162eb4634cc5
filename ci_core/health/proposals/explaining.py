"""What people read of a rule in a proposal."""

from __future__ import annotations

from ci_core.health.proposals.text import WORDLESS, Words
from ci_core.health.rules import catalogue


def words_for(rule: str) -> Words:
    """Why a rule matters and what mends it; empty where nobody wrote that."""
    found = catalogue().explain(rule) if rule else None
    return Words(found.why, found.remedy) if found is not None else WORDLESS
