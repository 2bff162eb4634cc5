"""What a job is given to work with: its parameters, the database, and a way to say how far it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core import runs
from ci_core.errors import CiError
from ci_core.jobs import queries
from ci_core.jobs.kinds import JobKind, Parameters
from ci_core.settings import Settings
from db.engine import Database
from db.enums import StepStatus

MOST_LINKS = 200


class RunTaken(CiError):
    """Somebody else carries this run out now, or it was ended; nothing more may be written for it."""


class Cancelled(BaseException):
    """A person cancelled the run, or its worker is being shut down. No `Exception`: no step may swallow it."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class JobContext:
    """One attempt to carry out one run.

    Attributes:
        attempt: the number of this attempt. All that is written through this object is refused once there is a later
            one, so that a worker that froze and woke up can overwrite nothing.
        asked_by: who asked for the run; what it does, it does as `actor`.
        cancelled: set when the run was cancelled and the job runs in a thread.
    """

    run_id: int
    attempt: int
    kind: JobKind
    parameters: Parameters
    asked_by: str
    database: Database
    settings: Settings
    clock: Callable[[], datetime] = utc_now
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def actor(self) -> str:
        """As whom it writes, for example "agent:research"."""
        return f"agent:{self.kind.agent}"

    @contextmanager
    def transaction(self, *, reason: str | None = None) -> Iterator[Session]:
        """A transaction of the agent that is committed only while this attempt is the current one.

        Raises:
            RunTaken: it is not; nothing was written.
            Cancelled: the run was cancelled, and the job runs in a thread.
        """
        self.check()
        with self.database.transaction(self.actor, reason=reason) as session:
            self._hold(session)
            yield session

    @property
    def fenced(self) -> Database:
        """The database for what opens its own transactions: each is committed only while this attempt is current.

        Such a transaction raises as `transaction` does.
        """

        def hold(session: Session) -> None:
            self.check()
            self._hold(session)

        return self.database.guarded(hold)

    def _hold(self, session: Session) -> None:
        if session.execute(queries.HOLD, {"id": self.run_id, "attempt": self.attempt}).one_or_none() is None:
            raise RunTaken(f"Run {self.run_id} is no longer carried out by attempt {self.attempt}.")

    def once(self, step: str, work: Callable[[Session], Mapping[str, Any] | None]) -> Mapping[str, Any]:
        """Do a step of the run exactly once, however often the run is attempted.

        The work and the note that it is done are one transaction; a later attempt gets what it gave the first time.

        Args:
            step: its name, unlike those of the run's other steps.
            work: gives counts, plain JSON.

        Raises:
            RunTaken: another attempt has begun.
        """
        with self.transaction() as session:
            done = session.execute(queries.STEP_DONE, {"id": self.run_id, "name": step}).scalar_one_or_none()
            if done is not None:
                return dict(done)
            step_id = runs.begin_step(session, self.run_id, step, now=self.clock(), attempt=self.attempt)
            counts = dict(work(session) or {})
            runs.finish_step(session, step_id, StepStatus.COMPLETED, counts=counts, now=self.clock())
            return counts

    def done(self, step: str) -> Mapping[str, Any] | None:
        """What a step gave that is over and done with; None where it is still to be done."""
        with self.database.reading() as session:
            found = session.execute(queries.STEP_DONE, {"id": self.run_id, "name": step}).scalar_one_or_none()
        return None if found is None else dict(found)

    def note(
        self,
        step: str,
        counts: Mapping[str, Any],
        *,
        status: StepStatus = StepStatus.COMPLETED,
        message: str | None = None,
    ) -> Mapping[str, Any]:
        """Note a step that could not be one transaction, after it was done; gives its counts.

        Raises:
            RunTaken: another attempt has begun.
        """
        with self.transaction() as session:
            now = self.clock()
            step_id = runs.begin_step(session, self.run_id, step, now=now, attempt=self.attempt)
            runs.finish_step(session, step_id, status, counts=counts, message=message, now=now)
        return counts

    def progress(self, percent: float | None) -> None:
        """Say how far it is, 0–100; None where that is not known, only that it lives.

        Raises:
            RunTaken: another attempt has begun.
            Cancelled: the run was cancelled.
        """
        value = None if percent is None else round(min(max(percent, 0.0), 100.0), 2)
        row = {"id": self.run_id, "attempt": self.attempt, "percent": value, "now": self.clock()}
        with self.database.transaction(self.actor) as session:
            found = session.execute(queries.PROGRESS, row).one_or_none()
        if found is None:
            raise RunTaken(f"Run {self.run_id} is no longer carried out by attempt {self.attempt}.")
        if found.cancelled:
            raise Cancelled(f"Run {self.run_id} was cancelled.")
        self.check()

    def link(self, session: Session, kind: str, identifier: int, label: str) -> None:
        """Note what the run made, in the transaction that made it; the same thing is noted once.

        Args:
            kind: "finding", "enhancement", "health_check" …
        """
        link = json.dumps([{"kind": kind, "id": identifier, "label": label[:200]}])
        session.execute(queries.ADD_LINK, {"id": self.run_id, "link": link, "most": MOST_LINKS})

    def check(self) -> None:
        """Raise `Cancelled` when the run was cancelled and the job runs in a thread."""
        if self.cancelled.is_set():
            raise Cancelled(f"Run {self.run_id} was cancelled.")
