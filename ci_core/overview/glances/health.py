"""How the platform does, in short."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.overview.values import Block, Glance, Hint, Period


def health(_session: Session, _period: Period, _now: datetime) -> Glance:
    """The newest health check. Checks come with the health agent, which this version does not have yet."""
    hint = Hint(
        "No health check has run yet: this version has no health agent. Once it has, its scores and what they lost "
        "stand here. Until then this tells whether the product itself is well:",
        command="python -m ci_core doctor",
    )
    return Glance("health", "Health", (), Block("health", "Newest check", hint=hint))
