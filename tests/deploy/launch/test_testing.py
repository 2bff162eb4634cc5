"""What `python run.py test` does before the tests: it finds or installs a Chromium, and says when it cannot."""

from __future__ import annotations

import pytest

from deploy.launch import testing
from deploy.launch.testing import _workers, find_browser


@pytest.fixture(autouse=True)
def no_usual_place(monkeypatch):
    monkeypatch.setattr(testing, "_USUAL_PLACES", ())


def test_named_browser_wins(tmp_path):
    assert find_browser({"CHROMIUM_PATH": "/somewhere/chromium", "PATH": str(tmp_path)}) == "/somewhere/chromium"


def test_browser_on_the_search_path_is_found(tmp_path):
    (tmp_path / "google-chrome").write_text("#!/bin/sh\n")
    (tmp_path / "google-chrome").chmod(0o755)

    assert find_browser({"PATH": str(tmp_path)}) == str(tmp_path / "google-chrome")


@pytest.mark.parametrize(
    ("without", "asked"), [((), ["chromium-headless-shell"]), (("chromium-headless-shell",), None)]
)
def test_shell_is_installed_and_the_whole_browser_where_there_is_none(tmp_path, monkeypatch, without, asked):
    installed = []

    def quietly(command, *_):
        if "install" in command:
            installed.append(command[-1])
            return "no such package" if command[-1] in without else None
        return None

    monkeypatch.setattr(testing, "_quietly", quietly)
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    environment = type("Environment", (), {"variables": {}})

    assert testing._with_apt(environment, None, tmp_path) is None
    assert installed == (asked or ["chromium-headless-shell", "chromium"])


def test_missing_browser_is_said_with_every_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(testing, "_with_apt", lambda *_: "no apt-get")
    monkeypatch.setattr(testing, "_with_playwright", lambda *_: "no network")
    environment = type("Environment", (), {"variables": {"PATH": str(tmp_path)}})

    assert testing._install_browser(environment, None, tmp_path) is None

    said = capsys.readouterr().err
    assert "browser tests will fail: no apt-get; no network" in said


def test_suite_runs_in_one_process_more_than_there_are_cores(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)

    assert _workers([]) == ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    assert _workers(["-k", "x"]) == ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    assert _workers(["-n0"]) == []
    assert _workers(["--pdb"]) == []
