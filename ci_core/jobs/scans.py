"""Scans of sources that people ask for: one run for each source, carried out by whichever worker is free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.jobs.enqueue import enqueue
from ci_core.jobs.overview import workers_now
from ci_core.jobs.registry import KINDS
from ci_core.research.scan import RUN_TYPE, choose
from db.enums import RunTrigger

START = "python -m ci_core scheduler start"


@dataclass(frozen=True, slots=True)
class AskedScan:
    """The scan of one source.

    Attributes:
        created: False where one was waiting or running already; `run_id` is that one then.
    """

    run_id: int
    source_id: int
    source_type: str
    source_name: str
    created: bool

    @property
    def state(self) -> str:
        """Whether it is new, in a word."""
        return "asked for" if self.created else "open already"


@dataclass(frozen=True, slots=True)
class AskedScans:
    """The scans that somebody asked for.

    Attributes:
        served: whether a worker lives that will begin them.
    """

    scans: tuple[AskedScan, ...]
    served: bool

    @property
    def in_words(self) -> str:
        """What follows, in a sentence or two."""
        new = sum(scan.created for scan in self.scans)
        known = len(self.scans) - new
        if not self.scans:
            return "No source is due."
        said = [f"{_counted(new)} asked for."] if new else []
        if known:
            said.append(f"{_counted(known)} {'was' if known == 1 else 'were'} waiting or running already.")
        if not self.served:
            said.append(f"Nothing carries them out at the moment; start it with: {START}")
        return " ".join(said)


def ask_for_scans(
    session: Session,
    *,
    sources: Collection[int] | None = None,
    source_types: Collection[str] | None = None,
    names: Collection[str] | None = None,
    due_only: bool = False,
    max_results: int | None = None,
    trigger: RunTrigger = RunTrigger.MANUAL,
    actor: str,
    now: datetime,
) -> AskedScans:
    """Enter a run for each source that fits, as `scan` chooses them; returns at once.

    Args:
        max_results: at most so many items of each source, instead of the number on the source.
        actor: who asked.

    Raises:
        InvalidInput: there is no such kind of site, or no source of this name.
        NotFound: none fits.
    """
    most = {} if max_results is None else {"max_results": max_results}
    asked = []
    for row in choose(session, sources, source_types, names, due_only=due_only, now=now):
        parameters = {"source_id": row.id, **most}
        entered = enqueue(session, RUN_TYPE, parameters, trigger=trigger, actor=actor, now=now)
        asked.append(AskedScan(entered.run_id, row.id, row.source_type, row.source_name, entered.created))
    return AskedScans(tuple(asked), scans_are_carried_out(session))


def scans_are_carried_out(session: Session) -> bool:
    """Whether a worker lives that takes scans."""
    return any(worker.takes(KINDS[RUN_TYPE].queue) for worker in workers_now(session))


def _counted(number: int) -> str:
    return "1 scan" if number == 1 else f"{number} scans"
