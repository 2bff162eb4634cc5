"""Which lines of the code are new since a commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path

from ci_core.health.git import Git, GitFailed
from ci_core.health.store import plain

# To compare longer files would take minutes; all of such a file counts as new.
LONGEST_COMPARED = 5_000
Spans = tuple[tuple[int, int], ...]
ALL: Spans = ((1, 2**31 - 1),)


@dataclass(frozen=True, slots=True)
class NewLines:
    """What is new since a commit.

    Attributes:
        since: when that commit was made.
        spans: first and last of the new lines, by path as it is stored; what is not there did not change.
    """

    since: datetime
    spans: Mapping[str, Spans]

    def touch(self, path: str | None, line: int | None, end_line: int | None = None) -> bool:
        """Whether something that stands there stands on a new line; what stands nowhere counts as new."""
        if path is None:
            return True
        spans = self.spans.get(path, ())
        if line is None:
            return bool(spans)
        last = max(line, end_line or line)
        return any(begin <= last and line <= end for begin, end in spans)


def new_lines(root: Path, since: str, selected: Iterable[str]) -> NewLines:
    """The lines of the selected files that are new since a commit.

    Args:
        selected: files that differ from that commit, relative to the root.

    Raises:
        GitFailed: git does not know the commit.
    """
    git = Git(root)
    commit = git.hash_of_commit(since)
    moment = git.text("show", "-s", "--format=%ct", commit) if commit else None
    if commit is None or moment is None:
        raise GitFailed(f"git does not know the commit {since}. Name another one, or fetch it first.")
    tree = git.tree(commit)
    spans = {}
    for path in selected:
        entry = tree.get(path)
        old = git.ask("cat-file", "blob", entry.blob) if entry else None
        spans[plain(path)] = ALL if old is None else changed_spans(old, _content(root / path))
    return NewLines(datetime.fromtimestamp(int(moment), UTC), spans)


def changed_spans(old: bytes, new: bytes) -> Spans:
    """The spans of lines of `new` that are not those of `old`; 1-based, both ends included."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > LONGEST_COMPARED:
        return ALL
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple((begin + 1, end) for tag, _, _, begin, end in blocks if tag != "equal" and end > begin)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it went meanwhile
