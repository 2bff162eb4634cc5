"""What runs are about, by the names that people know: of sources and of schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.runs import Run

SOURCES = text("SELECT id, source_name FROM ci_research_sources WHERE id = ANY (:ids)")
SCHEDULES = text("SELECT id, name FROM ci_schedules WHERE id = ANY (:ids)")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the sources and schedules that some runs speak of, by their number."""

    sources: Mapping[int, str]
    schedules: Mapping[int, str]

    def subject_of(self, run: Run) -> str | None:
        """What the run is about; None where it is about nothing in particular, or that is gone."""
        source_id = _source_of(run)
        return None if source_id is None else self.sources.get(source_id)

    def schedule_of(self, run: Run) -> str | None:
        """The schedule that started the run; None without one, or where it is gone."""
        return None if run.schedule_id is None else self.schedules.get(run.schedule_id)


def names_of(session: Session, runs: Iterable[Run]) -> Names:
    """The names that these runs need, in two statements."""
    known = tuple(runs)
    sources = sorted({found for run in known if (found := _source_of(run)) is not None})
    schedules = sorted({run.schedule_id for run in known if run.schedule_id is not None})
    return Names(
        {row.id: row.source_name for row in session.execute(SOURCES, {"ids": sources})} if sources else {},
        {row.id: row.name for row in session.execute(SCHEDULES, {"ids": schedules})} if schedules else {},
    )


def _source_of(run: Run) -> int | None:
    found = run.parameters.get("source_id")
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63 else None
