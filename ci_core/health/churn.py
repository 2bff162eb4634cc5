"""How often each file was changed lately, and when the repository was released: what git's history tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ci_core.health.git import Git, GitFailed

DAYS = 180
RELEASE_DAYS = 400
MOST_RELEASES = 200
# More than this does not come in half a year, and would take long to count.
MOST_COMMITS = 20_000
COMMIT = "\x01"


@dataclass(frozen=True, slots=True)
class Churn:
    """How much one file was changed: commits that touched it, and lines that they added or removed."""

    commits: int
    lines: int


@dataclass(frozen=True, slots=True)
class Release:
    """A tag of the repository."""

    name: str
    at: datetime
    commit: str


def churn_of(root: Path, *, now: datetime, days: int = DAYS) -> dict[str, Churn]:
    """How much each file was changed in the last days before its repository's newest commit, by its present path.

    What was called otherwise counts for what it is called now. Empty where there is no history; without lines where
    git does not have the contents of that time, as in a partial clone.

    Args:
        now: commits that claim to be later count as of now.

    Raises:
        GitFailed: the history cannot be read.
    """
    git = Git(root)
    newest = git.text("log", "-1", "--format=%ct")
    if newest is None:
        return {}
    since = min(int(newest), int(now.timestamp())) - int(timedelta(days=days).total_seconds())
    asked = (
        "log", "-z", "--no-color", "--no-merges", "--no-ext-diff", "--no-textconv", "--relative", f"--since=@{since}",
        f"--max-count={MOST_COMMITS}", "--format=tformat:%x01",
    )  # fmt: skip
    try:
        said = git.ask(*asked, "--numstat", "--find-renames", "HEAD", "--")
    except GitFailed:
        return _churn(_names(_parts(git.ask(*asked, "--name-status", "--find-renames=100%", "HEAD", "--"))))
    return _churn(_numbers(_parts(said)))


def _parts(said: bytes) -> Iterator[str]:
    """What stands between the zero bytes, without the ends of lines before it and without the marks of commits."""
    parts = (part.lstrip("\n") for part in said.decode("utf-8", "surrogateescape").split("\0"))
    return (part for part in parts if part and part != COMMIT)


def _numbers(parts: Iterator[str]) -> Iterator[tuple[str, str, int]]:
    """The files that `git log -z --numstat` tells of: what it was called, what it is called after, changed lines."""
    for part in parts:
        added, removed, path = part.split("\t", 2)
        # A dash stands for what has no lines. Of a rename, the old name and the new one follow.
        lines = sum(int(number) for number in (added, removed) if number.isdigit())
        old, new = (path, path) if path else (next(parts), next(parts))
        yield old, new, lines


def _names(parts: Iterator[str]) -> Iterator[tuple[str, str, int]]:
    """The same from `git log -z --name-status`, which knows no lines."""
    for status in parts:
        path = next(parts)
        yield path, next(parts) if status[0] in "RC" else path, 0


def _churn(touched: Iterable[tuple[str, str, int]]) -> dict[str, Churn]:
    """Commits and lines by present path, from what was touched, newest first."""
    commits: dict[str, int] = {}
    lines: dict[str, int] = {}
    called_now: dict[str, str] = {}
    for old, new, changed in touched:
        path = called_now.get(new, new)
        if old != new:
            called_now[old] = path
        commits[path] = commits.get(path, 0) + 1
        lines[path] = lines.get(path, 0) + changed
    return {path: Churn(number, lines[path]) for path, number in commits.items()}


def releases_of(root: Path, *, now: datetime) -> tuple[Release, ...]:
    """The tags of about the last year, oldest first; none where there is no history."""
    git = Git(root)
    said = git.text(
        "for-each-ref", "refs/tags", "--sort=-creatordate", f"--count={MOST_RELEASES}",
        "--format=%(creatordate:unix)%09%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)%09"
        "%(refname:lstrip=2)",
    )  # fmt: skip
    oldest = now - timedelta(days=RELEASE_DAYS)
    found = []
    for line in (said or "").splitlines():
        moment, commit, name = line.split("\t", 2)
        if moment.isdigit():  # a tag of something that has no date has none
            at = datetime.fromtimestamp(int(moment), UTC)
            if oldest <= at <= now:
                found.append(Release(name, at, commit))
    return tuple(sorted(found, key=lambda release: (release.at, release.name)))
