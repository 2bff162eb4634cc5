"""What came of a scan, source by source, and what it means for the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ci_core.research.intake import Counts
from db.enums import RunStatus, StepStatus

FIRST_RETRY = timedelta(minutes=15)
LONGEST_AFTER_PART = timedelta(hours=24)
ERROR_MAX = 500


class SourceStatus(StrEnum):
    """How the scan of a source went; skipped: it was not scanned, because another run does it at this moment."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def step(self) -> StepStatus:
        """How the step of the run ends."""
        return STEPS[self]


STEPS = {
    SourceStatus.OK: StepStatus.COMPLETED,
    SourceStatus.DEGRADED: StepStatus.DEGRADED,
    SourceStatus.FAILED: StepStatus.FAILED,
    SourceStatus.SKIPPED: StepStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What came of one source.

    Attributes:
        fetched: items that the site gave.
        new, duplicate, related, failed, seen: what became of them, each counted once; see `Counts`.
        error: what went wrong, on one line; None when nothing did.
        retry_at: not before this, because the site said so.
    """

    source_id: int
    source_type: str
    source_name: str
    status: SourceStatus
    fetched: int = 0
    new: int = 0
    duplicate: int = 0
    related: int = 0
    failed: int = 0
    seen: int = 0
    error: str | None = None
    retry_at: datetime | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Its figures by name, as they stand in the run's step."""
        return {name: getattr(self, name) for name in ("fetched", "new", "duplicate", "related", "failed", "seen")}


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What came of a scan.

    Attributes:
        status: completed, also when some sources failed; failed when every one did.
        new, duplicate, related: over all sources.
        failed: how many sources failed.
    """

    run_id: int
    status: RunStatus
    sources: tuple[SourceResult, ...]

    @property
    def new(self) -> int:
        return sum(source.new for source in self.sources)

    @property
    def duplicate(self) -> int:
        return sum(source.duplicate for source in self.sources)

    @property
    def related(self) -> int:
        return sum(source.related for source in self.sources)

    @property
    def failed(self) -> int:
        return sum(source.status is SourceStatus.FAILED for source in self.sources)

    @property
    def counts(self) -> dict[str, int]:
        """Its figures by name, as they stand in the run."""
        totals = {name: sum(one.counts[name] for one in self.sources) for name in ("fetched", "seen")}
        ours = {"new": self.new, "duplicate": self.duplicate, "related": self.related}
        return {"sources": len(self.sources), "failed": self.failed, **ours, **totals}

    @property
    def error(self) -> str | None:
        """The sources that failed, with their reasons; None when none did."""
        failed = [source for source in self.sources if source.status is SourceStatus.FAILED]
        told = "; ".join(f"{source.source_name}: {source.error}" for source in failed)
        return f"{len(failed)} of {len(self.sources)} sources failed. {told}" if failed else None


def run_status(sources: tuple[SourceResult, ...]) -> RunStatus:
    """Failed when every source that was scanned failed, else completed."""
    scanned = [source for source in sources if source.status is not SourceStatus.SKIPPED]
    every_one = bool(scanned) and all(source.status is SourceStatus.FAILED for source in scanned)
    return RunStatus.FAILED if every_one else RunStatus.COMPLETED


def next_scan_at(
    status: SourceStatus, now: datetime, *, every: timedelta, failures: int, retry_at: datetime | None
) -> datetime:
    """When a source is to be scanned again.

    After a failure sooner than usual, at first after 15 minutes and then each time twice as late; when only a part
    could be read, within a day; but never before the site said (`retry_at`).

    Args:
        every: its own frequency.
        failures: how many scans have failed one after another, this one included.
    """
    if status is SourceStatus.OK:
        return now + every
    doublings = min(max(failures - 1, 0), 12)
    patience = min(every, FIRST_RETRY * (1 << doublings))
    if status is SourceStatus.DEGRADED:
        patience = min(every, LONGEST_AFTER_PART)
    return max(retry_at or now, now + patience)


def result_of(
    source_id: int,
    source_type: str,
    source_name: str,
    status: SourceStatus,
    *,
    fetched: int = 0,
    counts: Counts | None = None,
    error: str | None = None,
    retry_at: datetime | None = None,
) -> SourceResult:
    """A result from its parts; a long error is cut."""
    told = counts or Counts()
    return SourceResult(
        source_id=source_id,
        source_type=source_type,
        source_name=source_name,
        status=status,
        fetched=fetched,
        new=told.new,
        duplicate=told.duplicate,
        related=told.related,
        failed=told.failed,
        seen=told.seen,
        error=error if error is None or len(error) <= ERROR_MAX else error[: ERROR_MAX - 1] + "…",
        retry_at=retry_at,
    )
