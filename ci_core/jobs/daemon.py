"""Start the sidecar so that it outlives the shell, and end it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import psutil

from ci_core.errors import CiError
from ci_core.jobs.standing import CannotTell, Standing, standing_of
from ci_core.settings import PROJECT

LOG_NAME = "scheduler.out"
# A first start makes and migrates a database.
START_SECONDS = 120.0
# A worker finishes or gives back what is under way within some 15 s.
STOP_SECONDS = 40.0
POLL_SECONDS = 0.1
LAST_LINES = 3
if sys.platform == "win32":
    _DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
else:
    _DETACHED = 0


class NotStarted(CiError):
    """The sidecar ended before it took jobs, or did not get ready in time."""


class NotStopped(CiError):
    """The sidecar did not end."""


def start_daemon(arguments: Sequence[str], data_dir: Path, *, wait_seconds: float = START_SECONDS) -> Standing:
    """Start `ci scheduler start --foreground …` detached from this process, and wait until it takes jobs.

    Args:
        arguments: what follows `--foreground`.

    Raises:
        NotStarted: it ended; the text gives its last words. Or it is not ready after `wait_seconds`; it goes on then.
        CannotTell: its log or its pid file cannot be written.
    """
    log = data_dir / "logs" / LOG_NAME
    command = [sys.executable, "-m", "ci_core", "scheduler", "start", "--foreground", *arguments]
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            child = subprocess.Popen(  # noqa: S603 - our own command, and no shell reads it
                command,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=sys.platform != "win32",
                creationflags=_DETACHED,
            )
    except OSError as error:
        raise CannotTell(f"{log} cannot be written ({error.strerror}). Set CI_DATA_DIR to another folder.") from error
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        status = child.poll()
        if status is not None:
            raise NotStarted(last_words(log) or f"The scheduler ended with status {status}. Its log: {log}")
        found = standing_of(data_dir)
        if found and found.ready and found.pid == child.pid:
            child.returncode = 0  # it stays; nobody waits for it, and nobody need complain about that
            return found
        time.sleep(POLL_SECONDS)
    told = (standing_of(data_dir) or Standing(child.pid, "", "", "", 0)).told
    child.returncode = 0
    raise NotStarted(f"The scheduler (process {child.pid}) is not ready after {wait_seconds:.0f} s: {told}. Log: {log}")


def stop_daemon(data_dir: Path, *, patience_seconds: float = STOP_SECONDS) -> Standing | None:
    """Ask the sidecar to end and wait until it has; gives what it was, None when none was alive.

    Raises:
        NotStopped: it is still alive after `patience_seconds`, or belongs to somebody else.
        CannotTell: its pid file cannot be read.
    """
    found = standing_of(data_dir)
    if found is None:
        return None
    if not found.pid:
        raise NotStopped("A scheduler is just starting. Try again in a moment.")
    try:
        process = psutil.Process(found.pid)
        process.terminate()
    except psutil.NoSuchProcess:
        return found
    except psutil.AccessDenied:
        raise NotStopped(f"Process {found.pid} belongs to {_owner(found.pid)}; end it as that user.") from None
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if standing_of(data_dir) is None:
            with contextlib.suppress(psutil.Error):
                process.wait(timeout=5)
            return found
        time.sleep(POLL_SECONDS)
    raise NotStopped(
        f"The scheduler (process {found.pid}) did not end within {patience_seconds:.0f} s. "
        f"To end it by force, which loses nothing: kill -9 {found.pid}"
    )


def last_words(log: Path) -> str | None:
    """The last line that a process wrote, without the mark of an error; None where it said nothing."""
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            last = deque((line.strip() for line in lines if line.strip()), maxlen=LAST_LINES)
    except OSError:
        return None
    return last[-1].removeprefix("error: ")[:500] if last else None


def _owner(pid: int) -> str:
    with contextlib.suppress(psutil.Error):
        return str(psutil.Process(pid).username())
    return f"another user than {os.environ.get('USER', 'you')}"
