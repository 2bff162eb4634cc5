"""What each checker's rules mean here: which part they harm, how badly, what it costs to mend, and why one should."""

from __future__ import annotations

from ci_core.health.rules.catalogue import Catalogue, Explanation, Judgement, Rule, catalogue

__all__ = ["Catalogue", "Explanation", "Judgement", "Rule", "catalogue"]
