"""Whether the sidecar of a data folder is alive: a file that it holds locked as long as it lives, with its number."""

from __future__ import annotations

import json
import os
import platform
import socket
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ci_core.errors import CiError
from db.file_locks import FileLock

FILE_NAME = "scheduler.pid"
# Somebody who only looks holds the lock for an instant.
_LOOKED_AT_SECONDS = 2.0


class AlreadyRunning(CiError):
    """A sidecar of this data folder is alive."""


class CannotTell(CiError):
    """The file that says whether a sidecar is alive can be neither read nor written."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A living sidecar.

    Attributes:
        ready: whether it takes jobs already; before that, it is starting or waits for the database.
        told: what it last said of itself, for example "waits for the database: …".
        workers: processes that carry out jobs, itself included; 0 where it is only a clock.
    """

    pid: int
    host: str
    started_at: str
    version: str
    workers: int
    ready: bool = False
    told: str = "starting"


class PidFile:
    """The file of one sidecar, which holds it from `take` to `give_back` or its death, however it dies."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE_NAME
        self._lock = FileLock(self.path)
        self._standing: Standing | None = None

    def take(self, *, workers: int) -> None:
        """Raises AlreadyRunning, or CannotTell where the folder cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            taken = self._lock.acquire(_LOOKED_AT_SECONDS)
        except OSError as error:
            raise CannotTell(_unwritable(self.path, error)) from error
        if not taken:
            raise running_already(_read(self.path))
        self._standing = Standing(
            os.getpid(),
            socket.gethostname(),
            datetime.now(UTC).isoformat(timespec="seconds"),
            f"python {platform.python_version()}",
            workers,
        )
        self._write()

    def tell(self, told: str, *, ready: bool) -> None:
        """Say how it stands. A disk that is full is no reason to end: the lock alone says that we live."""
        if self._standing is not None:
            self._standing = replace(self._standing, told=told, ready=ready)
            self._write()

    def give_back(self) -> None:
        """Let the next one have it. Harmless when repeated."""
        if self._lock.held:
            self.path.unlink(missing_ok=True)
            self._lock.release()

    def _write(self) -> None:
        if self._standing is None:
            return
        try:
            self._lock.write(json.dumps(asdict(self._standing)))
        except OSError:
            return


def running_already(other: Standing | None) -> AlreadyRunning:
    """What to raise where a sidecar is alive; None where it could not say who it is."""
    return AlreadyRunning(
        f"A scheduler is running already{f', process {other.pid}' if other else ''}. "
        "`ci scheduler status` tells more, `ci scheduler stop` ends it."
    )


def standing_of(data_dir: Path) -> Standing | None:
    """The living sidecar of this data folder; None when there is none.

    Raises:
        CannotTell: the file cannot be read.
    """
    path = data_dir / FILE_NAME
    if not path.exists():
        return None
    probe = FileLock(path)
    try:
        if probe.try_acquire():  # its holder is dead
            probe.release()
            return None
    except OSError as error:
        raise CannotTell(_unwritable(path, error)) from error
    return _read(path) or Standing(0, "", "", "", 0, told="starting")


def _read(path: Path) -> Standing | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Standing(**found)
    except (OSError, ValueError, TypeError):
        return None  # it is being written, or the disk was full


def _unwritable(path: Path, error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return (
        f"{path} cannot be used ({reason}). Make the folder writable for yourself, or set CI_DATA_DIR to another one."
    )
