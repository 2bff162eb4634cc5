"""The doctor says what checks lack, with the remedy."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from ci_core.health.condition import NEEDS, TOOLS, Need, needs
from ci_core.settings import PROJECT, Settings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def found(tmp_path: Path, *, missing: tuple[str, ...] = ()) -> dict[str, Need]:
    def installed(name: str) -> str:
        if name in missing:
            raise PackageNotFoundError(name)
        return "1.0"

    settings = Settings(_env_file=None, CI_REPO_PATH=tmp_path / "repo", CI_DATA_DIR=tmp_path / "data")
    told = needs(settings, NOW, installed)
    assert tuple(one.name for one in told) == NEEDS
    return {one.name: one for one in told}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    return folder


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def test_what_is_there_needs_nothing(tmp_path: Path, repo: Path) -> None:
    git(repo, "init")
    git(repo, "commit", "--allow-empty", "-m", "first")

    told = found(tmp_path)

    assert told["health tools"].remedy is None
    assert "ruff 1.0" in told["health tools"].detail
    assert told["health repository"].remedy is None
    assert told["health repository"].detail.endswith("on main")


def test_a_missing_tool_is_named(tmp_path: Path, repo: Path) -> None:
    tools = found(tmp_path, missing=("mypy", "bandit"))["health tools"]

    assert tools.detail == "not installed: mypy, bandit"
    assert tools.remedy


def test_a_folder_that_is_no_checkout_is_told(tmp_path: Path, repo: Path) -> None:
    told = found(tmp_path)["health repository"]

    assert "no git checkout" in told.detail
    assert "CI_REPO_PATH" in (told.remedy or "")


def test_a_checkout_without_a_commit_is_told(tmp_path: Path, repo: Path) -> None:
    git(repo, "init")

    assert "no commit yet" in found(tmp_path)["health repository"].detail


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    assert "there is no folder" in found(tmp_path)["health repository"].detail


def test_without_advisories_nothing_is_known_and_the_command_is_named(tmp_path: Path, repo: Path) -> None:
    told = found(tmp_path)["health advisories"]

    assert told.remedy == "Fetch them with: ci health advisories refresh"


@pytest.mark.parametrize("tool", TOOLS)
def test_what_the_doctor_misses_would_come_with_the_product(tool: str) -> None:
    assert f"\n{tool}==" in (PROJECT / "requirements.txt").read_text(encoding="utf-8")
