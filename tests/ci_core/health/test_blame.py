"""Who brought an issue in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.health.blame import Unblamed, introductions, store_introductions, unblamed
from ci_core.health.issues import IssueFilter, Order, find_issues
from ci_core.health.target import read_target
from ci_core.health.values import CheckRequest, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckType
from db.tables import HealthIssue
from tests.ci_core.health.looks import Looks

Commit = Callable[..., None]
FIRST, SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """Writes files and commits them, as somebody, at a moment."""

    def git(*arguments: str, **environment: str) -> None:
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(
            ["git", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            env={**os.environ, **quiet, **environment},
        )

    def commit(author: str, at: datetime, **files: str) -> None:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", author), ("EMAIL", "x@example.org"), ("DATE", at.isoformat()))}  # fmt: skip
        git("add", "-A", **who)
        git("commit", "-q", "-m", "change", **who)

    git("init", "-q")
    return commit


def target(root: Path) -> Target:
    return read_target(CheckRequest(CheckType.FULL_SCAN, root), settings=HealthSettings())


def told(root: Path, *lines: int, path: str = "a.py") -> dict[int, tuple[str, datetime]]:
    wanted = [Unblamed(line, path, line) for line in lines]
    return {line: (one.by, one.at) for line, one in introductions(target(root), wanted).items()}


def test_each_line_has_its_own_author(tmp_path: Path, commit: Commit) -> None:
    commit("Ada", FIRST, a="x = 1\ny = 2\nz = 3\n")
    commit("Ben O'Neil", SECOND, a="x = 1\ny = 22\nz = 3\n")

    assert told(tmp_path, 1, 2, 3) == {1: ("Ada", FIRST), 2: ("Ben O'Neil", SECOND), 3: ("Ada", FIRST)}


def test_lines_of_a_file_with_changes_are_found_again_and_new_ones_have_no_author(
    tmp_path: Path, commit: Commit
) -> None:
    commit("Ada", FIRST, a="x = 1\ny = 2\n")
    (tmp_path / "a.py").write_text("# new\nx = 1\nw = 0\ny = 2\n", encoding="utf-8")

    assert told(tmp_path, 1, 2, 3, 4) == {2: ("Ada", FIRST), 4: ("Ada", FIRST)}


def test_what_git_does_not_know_has_no_author(tmp_path: Path, commit: Commit) -> None:
    commit("Ada", FIRST, a="x = 1\n")
    (tmp_path / "b.py").write_text("y = 1\n", encoding="utf-8")

    assert told(tmp_path, 1, path="b.py") == {}
    assert told(tmp_path, 1, path="gone.py") == {}
    assert told(tmp_path, 99) == {}


def test_a_folder_without_git_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")

    assert told(tmp_path, 1) == {}


def test_no_program_of_the_repositorys_own_is_run(tmp_path: Path, commit: Commit) -> None:
    commit("Ada", FIRST, a="x = 1\n")
    trap = f'"touch {tmp_path}/trapped; cat"'
    with (tmp_path / ".git" / "config").open("a") as config:
        config.write(f'[filter "trap"]\n\tclean = {trap}\n\tsmudge = {trap}\n[diff "trap"]\n\ttextconv = {trap}\n')
        config.write(f"[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n")
    (tmp_path / ".gitattributes").write_text("*.py filter=trap diff=trap\n", encoding="utf-8")
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n", encoding="utf-8")

    assert told(tmp_path, 1) == {1: ("Ada", FIRST)}
    assert not (tmp_path / "trapped").exists()


def test_issues_keep_who_brought_them_in(tmp_path: Path, session: Session, commit: Commit) -> None:
    source = "def price(order):\n    return eval(order.formula)\n"
    commit("Ada", FIRST, a=source)
    looks = Looks(tmp_path, session, {"a.py": source})
    looks.check()
    issue = looks.issue()
    version = issue.version
    check_id = issue.last_check_id or 0
    waiting = unblamed(session, issue.repository_id, check_id)

    store_introductions(session, introductions(target(tmp_path), waiting))

    session.expire_all()
    assert (looks.issue().introduced_by, looks.issue().introduced_at, looks.issue().version) == ("Ada", FIRST, version)
    assert len(session.scalars(select(HealthIssue.introduced_commit)).one() or "") == 40
    assert unblamed(session, issue.repository_id, check_id) == []


def test_what_was_brought_in_lately_is_told_from_what_was_only_found_lately(
    tmp_path: Path, session: Session, commit: Commit
) -> None:
    source = "def price(order):\n    return eval(order.formula)\n"
    commit("Ada", FIRST, a=source)
    commit("Ben", SECOND, b=source)
    looks = Looks(tmp_path, session, {"a.py": source, "b.py": source})
    looks.check()
    repository_id, check_id = looks.issues()[0].repository_id, looks.issues()[0].last_check_id or 0
    store_introductions(session, introductions(target(tmp_path), unblamed(session, repository_id, check_id)))

    found = find_issues(session, repository_id, IssueFilter(since=SECOND), order=Order.NEWEST)

    assert [issue.file_path for issue in found.issues] == ["b.py"]
    everything = find_issues(session, repository_id, IssueFilter(), order=Order.NEWEST)
    assert [issue.file_path for issue in everything.issues] == ["b.py", "a.py"]
