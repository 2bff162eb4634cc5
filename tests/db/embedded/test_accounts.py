"""The embedded server as root and as an ordinary user, and one folder used by both."""

from __future__ import annotations

import os
import stat

import pytest

from tests.db.embedded.conftest import ORDINARY, answers, servers

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)


@pytest.fixture
def ordinary_folder(empty_folder):
    os.chown(empty_folder, ORDINARY, ORDINARY)
    return empty_folder


def test_ordinary_user_runs_the_server_himself(ordinary_folder, start_user):
    user = start_user(ordinary_folder, uid=ORDINARY)

    assert answers(user.url())
    assert {server.uids().real for server in servers(ordinary_folder)} == {ORDINARY}
    assert user.leave() == 0


def test_root_leaves_a_folder_to_the_user_who_made_it(ordinary_folder, start_user):
    first = start_user(ordinary_folder, uid=ORDINARY)
    first.url()
    first.leave()

    root = start_user(ordinary_folder)
    root.url()
    assert {server.uids().real for server in servers(ordinary_folder)} == {ORDINARY}
    root.leave()

    assert answers(start_user(ordinary_folder, uid=ORDINARY).url())


def test_root_runs_the_server_under_an_account_without_rights(empty_folder, start_user):
    closed = empty_folder / "closed"
    closed.mkdir(mode=0o700)

    url = start_user(closed).url()

    assert answers(url)
    assert 0 not in {server.uids().real for server in servers(closed)}
    assert all("OPENAI_API_KEY" not in server.environ() for server in servers(closed))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701, "passed through, but never listed, by others"


def test_another_user_cannot_connect(folder, start_user):
    url = start_user(folder).url()

    stranger = start_user(folder, uid=ORDINARY)

    assert stranger.process.wait(30) == 1
    assert "Permission denied" in stranger.process.stderr.read()
    assert answers(url)
