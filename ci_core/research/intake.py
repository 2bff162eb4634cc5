"""What goes into the pipeline and what comes out of it, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ci_core.research.outcome import Rules
from ci_core.research.values import Scorer
from ci_core.research.window import SharedWindow
from db.engine import Database

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

BATCH = 64


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of items: each counts once.

    Attributes:
        new: stored, and unlike anything before.
        duplicate: stored, and linked to the finding that it repeats.
        related: stored, and shown together with those that speak of the same thing.
        failed: not usable; the rest went on.
        seen: known from before, under the same id of the same site.
    """

    new: int = 0
    duplicate: int = 0
    related: int = 0
    failed: int = 0
    seen: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def total(self) -> int:
        """How many items that were."""
        return self.new + self.duplicate + self.related + self.failed + self.seen


@dataclass(frozen=True, slots=True)
class Unusable:
    """An item that could not be taken in: where it stands among the items (0 is the first), its id, and why."""

    place: int
    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Intake:
    """With what items are taken in.

    Attributes:
        window: what they are compared with; shared by all who take in at once.
        scorer: scores what is no duplicate.
        clock: gives the time, in UTC.
        rules: what follows from a score.
        replay: items appeared when they were published, however long ago. Otherwise an item from before the window
            appeared when it was found.
        spares_scores: scoring costs time or money, so that what looks like a duplicate is compared first and not
            scored. Otherwise everything is, and compared once.
        batch_size: so many items are stored together.
    """

    database: Database
    window: SharedWindow
    scorer: Scorer
    encoder: Encoder
    clock: Callable[[], datetime]
    rules: Rules = field(default_factory=Rules)
    replay: bool = False
    spares_scores: bool = True
    batch_size: int = BATCH


# Told within the transaction of every batch: what has been counted so far.
OnBatch = Callable[[Session, Counts], None]
