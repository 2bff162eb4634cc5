"""Folders and processes for the tests of the embedded server."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from db.embedded import embedded_database

PROJECT = Path(__file__).resolve().parents[3]
ORDINARY = 65534  # "nobody", which every system has


class User:
    """A process that uses the server of a folder, until it is asked to leave or killed."""

    def __init__(self, folder: Path, *, uid: int | None = None, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable if uid is None else public_python(), "-m", "db.embedded", str(folder)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
            env={**os.environ, **({} if uid is None else PUBLIC_ENVIRONMENT), **(environment or {})},
        )

    def url(self) -> str:
        """The address, as soon as the server answers."""
        line = self.process.stdout.readline().strip()
        assert line, self.process.stderr.read()
        return line

    def leave(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        return self.process.wait(60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _short_folder() -> Path:
    """In memory where there is room: a thousand small files per database are slow on a busy disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return Path(tempfile.mkdtemp(prefix="magnus-test-", dir=memory if roomy else None)).resolve()


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    """A data folder with a short path, which a server's socket fits into. Nothing of it runs on afterwards."""
    path = _short_folder()
    yield path
    leave_nothing(path)


@pytest.fixture(scope="session")
def used_folder() -> Iterator[Path]:
    """A data folder whose server has run once: copying it is quicker than making another."""
    path = _short_folder()
    with embedded_database(path):
        pass
    yield path
    leave_nothing(path)


@pytest.fixture
def folder(empty_folder: Path, used_folder: Path) -> Path:
    """A data folder with a database in it that no server runs on."""
    subprocess.run(["cp", "-a", f"{used_folder}/.", empty_folder], check=True)
    return empty_folder


@pytest.fixture
def start_user() -> Iterator[Callable[..., User]]:
    """Starts processes that use a server; those left over are killed."""
    users: list[User] = []

    def start(folder: Path, **options: object) -> User:
        users.append(User(folder, **options))
        return users[-1]

    yield start
    for user in users:
        user.close()


PUBLIC_ENVIRONMENT = {"PYTHONPATH": str(Path(psycopg.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}


def public_python() -> str:
    """A Python of our version that another user can run; root's own may lie in root's closed home."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        probe = [python, "-c", "import psycopg, psutil, db.embedded"]
        with contextlib.suppress(OSError):
            environment = {**os.environ, **PUBLIC_ENVIRONMENT}
            options = {"user": ORDINARY, "group": ORDINARY, "extra_groups": [], "cwd": PROJECT, "env": environment}
            if subprocess.run(probe, capture_output=True, **options).returncode == 0:
                return python
    pytest.skip("no Python here that an ordinary user may run")


def leave_nothing(folder: Path) -> None:
    for process in [*keepers(folder), *servers(folder)]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    assert wait_until(lambda: not keepers(folder) and not servers(folder))
    shutil.rmtree(folder)


def keepers(folder: Path) -> list[psutil.Process]:
    command = ["db.embedded.keeper", str(folder)]
    return [process for process in _living("python") if _ask(process.cmdline)[-2:] == command]


def servers(folder: Path) -> list[psutil.Process]:
    """Every PostgreSQL process of the folder, the postmaster first."""
    found = [process for process in _living("postgres") if _ask(process.cwd) == f"{folder}/data"]
    return sorted(found, key=lambda process: "-D" not in _ask(process.cmdline))


def _ask(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except psutil.Error:  # gone meanwhile
        return ""


def _living(name: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name().startswith(name) and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def power_cut(folder: Path, *users: User) -> None:
    """Everything that has to do with the folder stops in the midst of what it does."""
    for user in users:
        user.kill()
    for process in [*keepers(folder), *servers(folder)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert wait_until(lambda: not keepers(folder) and not servers(folder))


def wait_until(condition: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def ask(url: str, query: str) -> object:
    """The first value of the first row."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute(statement)


def answers(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        return ask(url, "SELECT 1") == 1
    return False
