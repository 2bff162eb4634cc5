"""Writes what a run says into its log in the database, beside the file, so that every page can show it.

Nothing that logs ever waits for it: lines are gathered and written by a thread, in batches, and bounded in number.
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Condition, Thread
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ci_core.logs import Redactor, context
from ci_core.logs.lines import event_of
from ci_core.settings import Settings
from db.engine import Database
from db.errors import DatabaseError

ACTOR = "agent:log"
EVERY_SECONDS = 0.5
BATCH = 500
# While the database is away, so many lines wait for it; older ones give way.
MOST_WAITING = 5_000
# A run that says more says the same again and again; the file has it all.
MOST_OF_A_RUN = 5_000
LONGEST_EVENT = 2_000
LONGEST_FIELDS = 20_000
LONGEST_KEPT, MOST_KEPT = 500, 30
# Of so many runs one process remembers how much they said.
MOST_RUNS_COUNTED = 1_000
LONGEST_PAUSE_SECONDS = 10.0
FLUSH_SECONDS = 5.0

# Lines of a run that was deleted meanwhile are nobody's.
WRITE = text("""
    INSERT INTO ci_run_log (run_id, attempt, logged_at, level, event, fields)
    SELECT l.run_id, l.attempt, l.logged_at, l.level, l.event, l.fields
    FROM ROWS FROM (jsonb_to_recordset(CAST(:lines AS jsonb)) AS (
        run_id bigint, attempt integer, logged_at timestamptz, level text, event text, fields jsonb
    )) WITH ORDINALITY AS l (run_id, attempt, logged_at, level, event, fields, place)
    WHERE EXISTS (SELECT FROM ci_automation_runs r WHERE r.id = l.run_id)
    ORDER BY l.place
""")


class RunLogWriter(logging.Handler):
    """A handler that takes the lines said in a `run_context`, from INFO on.

    Args:
        redactor: takes secrets out of them.
    """

    def __init__(self, database: Database, redactor: Redactor, *, level: int = logging.INFO) -> None:
        super().__init__(level)
        self.database = database
        self._redactor = redactor
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MOST_WAITING)
        self._said: Counter[tuple[int, int]] = Counter()
        self._wake = Condition()
        self._thread: Thread | None = None
        self._busy = False
        self._closing = False
        self._hurry = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of a run; those of no run are not for here."""
        here = context()
        run_id, attempt = here.get("run_id"), int(here.get("attempt", 0))
        if not isinstance(run_id, int):
            return
        try:
            line = self._line(record, run_id, attempt)
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not end the work that wrote it
            self.handleError(record)
            return
        with self._wake:
            if len(self._said) > MOST_RUNS_COUNTED:
                self._said.clear()
            said = self._said[run_id, attempt] = self._said[run_id, attempt] + 1
            if said > MOST_OF_A_RUN:
                return
            if said == MOST_OF_A_RUN:
                line |= {"level": "warning", "event": "log_full", "fields": {"lines": MOST_OF_A_RUN}}
            self._waiting.append(line)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="run-log", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def flush(self) -> None:
        """Wait until what was said so far is in the database, but not long where that is away."""
        with self._wake:
            self._hurry = True
            self._wake.notify_all()
            self._wake.wait_for(lambda: not self._waiting and not self._busy, FLUSH_SECONDS)
            self._hurry = False

    def close(self) -> None:
        """Write what is left, and end."""
        self.flush()
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=FLUSH_SECONDS)
        super().close()

    def _line(self, record: logging.LogRecord, run_id: int, attempt: int) -> dict[str, Any]:
        fields = dict(self._redactor(None, record.levelname.lower(), event_of(record)))
        event = str(fields.pop("event"))
        for known in ("run_id", "attempt"):
            fields.pop(known, None)
        return {
            "run_id": run_id,
            "attempt": attempt,
            "logged_at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": _storable(event)[:LONGEST_EVENT] or record.name,
            "fields": _bounded(fields),
        }

    def _run(self) -> None:
        pause = EVERY_SECONDS
        while True:
            with self._wake:
                self._wake.wait_for(lambda: bool(self._waiting) or self._closing)
                if not self._waiting:
                    return
                # A moment for others to come with it, unless somebody waits for the end.
                self._wake.wait_for(lambda: self._hurry or self._closing, pause)
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                self._busy = True
            written = self._write(batch)
            with self._wake:
                self._busy = False
                if not written:
                    room = MOST_WAITING - len(self._waiting)
                    self._waiting.extendleft(reversed(batch[-room:] if room else []))
                    if self._closing:
                        return
                self._wake.notify_all()
            pause = EVERY_SECONDS if written else min(pause * 2, LONGEST_PAUSE_SECONDS)
            if not written:
                time.sleep(0.1)  # also where somebody waits: a database that is away is not asked without a break

    def _write(self, batch: list[dict[str, Any]]) -> bool:
        """Whether these lines are done with: stored, or such as cannot be."""
        try:
            with self.database.transaction(ACTOR) as session:
                session.execute(WRITE, {"lines": json.dumps(batch)})
        except DatabaseError:
            return False
        except SQLAlchemyError as error:
            logging.getLogger(__name__).warning(
                "run_log_lines_not_stored", extra={"lines": len(batch), "reason": error}
            )
        return True


@contextmanager
def kept_run_logs(database: Database, settings: Settings) -> Iterator[None]:
    """While the block runs, what is said in a `run_context` goes to that run's log; what is left is written at its end.

    Where somebody in this process does so for the same database already, once is enough.
    """
    root = logging.getLogger()
    if any(isinstance(one, RunLogWriter) and one.database.url == database.url for one in root.handlers):
        yield
        return
    writer = RunLogWriter(database, Redactor.of(settings))
    root.addHandler(writer)
    try:
        yield
    finally:
        root.removeHandler(writer)
        writer.close()


def _bounded(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as PostgreSQL takes them; of too many, the short ones and the end of the exception."""
    whole = {name: _storable(value) for name, value in fields.items()}
    if len(json.dumps(whole)) <= LONGEST_FIELDS:
        return whole
    kept = {name: value for name, value in whole.items() if len(json.dumps(value)) <= LONGEST_KEPT}
    kept = dict(list(kept.items())[:MOST_KEPT])
    if isinstance(whole.get("exception"), str):
        kept["exception"] = "… " + whole["exception"][-LONGEST_FIELDS // 4 :]
    return {**kept, "cut": True}


def _storable(value: Any) -> Any:
    """Without what PostgreSQL's texts cannot hold: NUL and half characters."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode().replace("\0", "")
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
