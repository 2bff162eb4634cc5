"""Whether a sidecar is alive is told by a lock, so that neither a kill nor a full disk can make it lie."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci_core.jobs import standing
from ci_core.jobs.standing import AlreadyRunning, CannotTell, PidFile, standing_of
from ci_core.settings import PROJECT
from db.file_locks import FileLock

HOLD = """
import sys, time
from pathlib import Path
from ci_core.jobs.standing import PidFile
file = PidFile(Path(sys.argv[1]))
file.take(workers=1)
file.tell("works", ready=True)
print("held", flush=True)
time.sleep(60)
"""


def test_nobody_is_there_at_first(tmp_path: Path) -> None:
    assert standing_of(tmp_path) is None


def test_a_living_one_says_what_it_is(tmp_path: Path) -> None:
    file = PidFile(tmp_path / "data")
    file.take(workers=3)
    file.tell("waits for the database: it is away", ready=False)

    found = standing_of(tmp_path / "data")

    assert found is not None
    assert (found.pid, found.workers, found.ready) == (os.getpid(), 3, False)
    assert found.told == "waits for the database: it is away"
    file.give_back()
    assert standing_of(tmp_path / "data") is None


def test_a_killed_one_is_not_alive_although_its_file_is_there(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        alive = standing_of(tmp_path)
        holder.kill()

    assert alive is not None
    assert alive.pid == holder.pid
    assert (tmp_path / standing.FILE_NAME).exists()
    assert standing_of(tmp_path) is None
    again = PidFile(tmp_path)
    again.take(workers=1)
    again.give_back()


def test_a_second_one_is_refused_with_the_number_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_LOOKED_AT_SECONDS", 0.0)
    first = PidFile(tmp_path)
    first.take(workers=1)

    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        PidFile(tmp_path).take(workers=1)

    first.give_back()


def test_a_look_does_not_keep_a_starting_one_out(tmp_path: Path) -> None:
    looking = FileLock(tmp_path / standing.FILE_NAME)
    assert looking.try_acquire()
    looking.release()

    file = PidFile(tmp_path)
    file.take(workers=1)

    assert standing_of(tmp_path) is not None
    file.give_back()


def test_one_that_could_not_write_down_who_it_is_is_alive_all_the_same(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / standing.FILE_NAME)
    assert lock.try_acquire()

    found = standing_of(tmp_path)

    assert found is not None
    assert found.pid == 0
    lock.release()


def test_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(CannotTell, match=r"scheduler\.pid cannot be used .*CI_DATA_DIR"):
        PidFile(tmp_path / "data").take(workers=1)
