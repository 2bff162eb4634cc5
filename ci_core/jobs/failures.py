"""What an error means for a job: its kind in one word, whether trying again can help, when, and the remedy in words."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from ci_core import errors
from ci_core.jobs.context import RunTaken
from ci_core.jobs.kinds import Retry
from db import errors as db_errors
from db.engine import expected_failure

LONGEST_MESSAGE = 2_000
# A site may ask for a long pause, but hardly for a longer one.
LONGEST_TOLD_WAIT_SECONDS = 7 * 86_400.0
# A database that is away is no fault of the job: it waits a little, as often as it takes.
AWAY_WAIT_SECONDS = 2.0
# Neither is a database without room; somebody has to make some first.
FULL_WAIT_SECONDS = 15.0
# What somebody else is doing at this moment ends in minutes; to wait for it is no failure.
UNDER_WAY_WAIT_SECONDS = 60.0
MOST_KILLS = 3
# A job in a process of its own can hardly be what its worker died of: it is suspected later, but not never, because it
# may take the memory of the whole machine.
MOST_KILLS_APART = 9

REMEDIES: Mapping[str, str] = {
    "rate_limited": "The site wants fewer requests. The run waits as long as the site said; scan it less often if this "
    "comes back.",
    "refused": "The site did not accept the credentials. Check its keys in the settings; `ci doctor` names them.",
    "not_found": "What was asked for does not exist (any more). Correct the name, or switch the source off.",
    "unreachable": "The site did not answer. It is tried again by itself; check the network if several sites fail.",
    "unusable_answer": "The site answered with something that cannot be read. If it stays so, its interface has "
    "changed: update this program.",
    "chat_model": "No chat model answered. `ci llm status --reach` tells which, and why.",
    "model_missing": "A model has not been prepared on that machine. The message names the command that does it.",
    "database_away": "The database could not be reached. The run goes on when it is back; `ci doctor` tells more.",
    "database_slow": "A statement took too long. Look for long transactions and a busy disk, or raise "
    "DB_STATEMENT_TIMEOUT_SECONDS.",
    "database_busy": "Another change of the same data stood in the way. It is tried again by itself.",
    "schema": "The tables do not fit this program. Bring them up to date: `ci db upgrade`, and update every worker.",
    "disk_full": "The disk is full. Free some space on the machine that the run names.",
    "not_writable": "A folder cannot be written. Correct its owner or mode, or choose another one with CI_DATA_DIR.",
    "settings": "A setting cannot be used. The message names it.",
    "invalid": "The run was asked for with something that cannot be used. Correct it, and start a new run.",
    "under_way": "The same was being done by somebody else. It is tried again every minute until that has ended.",
    "time_limit": "It took longer than its kind may. Look at its last steps; whatever it waits for does not come.",
    "memory": "It needed more memory than its kind may. Give it less to do at once.",
    "killed": "Its process was killed each time it began: out of memory, or a crash. Look at its log before you try "
    "it again.",
    "unknown_kind": "No worker that saw it knows this kind of job. Update the workers to the version of the page.",
    "cancelled": "Somebody cancelled it. Start it again when it is wanted.",
    "code": "An error in the program. The log of the run shows where.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in an attempt.

    Attributes:
        kind: one of `REMEDIES`.
        may_retry: whether another attempt may go better.
        counted: whether it uses up one of the kind's attempts; a database that is away uses up none.
        not_before: when to try again at the earliest, where the error says so.
        wait_seconds: how long to wait in any case, where the kind of error says so.
    """

    kind: str
    message: str
    may_retry: bool = True
    counted: bool = True
    not_before: datetime | None = None
    wait_seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, for the pipe."""
        told = self.not_before.isoformat() if self.not_before else None
        return {**asdict(self), "not_before": told}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Failure:
        """What `as_json` gave."""
        told = values["not_before"]
        return cls(**{**values, "not_before": datetime.fromisoformat(told) if told else None})


def _site_limited(error: errors.SiteLimited) -> Failure:
    return Failure("rate_limited", str(error), not_before=error.retry_at)


def _os_error(error: OSError) -> Failure:
    if db_errors.is_disk_full(error):
        where = f" ({error.filename})" if error.filename else ""
        return Failure("disk_full", f"The disk is full{where}.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return Failure("not_writable", f"Cannot write {error.filename}: {error.strerror}.", may_retry=False)
    return Failure("code", _named(error))


def _database_error(error: DBAPIError) -> Failure:
    expected = expected_failure(error)
    return classify(expected) if expected is not None else Failure("code", _named(error.orig or error))


def _away(error: Exception) -> Failure:
    return Failure("database_away", str(error), counted=False, wait_seconds=AWAY_WAIT_SECONDS)


def _full(error: Exception) -> Failure:
    return Failure("disk_full", str(error), counted=False, wait_seconds=FULL_WAIT_SECONDS)


def _under_way(error: errors.AlreadyUnderWay) -> Failure:
    return Failure("under_way", str(error), counted=False, wait_seconds=UNDER_WAY_WAIT_SECONDS)


def _same(kind: str, *, may_retry: bool = True) -> Callable[[Any], Failure]:
    return lambda error: Failure(kind, str(error) or type(error).__name__, may_retry=may_retry)


# The first that fits counts: a class stands before the one it is derived from.
_KINDS: tuple[tuple[type[BaseException], Callable[[Any], Failure]], ...] = (
    (errors.SiteLimited, _site_limited),
    (errors.SiteRefused, _same("refused", may_retry=False)),
    (errors.SiteNotFound, _same("not_found", may_retry=False)),
    (errors.SiteUnreachable, _same("unreachable")),
    (errors.SiteAnswerUnusable, _same("unusable_answer")),
    (errors.SiteError, _same("unusable_answer")),
    (errors.NoChatModel, _same("chat_model", may_retry=False)),
    (errors.ChatModelError, _same("chat_model")),
    (errors.EmbeddingModelMissing, _same("model_missing", may_retry=False)),
    (errors.SettingsError, _same("settings", may_retry=False)),
    (errors.AlreadyUnderWay, _under_way),
    (errors.CiError, _same("invalid", may_retry=False)),
    (db_errors.DatabaseUnavailable, _away),
    (db_errors.PoolExhausted, _away),
    (db_errors.DatabaseFull, _full),
    (db_errors.StatementTimeout, _same("database_slow")),
    (db_errors.DatabaseBusy, _same("database_busy")),
    (db_errors.SchemaOutOfDate, _same("schema", may_retry=False)),
    (db_errors.UnsupportedServer, _same("schema", may_retry=False)),
    (db_errors.DataFolderFull, _same("disk_full")),
    (db_errors.DataFolderNotWritable, _same("not_writable", may_retry=False)),
    (db_errors.AddressInvalid, _same("settings", may_retry=False)),
    (db_errors.DatabaseError, _away),
    (DBAPIError, _database_error),
    (MemoryError, _same("memory", may_retry=False)),
    (OSError, _os_error),
)


def classify(error: BaseException) -> Failure:
    """What `error` means for the run that it ended.

    Raises:
        RunTaken: the error says that the run is somebody else's now; that is no failure.
    """
    if isinstance(error, RunTaken):
        raise error
    for of_class, tell in _KINDS:
        if isinstance(error, of_class):
            failure = tell(error)
            return Failure(**{**_fields(failure), "message": cut(failure.message)})
    return Failure("code", cut(_named(error)))


def wait_before_retry(failure: Failure, policy: Retry, failures: int, now: datetime) -> float | None:
    """How many seconds to wait before the next attempt; None when there is to be none.

    Args:
        failures: attempts that failed before this one.
    """
    if not failure.may_retry or (failure.counted and failures + 1 >= policy.attempts):
        return None
    if failure.not_before is not None:
        return min(max((failure.not_before - now).total_seconds(), 0.1), LONGEST_TOLD_WAIT_SECONDS)
    if failure.wait_seconds is not None:
        return failure.wait_seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
    # The exponent is held down so that it cannot overflow, however often a policy allows.
    wait = min(policy.first_wait_seconds * 2.0 ** min(failures, 40), policy.longest_wait_seconds)
    return wait * random.uniform(0.9, 1.1)  # noqa: S311 - no secret


def cut(message: str) -> str:
    """A message as the table takes it: without NUL, and not longer than there is room for."""
    whole = message.replace("\0", "").strip()
    return whole if len(whole) <= LONGEST_MESSAGE else whole[: LONGEST_MESSAGE - 1] + "…"


def _named(error: BaseException) -> str:
    said = str(error).strip()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _fields(failure: Failure) -> dict[str, Any]:
    return {name: getattr(failure, name) for name in Failure.__dataclass_fields__}
