"""Which lines are new is told by git, and of work in progress by comparing it here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ci_core.health.target import read_target
from ci_core.health.trials.new_lines import new_lines, parse_diff
from ci_core.health.values import CheckRequest, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckType

DIFF = b"""\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,2 +1,3 @@ def x():
-one
-two
+++ b/looks/like/a/heading.py
+two
+@@ -1 +9,99 @@
@@ -9 +10 @@
-x
+y
@@ -20,2 +20,0 @@
-gone
-gone
diff --git a/b b.py b/b b.py
--- /dev/null
+++ b/b b.py\t
@@ -0,0 +1,2 @@
+1
+2
"""


def git(root: Path, *arguments: str, days_ago: int = 0) -> None:
    date = f"{1_700_000_000 - days_ago * 86_400} +0000"
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": date}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=environment)


def commit(root: Path, text: str, days_ago: int) -> None:
    (root / "a.py").write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x", days_ago=days_ago)


def target(root: Path) -> Target:
    return read_target(CheckRequest(CheckType.FULL_SCAN, root), settings=HealthSettings(_env_file=None))


def test_a_diff_gives_the_lines_that_it_adds() -> None:
    assert parse_diff(DIFF) == {"a.py": {1, 2, 3, 10}, "b b.py": {1, 2}}


def test_on_the_main_branch_the_last_month_of_the_history_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "1\n2\n", 100)
    assert new_lines(target(tmp_path)) is None
    commit(tmp_path, "1\n2\n3\n", 40)
    commit(tmp_path, "1\nnew\n2\n3\n", 5)

    found = new_lines(target(tmp_path))

    assert found is not None
    assert (found.lines, found.because) == ({"a.py": {2}}, "within the last 30 days of the history")


def test_on_another_branch_all_since_it_left_and_what_is_not_committed_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "1\n2\n3\n", 1)
    git(tmp_path, "checkout", "-qb", "work")
    commit(tmp_path, "1\n2\n3\n4\n", 0)
    (tmp_path / "a.py").write_text("0\n1\n2\n3\n4\n")
    (tmp_path / "b.py").write_text("1\n2\n")

    found = new_lines(target(tmp_path))

    assert found is not None
    assert (found.lines, found.because) == ({"a.py": {1, 5}, "b.py": {1, 2}}, "since this branch left main")


def test_nothing_that_the_repository_configures_is_run(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "1\n", 100)
    commit(tmp_path, "1\n2\n", 0)
    mark = tmp_path / "mark"
    for name in ("diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "core.fsmonitor"):
        git(tmp_path, "config", name, f"touch {mark}; cat")
    (tmp_path / ".git/info/attributes").write_text("*.py diff=x filter=x\n")
    (tmp_path / "a.py").write_text("1\n2\n3\n")

    found = new_lines(target(tmp_path))

    assert found is not None
    assert found.lines["a.py"] == {2, 3}
    assert not mark.exists()


def test_outside_git_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1\n")

    assert new_lines(target(tmp_path)) is None
