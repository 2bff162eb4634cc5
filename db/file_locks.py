"""File locks that the operating system gives back when their holder dies, however it dies."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_POLL_SECONDS = 0.05
_LOCKED_BYTE = 2**30  # Windows locks bytes, and nobody may read a locked one: take one far behind the text


class FileLock:
    """An exclusive lock on a file that is made when missing. It ends with `release` or with the process.

    A forked child shares the lock, and it lasts until the last of them has closed it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Takes the lock if nobody holds it. Raises OSError when the file cannot be opened."""
        if self._descriptor is not None:
            return True
        descriptor = _open(self.path)
        if _lock(descriptor):
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def acquire(self, timeout_seconds: float) -> bool:
        """Waits for the lock; False when it was not to be had in time."""
        deadline = time.monotonic() + timeout_seconds
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def write(self, text: str) -> None:
        """Replaces the text of the file, which others may read meanwhile. Only for the holder."""
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is not locked by this object")
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text.encode())

    def release(self) -> None:
        """Gives the lock back. Closing instead of unlocking leaves a forked child's share alone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def new_handle(folder: Path) -> FileLock:
    """A fresh locked file in `folder` that says "this process uses the server" for as long as the process lives."""
    handle = FileLock(folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock")
    if not handle.try_acquire():
        raise RuntimeError(f"{handle.path} was just made and is already locked")
    return handle


def discard(handle: FileLock) -> None:
    """Releases a handle and removes its file."""
    handle.release()
    handle.path.unlink(missing_ok=True)


def living_handles(folder: Path) -> int:
    """How many handles in `folder` have a living holder; files of the dead are removed.

    The caller holds the folder's mutex, so that no handle is between being made and being locked.
    """
    living = 0
    for path in folder.glob("*.lock"):
        probe = FileLock(path)
        if probe.try_acquire():
            discard(probe)
        else:
            living += 1
    return living


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = path.parent.stat()
        if owner.st_uid != 0:  # root working in somebody's folder must not lock that person out of it
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        os.close(descriptor)
        raise
    return True
