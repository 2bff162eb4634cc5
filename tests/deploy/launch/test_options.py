"""What the launcher makes of the command line, the environment and .env."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.launch import options
from deploy.launch.app import has_display
from deploy.launch.options import PROJECT, Options, is_loopback, read_env_file, read_options
from deploy.launch.problem import LaunchProblem


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "DB_HOST", "CI_DATA_DIR", "CI_ALLOW_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(options, "PROJECT", tmp_path)


def test_env_file_is_read_as_it_is_written(tmp_path):
    (tmp_path / ".env").write_text(
        "# comment\n\nCI_DATA_DIR=/data # here\nexport DB_HOST='a # b'\nDATABASE_URL=\"x=y\"\nnonsense\nEMPTY=\n"
    )

    assert read_env_file(tmp_path / ".env") == {
        "CI_DATA_DIR": "/data",
        "DB_HOST": "a # b",
        "DATABASE_URL": "x=y",
        "EMPTY": "",
    }
    assert read_env_file(tmp_path / "missing") == {}


def test_command_line_wins_over_environment_and_that_over_env_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("CI_DATA_DIR=/from-file\n")
    assert read_options([]).data_dir == Path("/from-file")

    monkeypatch.setenv("CI_DATA_DIR", "/from-environment")
    assert read_options([]).data_dir == Path("/from-environment")
    assert read_options(["--data-dir", "/given"]).data_dir == Path("/given")


def test_defaults_let_nobody_else_in(tmp_path):
    read = read_options([])

    assert (read.host, read.port, read.browser) == ("127.0.0.1", 8501, True)
    assert read.data_dir == tmp_path / ".magnus"
    assert read.embedded_database


@pytest.mark.parametrize("line", ["DATABASE_URL=postgresql://h/d", "DB_HOST=h"])
def test_configured_database_is_seen_in_the_env_file(tmp_path, line):
    (tmp_path / ".env").write_text(line + "\n")

    assert not read_options([]).embedded_database


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_loopback_hosts_are_let_pass(host):
    assert is_loopback(host)
    assert read_options(["--host", host]).host == host


def test_host_on_the_network_needs_consent(monkeypatch):
    with pytest.raises(LaunchProblem, match="SSH tunnel"):
        read_options(["--host", "192.0.2.1"])

    monkeypatch.setenv("CI_ALLOW_REMOTE", "1")
    assert read_options(["--host", "::"]).address == "http://127.0.0.1:8501"


def test_address_of_ipv6_is_in_brackets():
    assert Options(host="::1", port=1).address == "http://[::1]:1"


def test_test_command_hands_the_rest_to_pytest():
    read = read_options(["test", "-k", "board", "--setup-only", "-x"])

    assert read.command == "test"
    assert read.setup_only
    assert read.pytest_arguments == ["-k", "board", "-x"]


def test_browser_is_opened_only_where_it_is_seen(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    assert not has_display({})
    assert has_display({"DISPLAY": ":0"})
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"})
    monkeypatch.setattr("sys.platform", "darwin")
    assert has_display({})
    assert not has_display({"SSH_CONNECTION": "a b"})


def test_example_file_lists_every_setting():
    from ci_core.settings import setting_names

    example = (PROJECT / ".env.example").read_text()

    for name in setting_names():
        assert f"#{name}=" in example, f"{name} is missing in .env.example"
