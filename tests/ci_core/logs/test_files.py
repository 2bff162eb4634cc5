"""One log file for several processes: no line is lost or torn, and what hinders it is told and ends nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci_core.logs.files import LOCK_NAME, SharedFileHandler
from db.file_locks import FileLock

WRITER = """
import logging, sys
from pathlib import Path
from ci_core.logs.files import SharedFileHandler
handler = SharedFileHandler(Path(sys.argv[1]), most_bytes=20_000, keep=200)
for number in range(int(sys.argv[3])):
    handler.handle(logging.makeLogRecord({"msg": f"{sys.argv[2]}:{number}:" + "x" * (number % 90)}))
handler.close()
"""


def record(text: str) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text})


def lines(folder: Path) -> list[str]:
    return [
        line for path in folder.glob("ci.log*") if LOCK_NAME not in path.name for line in path.read_text().splitlines()
    ]


def test_several_processes_rotate_one_file_and_lose_and_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "ci.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, "4000"], cwd=Path(__file__).parents[3])
        for name in ("a", "b", "c")
    ]

    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]

    found = lines(tmp_path)
    assert len(found) == len(set(found)) == 12_000
    assert {line.split(":")[0] for line in found} == {"a", "b", "c"}
    assert all(len(filler) == int(number) % 90 for _, number, filler in (line.split(":") for line in found))
    assert path.with_name("ci.log.20").exists()
    # While one process renames, the others write on into the file as it is.
    assert max(one.stat().st_size for one in tmp_path.iterdir()) <= 200_000


def test_only_so_many_older_files_are_kept(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "ci.log", most_bytes=100, keep=2)

    for number in range(20):
        handler.handle(record(f"{number:02d} " + "x" * 60))
    handler.close()

    assert [line[:2] for line in sorted(lines(tmp_path))] == ["17", "18", "19"]


def test_whoever_is_frozen_in_a_rotation_holds_up_nobody(tmp_path: Path) -> None:
    frozen = FileLock(tmp_path / f"ci.log{LOCK_NAME}")
    assert frozen.try_acquire()
    handler = SharedFileHandler(tmp_path / "ci.log", most_bytes=100, keep=2)
    began = time.monotonic()

    for number in range(50):
        handler.handle(record(f"line {number}"))

    assert time.monotonic() - began < 5
    assert len(lines(tmp_path)) == 50
    frozen.release()
    handler.handle(record("x" * 90))
    assert (tmp_path / "ci.log").read_text() == "x" * 90 + "\n"
    handler.close()


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "logs" / "ci.log", most_bytes=1000, keep=1)
    handler.handle(record("before"))
    (tmp_path / "logs" / "ci.log").unlink()
    (tmp_path / "logs").rmdir()

    handler.handle(record("after"))
    handler.close()

    assert lines(tmp_path / "logs") == ["after"]


def test_a_full_disk_is_told_once_and_the_work_goes_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "ci.log").symlink_to("/dev/full")
    handler = SharedFileHandler(tmp_path / "ci.log", most_bytes=1000, keep=1)

    for number in range(3):
        handler.handle(record(f"lost {number}"))

    assert handler.problem == (
        f"Nothing can be logged to {tmp_path / 'ci.log'}: No space left on device. The work goes on without; "
        "make room on that disk."
    )
    assert capfd.readouterr().err == handler.problem + "\n"

    (tmp_path / "ci.log").unlink()
    handler.handle(record("again"))
    handler.close()

    assert (handler.problem, lines(tmp_path)) == (None, ["again"])
    assert "3 lines are missing" in capfd.readouterr().err


def test_a_line_that_a_full_disk_cut_off_tears_no_later_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = SharedFileHandler(tmp_path / "ci.log", most_bytes=1000, keep=1)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:4]))
    handler.handle(record("cut off"))
    monkeypatch.setattr(os, "write", real)

    handler.handle(record("whole"))
    handler.close()

    assert lines(tmp_path) == ["cut ", "whole"]


def test_a_folder_that_cannot_be_made_is_told_and_the_work_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file stands where the folder should be")

    handler = SharedFileHandler(tmp_path / "logs" / "ci.log", most_bytes=1000, keep=1)
    handler.handle(record("lost"))
    handler.close()

    assert handler.problem is not None
    assert "set CI_DATA_DIR" in handler.problem
    assert capfd.readouterr().err == handler.problem + "\n"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir(mode=0o500)

    handler = SharedFileHandler(tmp_path / "logs" / "ci.log", most_bytes=1000, keep=1)

    assert handler.problem is not None
    assert "let this account write there" in handler.problem


def test_characters_that_are_no_text_are_written_as_their_numbers(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "ci.log", most_bytes=1000, keep=1)

    handler.handle(record(json.dumps("a \ud800 b", ensure_ascii=False)))
    handler.close()

    assert lines(tmp_path) == [r'"a \ud800 b"']
