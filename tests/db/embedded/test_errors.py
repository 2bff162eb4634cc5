"""What stands in the way of the embedded server is said in one line, with the remedy."""

from __future__ import annotations

import os
import subprocess

import pytest

from db.embedded import EmbeddedServer, embedded_database, server
from db.embedded.cluster import Cluster
from db.errors import DataFolderFull, DataFolderNotWritable, DataFolderVersionMismatch, EmbeddedServerError
from db.file_locks import FileLock
from tests.db.embedded.conftest import ORDINARY, keepers, servers, wait_until

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")


def one_line(text: str) -> bool:
    return "\n" not in text.strip() and "Traceback" not in text


@as_root
def test_folder_that_may_not_be_written(empty_folder, start_user):
    empty_folder.chmod(0o755)

    user = start_user(empty_folder, uid=ORDINARY)

    assert user.process.wait(30) == 1
    message = user.process.stderr.read()
    assert one_line(message)
    assert "Permission denied" in message
    assert "CI_DATA_DIR" in message


def test_file_in_the_place_of_the_folder(empty_folder):
    (empty_folder / "file").write_text("")

    with pytest.raises(EmbeddedServerError, match="Not a directory"):
        EmbeddedServer(empty_folder / "file" / "below").start()


@as_root
def test_full_disk(empty_folder):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", empty_folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(DataFolderFull, match="the disk is full") as caught:
            EmbeddedServer(empty_folder).start()
        assert one_line(str(caught.value))
        assert wait_until(lambda: not keepers(empty_folder))
    finally:
        subprocess.run(["umount", "-l", empty_folder], check=True)


def test_folder_of_another_major_version(folder):
    with embedded_database(folder):
        pass
    (folder / "data/PG_VERSION").write_text("16\n")

    with pytest.raises(DataFolderVersionMismatch, match="made by PostgreSQL 16"):
        EmbeddedServer(folder).start()

    assert wait_until(lambda: not keepers(folder)), "a failed start leaves nothing running"


def test_folder_in_use_where_we_cannot_see_it(empty_folder, monkeypatch):
    monkeypatch.setattr(server, "_KEEPER_SECONDS", 0.2)
    elsewhere = FileLock(empty_folder / "keeper.lock")
    elsewhere.acquire(1)
    elsewhere.write("4194305")

    with pytest.raises(EmbeddedServerError, match="another container"):
        EmbeddedServer(empty_folder).start()

    elsewhere.release()
    assert servers(empty_folder) == []


def test_folder_that_another_process_is_busy_with(empty_folder, monkeypatch):
    monkeypatch.setattr(server, "_MUTEX_SECONDS", 0.2)
    busy = FileLock(empty_folder / "mutex")
    busy.acquire(1)

    with pytest.raises(EmbeddedServerError, match="Another process has been starting or stopping"):
        EmbeddedServer(empty_folder).start()

    busy.release()


def test_damaged_data_is_reported_in_the_words_of_the_server(folder):
    with embedded_database(folder):
        pass
    (folder / "data/global/pg_control").unlink()

    with pytest.raises(EmbeddedServerError, match="pg_control") as caught:
        EmbeddedServer(folder).start()

    assert one_line(str(caught.value))
    assert wait_until(lambda: not keepers(folder))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("FATAL:  could not write lock file: No space left on device", DataFolderFull),
        ('FATAL:  data directory "x" has wrong ownership', DataFolderNotWritable),
        ("FATAL:  could not open file: Permission denied", DataFolderNotWritable),
        ("PANIC:  could not locate a valid checkpoint record", EmbeddedServerError),
        ("", EmbeddedServerError),
    ],
)
def test_failure_of_a_program_is_told_by_its_cause(folder, words, kind):
    error = Cluster(folder)._failure("start PostgreSQL", words)

    assert type(error) is kind
    assert one_line(str(error))
