"""Several processes on one data folder: the server is there as long as one of them lives, and no longer."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from db.embedded import EmbeddedServer, embedded_database
from tests.db.embedded.conftest import answers, ask, keepers, run, servers, wait_until


def test_server_stops_when_the_last_user_leaves(folder, start_user):
    first = start_user(folder)
    url = first.url()
    second = start_user(folder)

    assert second.url() == url
    assert first.leave() == 0
    assert answers(url)
    assert second.leave() == 0

    assert servers(folder) == []
    assert keepers(folder) == []


def test_killed_users_count_as_gone(folder, start_user):
    first, second = start_user(folder), start_user(folder)
    url = first.url()
    second.url()

    first.kill()
    gone_early = wait_until(lambda: not servers(folder), seconds=2)
    second.kill()

    assert not gone_early
    assert wait_until(lambda: not servers(folder) and not keepers(folder)), url


def test_user_after_a_killed_one_stops_the_server(folder, start_user):
    start_user(folder).url()
    other = start_user(folder)
    other.url()
    start_user(folder).kill()

    with embedded_database(folder) as url:
        assert answers(url)
        other.kill()

    assert len(servers(folder)) > 0, "the first user is still there"


def test_two_processes_start_at_once_on_an_empty_folder(empty_folder, start_user):
    users = [start_user(empty_folder), start_user(empty_folder)]

    urls = {user.url() for user in users}

    assert len(urls) == 1
    assert len([server for server in servers(empty_folder) if "-D" in server.cmdline()]) == 1
    assert len(keepers(empty_folder)) == 1


def test_threads_have_handles_of_their_own(folder):
    def use(_: int) -> str:
        with embedded_database(folder) as url:
            assert answers(url)
            return url

    with embedded_database(folder) as url, ThreadPoolExecutor(4) as pool:
        assert set(pool.map(use, range(4))) == {url}
        assert answers(url)

    assert servers(folder) == []


def test_stopping_twice_and_starting_twice_are_harmless(folder):
    server = EmbeddedServer(folder)

    assert server.start() == server.start()
    server.stop()
    server.stop()

    assert servers(folder) == []
    with server:
        assert answers(server.start())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forked_child_does_not_take_the_server_away(folder):
    server = EmbeddedServer(folder)
    url = server.start()
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)

    assert answers(url)
    server.stop()
    assert servers(folder) == []


def test_database_outlives_the_server(folder):
    with embedded_database(folder) as url:
        run(url, "CREATE TABLE kept AS SELECT 7 AS value")

    with embedded_database(folder) as url:
        assert ask(url, "SELECT value FROM kept") == 7
