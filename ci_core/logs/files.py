"""One log file that several processes write, and that is rotated without losing a line.

Each line is one `write` to a file opened for appending, which the system never mixes with another process's. Only the
rotation takes a lock, and nobody waits for it: whoever does not get it at once writes on into the file as it is. So a
process that was frozen at the worst moment holds up no other. A line that met a rotation went into the renamed file,
or, where that is gone already, is written again.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from pathlib import Path

from db.file_locks import FileLock

# Windows renames no file that somebody has open.
STAYS_OPEN = sys.platform != "win32"
LOCK_NAME = ".rotation.lock"
FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class SharedFileHandler(logging.Handler):
    """Writes lines to a file that other processes write too.

    What hinders it is told once, to stderr in words and in `problem`, and the work goes on: no method raises.

    Args:
        path: the file; its folder is made.
        most_bytes: it is rotated before it grows beyond this: to `path.1`, that to `path.2` and so on.
        keep: so many older files are kept.
        at_once: whether the file is opened now, so that what hinders it is told at the start.
    """

    def __init__(
        self, path: Path, *, most_bytes: int, keep: int, level: int = logging.NOTSET, at_once: bool = True
    ) -> None:
        super().__init__(level)
        self.path = path
        self.problem: str | None = None
        self.lost = 0
        self._most_bytes = most_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._torn = False
        if at_once:
            self._try_to_open()

    def _try_to_open(self) -> None:
        try:
            self._open()
        except OSError as error:
            self._say_once(error)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not end the work that wrote it
            self.handleError(record)
            return
        try:
            self._write(line.encode("utf-8", errors="backslashreplace") + b"\n")
        except OSError as error:
            self.lost += 1
            self._say_once(error)
        else:
            self._say_that_it_works_again()

    def close(self) -> None:
        """Close the file."""
        self.acquire()
        try:
            self._shut()
        finally:
            self.release()
        super().close()

    def _write(self, line: bytes) -> None:
        descriptor = self._current()
        if os.fstat(descriptor).st_size + len(line) > self._most_bytes and self._rotate(descriptor):
            descriptor = self._current()
        self._append(descriptor, line)
        if os.fstat(descriptor).st_nlink == 0 and STAYS_OPEN:  # rotated so often meanwhile that the file is gone
            self._shut()
            self._append(self._current(), line)
        if not STAYS_OPEN:
            self._shut()

    def _append(self, descriptor: int, line: bytes) -> None:
        """Write the line in one go; a disk that gets full in the middle of it tears no later line."""
        whole = b"\n" + line if self._torn else line
        written = os.write(descriptor, whole)
        self._torn = written < len(whole)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _current(self) -> int:
        """A descriptor of the file that has the name now; another process may have rotated it."""
        if self._descriptor is not None and not _same(self._descriptor, self.path):
            self._shut()
        return self._open() if self._descriptor is None else self._descriptor

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self.path, flags, 0o640)
        return self._descriptor

    def _shut(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _rotate(self, descriptor: int) -> bool:
        """Rename the files one further; False where another process is at it, or where nothing can be renamed."""
        lock = FileLock(self.path.with_name(self.path.name + LOCK_NAME))
        try:
            if not lock.try_acquire():
                return False
            if not _same(descriptor, self.path):
                return True  # somebody else has just done it
            self._shut()
            for number in range(self._keep - 1, 0, -1):
                older = self._numbered(number)
                if older.exists():
                    older.replace(self._numbered(number + 1))
            self.path.replace(self._numbered(1))
            return True
        except OSError:
            return False  # the file grows for a while; whether it can be written shows itself at once
        finally:
            lock.release()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _say_once(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        problem = f"Nothing can be logged to {self.path}: {reason}. The work goes on without; {_remedy(error)}"
        if problem != self.problem:
            self.problem = problem
            _tell(problem)

    def _say_that_it_works_again(self) -> None:
        if self.problem is None:
            return
        lost, self.problem, self.lost = self.lost, None, 0
        _tell(f"The log at {self.path} is written again; {lost} lines are missing.")


def _same(descriptor: int, path: Path) -> bool:
    """Whether the open file still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _remedy(error: OSError) -> str:
    if error.errno in FULL:
        return "make room on that disk."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "let this account write there, or set CI_DATA_DIR to a folder it may write."
    return "see that this folder can be made and written, or set CI_DATA_DIR to another one."


def _tell(words: str) -> None:
    if sys.stderr is not None:
        print(words, file=sys.stderr, flush=True)  # noqa: T201 - the log itself is what does not work
