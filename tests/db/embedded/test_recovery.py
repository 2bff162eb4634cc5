"""Power cuts, killed servers and half-made folders: the next start puts it right by itself."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from db.embedded import EmbeddedServer, embedded_database, keeper
from tests.db.embedded.conftest import answers, ask, power_cut, run, servers, wait_until

TURNED_AWAY = "the database system is shutting down"


def server_log(folder: Path) -> str:
    return "".join(log.read_text() for log in (folder / "data/log").glob("*.log"))


def test_committed_rows_survive_a_power_cut(folder, start_user):
    user = start_user(folder)
    url = user.url()
    run(url, "CREATE TABLE kept AS SELECT 7 AS value")

    power_cut(folder, user)

    with embedded_database(folder) as again:
        assert again == url
        assert ask(again, "SELECT value FROM kept") == 7


def test_pid_files_with_reused_numbers_do_not_stop_a_start(folder, start_user):
    user = start_user(folder)
    user.url()
    power_cut(folder, user)
    postmaster_file = folder / "data/postmaster.pid"
    lines = postmaster_file.read_text().splitlines()
    postmaster_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    (folder / "keeper.lock").write_text(str(os.getpid()))

    with embedded_database(folder) as url:
        assert answers(url)

    assert psutil.pid_exists(os.getpid())
    assert servers(folder) == []


def test_truncated_notes_do_not_stop_a_start(folder, start_user):
    user = start_user(folder)
    user.url()
    power_cut(folder, user)
    for note in ("data/postmaster.pid", "endpoint.json", "server.conf", "keeper.lock"):
        (folder / note).write_text("")

    with embedded_database(folder) as url:
        assert answers(url)


def test_server_killed_under_its_users_comes_back_at_the_same_address(folder, start_user):
    url = start_user(folder).url()
    run(url, "CREATE TABLE kept AS SELECT 7 AS value")
    held = psycopg.connect(url)
    postmaster = servers(folder)[0]

    postmaster.kill()

    assert wait_until(lambda: not postmaster.is_running() or postmaster.status() == psutil.STATUS_ZOMBIE)
    assert wait_until(lambda: answers(url), seconds=20)
    assert ask(url, "SELECT value FROM kept") == 7
    with pytest.raises(psycopg.OperationalError), held:
        held.execute("SELECT 1")


def test_server_removed_with_its_folder_ends(folder, start_user):
    user = start_user(folder)
    user.url()
    found = servers(folder)
    time.sleep(2 * keeper.POLL_SECONDS)  # the keeper has seen the server once
    moved = folder.rename(f"{folder}-moved")

    user.kill()

    assert wait_until(lambda: not found[0].is_running() or found[0].status() == psutil.STATUS_ZOMBIE)
    moved.rename(folder)


def test_folder_that_a_kill_left_half_made_is_made_anew(empty_folder):
    unfinished = empty_folder / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with embedded_database(empty_folder) as url:
        assert answers(url)

    assert not unfinished.exists()


def test_missing_database_is_made_again(folder, start_user):
    url = start_user(folder).url()
    with psycopg.connect(url.replace("/magnus?", "/postgres?"), autocommit=True) as connection:
        connection.execute("DROP DATABASE magnus")

    with embedded_database(folder) as again:
        assert ask(again, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == 1


def test_starting_again_brings_a_stopped_server_back(folder):
    server = EmbeddedServer(folder)
    url = server.start()
    for process in servers(folder):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()

    assert server.start() == url
    assert answers(url)
    server.stop()


def test_server_that_is_just_ending_is_replaced(folder, start_user):
    url = start_user(folder).url()
    held = psycopg.connect(url)
    ending = servers(folder)[0]
    assert TURNED_AWAY not in server_log(folder)
    ending.terminate()  # "smart": lets nobody in any more, and ends when its last client has left

    joining = start_user(folder)
    was_turned_away = wait_until(lambda: TURNED_AWAY in server_log(folder))
    still_there = ending.is_running()
    held.close()

    assert was_turned_away
    assert still_there
    assert joining.url() == url
    assert answers(url)
    assert servers(folder)[0].pid != ending.pid
