"""A handle on the embedded server of a data folder, shared with every other process that holds one."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil

from db.embedded.cluster import Cluster
from db.errors import DataFolderFull, DataFolderNotWritable, EmbeddedServerError, is_disk_full
from db.file_locks import FileLock, discard, living_handles, new_handle

_MUTEX_SECONDS = 180.0
_KEEPER_SECONDS = 5.0
_PROJECT_ROOT = Path(__file__).resolve().parents[2]

# Keepers that this process started: kept to be reaped, which the garbage collector would complain about.
_keepers: dict[int, subprocess.Popen[bytes]] = {}


class EmbeddedServer:
    """The PostgreSQL in the folder `data_dir`, running at least as long as this handle is started.

    Handles may be made by any number of processes and threads, each of its own. A process that ends without `stop`,
    even by a kill, counts as gone: within about a second, the keeper stops a server that nobody uses any more. It
    also brings a server back that died under its users, at the same address.
    """

    def __init__(self, data_dir: Path, *, tcp: bool | None = None) -> None:
        """`tcp` forces a loopback port (True) or a Unix socket (False); None chooses the socket where there is one."""
        self._folder = Path(data_dir).expanduser().resolve()
        self._cluster = Cluster(self._folder, tcp=tcp)
        self._handle: FileLock | None = None
        self._owner_pid = 0
        self._starting = threading.Lock()

    def start(self) -> str:
        """Makes, starts or joins the server and returns the libpq address of the database "magnus".

        The role in it owns the database and may make others, but is no superuser; pgvector is there in every new
        database. Called again, it makes sure that the server still runs. Raises EmbeddedServerError or a subclass.
        """
        with self._starting, _clear_errors(self._folder):
            self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            (self._folder / "handles").mkdir(mode=0o700, exist_ok=True)
            with _mutex(self._folder):
                if self._handle is not None and self._owner_pid == os.getpid():
                    return self._bring_up()
                handle = new_handle(self._folder / "handles")
                try:
                    url = self._bring_up()
                except BaseException:
                    discard(handle)
                    raise
                self._handle, self._owner_pid = handle, os.getpid()
                return url

    def stop(self) -> None:
        """Gives the handle back; the last one stops the server and returns when it is down. Harmless when repeated.

        In a forked child it only forgets the handle, which stays the parent's.
        """
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if self._owner_pid != os.getpid():
            handle.release()
            return
        try:
            with _clear_errors(self._folder), _mutex(self._folder):
                discard(handle)
                if living_handles(self._folder / "handles") == 0:
                    self._cluster.stop()
                    _end_keeper(self._folder)
        finally:
            handle.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _bring_up(self) -> str:
        """With the mutex held: a running server, its keeper, and our role and database in it."""
        _ensure_keeper(self._folder)  # first, so that a kill from here on leaves nothing running
        if not self._cluster.data.exists():
            self._cluster.create()
        self._cluster.check_version()
        from db.embedded.database import ensure_database

        if self._cluster.postmaster() is not None:
            try:
                return ensure_database(self._cluster)
            except EmbeddedServerError:
                if self._cluster.postmaster() is not None:
                    raise
                # It was just ending when it was found; now that it is gone, another one is started.
        self._cluster.start()
        return ensure_database(self._cluster)


@contextmanager
def embedded_database(data_dir: Path) -> Iterator[str]:
    """The libpq address of the database in `data_dir`, good inside the `with`. Raises EmbeddedServerError."""
    server = EmbeddedServer(data_dir)
    yielded = server.start()
    try:
        yield yielded
    finally:
        server.stop()


@contextmanager
def _mutex(folder: Path) -> Iterator[None]:
    """One process at a time starts, stops or inspects the server of `folder`."""
    mutex = FileLock(folder / "mutex")
    if not mutex.acquire(_MUTEX_SECONDS):
        raise EmbeddedServerError(
            f"Another process has been starting or stopping the database in {folder} for {_MUTEX_SECONDS:.0f} s. "
            "Wait for it, or end it, and try again."
        )
    try:
        yield
    finally:
        mutex.release()


@contextmanager
def _clear_errors(folder: Path) -> Iterator[None]:
    """Turns what the system says about files into one line with a remedy."""
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        if is_disk_full(error):
            raise DataFolderFull(
                f"Cannot write {place}: the disk is full. Free some space, or choose another folder with CI_DATA_DIR."
            ) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise DataFolderNotWritable(
                f"Cannot write {place}: {error.strerror}. Make the folder writable for yourself, or choose another "
                "one with CI_DATA_DIR."
            ) from error
        raise EmbeddedServerError(f"Cannot use {place} for the embedded database: {error.strerror or error}") from error


def _ensure_keeper(folder: Path) -> None:
    """Starts the keeper of `folder` unless it has one. It outlives us, and our terminal's Ctrl+C does not reach it."""
    for pid in [pid for pid, keeper in _keepers.items() if keeper.poll() is not None]:
        del _keepers[pid]
    probe = FileLock(folder / "keeper.lock")
    if probe.try_acquire():
        probe.release()
        _start_keeper(folder)
        return
    deadline = time.monotonic() + _KEEPER_SECONDS
    while _keeper_process(folder) is None:  # it writes its number just after it has locked the file
        if time.monotonic() > deadline:
            # Two servers on one folder would destroy it, and we could not see the other one.
            raise EmbeddedServerError(
                f"{folder} is in use from another container or machine. Stop it there, or give this one a folder of "
                "its own with CI_DATA_DIR; several machines share one database by DATABASE_URL."
            )
        time.sleep(0.05)


def _start_keeper(folder: Path) -> None:
    command = [sys.executable, "-m", "db.embedded.keeper", str(folder)]
    quiet = subprocess.DEVNULL
    if sys.platform == "win32":
        keeper = subprocess.Popen(  # noqa: S603 - this project's own module
            command,
            cwd=_PROJECT_ROOT,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            creationflags=subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    else:
        keeper = subprocess.Popen(  # noqa: S603 - this project's own module
            command, cwd=_PROJECT_ROOT, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    _keepers[keeper.pid] = keeper


def _keeper_process(folder: Path) -> psutil.Process | None:
    """The keeper that holds the folder's lock, as far as this machine (or container) can see it."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((folder / "keeper.lock").read_text(encoding="utf-8")))
        if process.cmdline()[-2:] == ["db.embedded.keeper", str(folder)]:
            return process
    return None


def _end_keeper(folder: Path) -> None:
    """Ends the keeper at once instead of leaving it to notice that there is nothing to keep."""
    keeper = _keeper_process(folder)
    if keeper is None:
        return
    with contextlib.suppress(psutil.Error):
        keeper.terminate()
        child = _keepers.pop(keeper.pid, None)
        _ = child.wait(10) if child else keeper.wait(10)
