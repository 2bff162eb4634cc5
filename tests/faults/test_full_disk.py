"""A disk without room under the database: jobs say so and wait, pages read on, and all goes on when there is room."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import migrate
from db.embedded.server import EmbeddedServer
from db.engine import Database
from tests.ci_core.jobs.working import ask, ended, run, wait_until, working

SIZE_MIB = 160


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 160 MiB of its own, in memory."""
    path = Path(tempfile.mkdtemp(prefix="mci-full-"))  # a socket's path must be short
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "magnus-test", str(path)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True, check=False).returncode:
        path.rmdir()
        pytest.skip("needs the right to mount a file system")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)
    path.rmdir()


def leave_free(folder: Path, mib: int) -> Path:
    """A file that takes all the room there is but `mib`."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for _ in range(max(0, shutil.disk_usage(folder).free // 2**20 - mib)):
            file.write(bytes(2**20))
    return ballast


@pytest.fixture
def database(small_disk: Path) -> Iterator[Database]:
    """A server of its own on the small disk."""
    with EmbeddedServer(small_disk / "postgres") as handle:
        made = Database(handle.start(), application_name="tests", revive=handle.start)
        migrate.upgrade(made.engine)
        yield made
        made.dispose()


def test_a_job_waits_for_room_and_goes_on_when_there_is_some(database: Database, small_disk: Path) -> None:
    with working(database):
        assert ended(database, ask(database, "nothing")).status == "completed"
        ballast = leave_free(small_disk, 4)

        filling = ask(database, "fill", mib=12, how="table")
        assert wait_until(lambda: run(database, filling).error_kind == "disk_full")
        waiting = run(database, filling)
        ballast.unlink()
        done = ended(database, filling)

    assert (waiting.status, waiting.failures) == ("queued", 0)
    assert waiting.error == "The disk of the database is full; nothing was changed. Free some space on its machine."
    assert (done.status, done.error) == ("completed", None)


def test_a_server_that_cannot_even_log_comes_back_with_the_room(
    database: Database, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with working(database):
        assert ended(database, ask(database, "nothing")).status == "completed"
        ballast = leave_free(small_disk, 4)

        filling = ask(database, "fill", mib=24, how="log")
        assert wait_until(lambda: "database_away" in caplog.text)
        ballast.unlink()
        done = ended(database, filling)

    assert (done.status, done.failures) == ("completed", 0)
