"""Where in the repository something is, in SARIF's words (URIs against base folders) and in ours (relative paths)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

DRIVE = re.compile(r"^/?([A-Za-z]:/)")
# A chain of bases longer than this is a circle, or nonsense.
DEEPEST_BASE = 10


def uri_of(path: str) -> str:
    """A path of the repository as a relative URI; a name that is not UTF-8 keeps its bytes."""
    return quote(path, safe="/", errors="surrogateescape")


def path_of(uri: str) -> str | None:
    """The path that a URI means: relative ("src/a.py"), or absolute ("/home/me/src/a.py", "C:/src/a.py").

    None where it means no file (another scheme, a query alone) or leads out of its base folder.
    """
    uri = uri.strip().replace("\\", "/")
    if DRIVE.match(uri):
        return _normal(unquote(uri, errors="surrogateescape"))
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in ("", "file"):
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if parts.netloc not in ("", "localhost"):  # a share of Windows: file://server/share/a.py
        path = f"//{parts.netloc}{path}"
    return _normal(path) if path else None


def _normal(path: str) -> str | None:
    """Without "." and ".."; None where it climbs above its beginning, or names nothing."""
    drive = DRIVE.match(path)
    start = drive.group(1) if drive else "/" if path.startswith("/") else ""
    kept: list[str] = []
    for part in path[drive.end() if drive else 0 :].split("/"):
        if part == "..":
            if not kept:
                return None
            kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    return start + "/".join(kept) if kept else None


def is_absolute(path: str) -> bool:
    """Whether a path of `path_of` begins at the root of a disk."""
    return path.startswith("/") or DRIVE.match(path) is not None


def joined(uri: str, base: str, bases: Mapping[str, tuple[str, str]]) -> str | None:
    """The path of a URI that stands against a base folder.

    Args:
        base: the name of its base; "" for none.
        bases: each base's own URI ("" where the file does not tell) and the base that it stands against itself.
    """
    path = path_of(uri)
    for _ in range(DEEPEST_BASE):
        if path is None or is_absolute(path) or base not in bases:
            return path
        folder, base = bases[base]
        above = path_of(folder) if folder else ""
        path = path if above == "" else None if above is None else f"{above}/{path}"
    return None


class Places:
    """Finds the repository's files under the paths that a tool wrote, also where it ran in another folder.

    Args:
        known: the repository's files.
        root: where it is checked out here.
        paths: everything that the tool named. A tool that writes whole paths ran somewhere such as
            /home/runner/work/app/app: that is the folder below which most of these paths are files of ours.
        within: the folder of the repository in which the tool ran, where its paths are relative to that.
    """

    def __init__(self, known: Collection[str], root: Path, paths: Iterable[str], *, within: str = "") -> None:
        self._known = known if isinstance(known, set | frozenset | dict) else frozenset(known)
        self._within = (path_of(within) or "") + "/" if within.strip("/. ") else ""
        self._root = _start_of(sorted({path for path in paths if is_absolute(path)}), self._known, root)

    def file(self, path: str) -> str | None:
        """The path as the repository has it; None where it has no such file."""
        if is_absolute(path):
            if self._root is None or not path.startswith(self._root):
                return None
            path = path[len(self._root) :]
            return path if path in self._known else None
        path = self._within + path
        return path if path in self._known else None


def _start_of(absolute: Iterable[str], known: Collection[str], root: Path) -> str | None:
    """What stands before the repository's paths in these: our own root if it fits, else what fits most of them."""
    own = f"{root.as_posix().rstrip('/')}/"
    votes: Counter[str] = Counter()
    for path in absolute:
        parts = path.split("/")
        for place in range(1, len(parts)):
            if "/".join(parts[place:]) in known:
                votes["/".join(parts[:place]) + "/"] += 1
    if not votes:
        return None
    # Of two that fit equally well, the one that leaves more of the path to compare is less likely to fit by chance.
    return max(votes, key=lambda start: (start == own, votes[start], -len(start), start))
