"""A copy has what git knows or would take, and nothing from outside of the repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ci_core.health.checkers.kinds import CheckerFailed
from ci_core.health.trials import copying
from ci_core.health.trials.copying import copy_repository
from tests.ci_core.health.targets import target_of

FILES = {
    ".gitignore": ".env\nbuilt/\n",
    ".env": "KEY=hunter2",
    "app/a.py": "x = 1\n",
    "app/_vendor/lib.py": "y = 1\n",
    "venv/pyvenv.cfg": "home = /\n",
    "built/b.py": "",
    "new.py": "",
}


def copied(root: Path, into: Path, files: dict[str, str] | None = None) -> list[str]:
    copy_repository(target_of(root, files or FILES), into)
    return sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if not path.is_dir())


def test_ignored_files_environments_and_git_itself_are_left_out(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    target_of(root, FILES)
    for arguments in (["init", "-q"], ["add", "app", "venv", ".gitignore"]):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)

    assert copied(root, tmp_path / "copy") == [".gitignore", "app/_vendor/lib.py", "app/a.py", "new.py"]


def test_outside_git_everything_else_is_copied(tmp_path: Path) -> None:
    assert "built/b.py" in copied(tmp_path / "repo", tmp_path / "copy")


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hunter2")
    root = tmp_path / "repo"
    target_of(root, {"a.py": "x = 1\n"})
    (root / "within").symlink_to("a.py")
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe")

    names = copied(root, tmp_path / "copy", {"a.py": "x = 1\n"})

    assert names == ["a.py", "within"]
    assert (tmp_path / "copy/within").read_text() == "x = 1\n"


def test_what_is_too_large_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST_BYTES", 10)

    with pytest.raises(CheckerFailed, match="larger than"):
        copied(tmp_path / "repo", tmp_path / "copy")
