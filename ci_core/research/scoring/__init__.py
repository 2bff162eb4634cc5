"""What a finding is worth to the team, and why: the scorer that needs no key, and what it learns from."""

from typing import TYPE_CHECKING, Any

from ci_core.research.scoring.default_interests import ensure_default_interests

if TYPE_CHECKING:
    from ci_core.research.scoring.local import LocalScorer, local_scorer
    from ci_core.research.scoring.retraining import retrain, retrain_if_answered

__all__ = ["LocalScorer", "ensure_default_interests", "local_scorer", "retrain", "retrain_if_answered"]


def __getattr__(name: str) -> Any:
    # Reading the interests should not cost what comparing with them needs.
    if name in ("LocalScorer", "local_scorer"):
        from ci_core.research.scoring import local

        return getattr(local, name)
    if name in ("retrain", "retrain_if_answered"):
        from ci_core.research.scoring import retraining

        return getattr(retraining, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
