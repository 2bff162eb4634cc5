"""Which lines of a repository are new, from git, without running what the repository's own configuration names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from ci_core.health.git import HASH, Git, GitFailed
from ci_core.health.values import Target

NEW_DAYS = 30
DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
# Comparing a file takes a moment; a check of work in progress has few.
MOST_UNCOMMITTED = 100
HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
QUOTED = re.compile(r'^"?b/(.*?)"?\t?$')


@dataclass(frozen=True, slots=True)
class NewLines:
    """The lines that are new since a commit, by path, and what that commit is in words."""

    lines: Mapping[str, frozenset[int]]
    since: str
    because: str


def new_lines(target: Target) -> NewLines | None:
    """What is new on this branch since it left the main one; on the main one, within the last 30 days.

    None outside git, without a main branch and a month of history, or where git cannot say.
    """
    git = Git(target.root)
    head = git.hash_of_commit()
    if head is None:
        return None
    base, because = _base(git, head)
    if base is None or base == head:
        return None
    try:
        said = git.ask(
            "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--relative", "--unified=0", "--find-renames",
            "--diff-filter=AMR", "--src-prefix=a/", "--dst-prefix=b/", base, head, "--",
        )  # fmt: skip
        uncommitted = _uncommitted(git, target, base, head)
    except GitFailed:
        return None
    return NewLines({**parse_diff(said), **uncommitted}, base, because)


def parse_diff(diff: bytes) -> dict[str, frozenset[int]]:
    """The lines that a diff without context adds, by the path that they are in."""
    found: dict[str, set[int]] = {}
    path, content = "", 0
    for line in diff.split(b"\n"):
        if content and line[:1] in {b"+", b"-"}:  # what files say may look like a heading
            content -= 1
        elif line.startswith(b"+++ "):
            named = QUOTED.match(line[4:].decode("utf-8", "surrogateescape"))
            path = named[1] if named else ""
        elif hunk := HUNK.match(line):
            removed, first, added = (int(part) if part is not None else 1 for part in hunk.groups())
            content = removed + added
            if path:
                found.setdefault(path, set()).update(range(first, first + added))
    return {name: frozenset(numbers) for name, numbers in found.items() if numbers}


def _uncommitted(git: Git, target: Target, base: str, head: str) -> dict[str, frozenset[int]]:
    """The new lines of files that differ from what was committed, compared here: git would filter their contents."""
    committed = git.tree(head)
    changed = [
        path
        for path, file in sorted(target.files.items())
        if file.is_python and (path not in committed or committed[path].blob != file.blob)
    ]
    found: dict[str, frozenset[int]] = {}
    for path in changed[:MOST_UNCOMMITTED]:
        try:
            text = (target.root / path).read_bytes().decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        try:
            before = git.ask("cat-file", "blob", f"{base}:./{path}").decode("utf-8", "replace").splitlines()
        except GitFailed:
            before = []
        same: set[int] = set()
        for block in SequenceMatcher(None, before, text, autojunk=False).get_matching_blocks():
            same.update(range(block.b + 1, block.b + block.size + 1))
        found[path] = frozenset(range(1, len(text) + 1)) - same
    return found


def _base(git: Git, head: str) -> tuple[str | None, str]:
    branch = git.branch()
    for name in DEFAULT_BRANCHES:
        other = git.hash_of_commit(name)
        if other is None or name.removeprefix("origin/") == branch:
            continue
        base = git.text("merge-base", head, other)
        if base and HASH.match(base) and base != head:
            return base, f"since this branch left {name}"
        break
    newest = git.text("log", "-1", "--format=%ct", head, "--")
    if newest is None or not newest.isdecimal():
        return None, ""
    before = int(newest) - NEW_DAYS * 86_400
    base = git.text("rev-list", "-1", f"--before={before}", head, "--")
    return (base if base and HASH.match(base) else None), f"within the last {NEW_DAYS} days of the history"
