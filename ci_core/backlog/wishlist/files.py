"""Finding wishlists: which files a path means, what they are called, and which feature their folder names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WISHLIST_NAME = re.compile(r".*wishlist.*\.(md|markdown)", re.IGNORECASE | re.DOTALL)
LEFT_OUT = frozenset(
    {"node_modules", "bower_components", "venv", "env", "virtualenv", "site-packages", "__pycache__", "build", "dist",
     "target", "vendor"}
)  # fmt: skip
# Folders that hold features, or hold documents, and are themselves the name of neither.
HOLD_FEATURES = frozenset({"features", "feature", "modules", "apps", "packages", "components", "services", "pages"})
HOLD_NOTHING = HOLD_FEATURES | {
    "docs", "doc", "src", "lib", "app", "wishlists", "wishlist", "planning", "notes", "backlog"
}  # fmt: skip
ACRONYMS = frozenset({
    "ai", "api", "aws", "cli", "csp", "csv", "db", "etf", "gpu", "html", "http", "iv", "json", "llm", "ml", "nlp",
    "pdf", "rag", "rest", "seo", "sms", "sql", "ui", "url", "ux",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class WishlistFile:
    """A file to import.

    Attributes:
        name: what it is remembered by: its path from the root, or the absolute path outside it, with "/".
        feature_area: the feature that its folder is named after, if any.
    """

    path: Path
    name: str
    feature_area: str | None


@dataclass(frozen=True, slots=True)
class MissingPath:
    """A path that was given and does not exist."""

    name: str
    reason: str


def find_wishlists(paths: Sequence[Path], *, root: Path) -> list[WishlistFile | MissingPath]:
    """The wishlists that `paths` mean, each once, in a stable order.

    A file is taken whatever its name. A folder is searched for `*WISHLIST*.md` in any case; hidden folders, virtual
    environments, caches and installed packages are left out, and no link is followed out of the folder.
    """
    found: list[WishlistFile | MissingPath] = []
    seen: set[str] = set()
    for path in paths:
        given = _absolute(path)
        if given.is_dir():
            candidates = [(file, given) for file in _search(given)]
        elif given.exists():
            candidates = [(given, given.parent)]
        else:
            found.append(MissingPath(stable_name(given, root), "There is no such file or folder."))
            continue
        for file, folder in candidates:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                found.append(WishlistFile(file, stable_name(file, root), feature_area_of(file, folder, root)))
    return found


def stable_name(path: Path, root: Path) -> str:
    """The path from `root` with "/" where it lies inside, otherwise the absolute path."""
    for inner, outer in ((_absolute(path), _absolute(root)), (path.resolve(), root.resolve())):
        if inner.is_relative_to(outer):
            return inner.relative_to(outer).as_posix()
    return _absolute(path).as_posix()


def _absolute(path: Path) -> Path:
    """From the top and without "..", but by the names that were given: links are not followed."""
    return Path(os.path.normpath(path.absolute()))


def feature_area_of(file: Path, folder: Path, root: Path) -> str | None:
    """The nearest folder above the file that names something: "features/earnings_calendar" → "Earnings Calendar"."""
    root = _absolute(root)
    inside = file.is_relative_to(root)
    names = list(file.relative_to(root if inside else folder).parent.parts)
    if not names and file.parent.parent.name.lower() in HOLD_FEATURES:
        names = [file.parent.name]
    for name in reversed(names):
        if name.lower() not in HOLD_NOTHING:
            words = re.split(r"[\W_]+", name.strip("._- "))
            return " ".join(w.upper() if w.lower() in ACRONYMS else w[:1].upper() + w[1:] for w in words)[:120] or None
    return None


def _search(folder: Path) -> Iterator[Path]:
    real_folder = os.path.realpath(folder)
    for here, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_left_out(Path(here, name)))
        for name in sorted(files):
            path = Path(here, name)
            inside = Path(os.path.realpath(path)).is_relative_to(real_folder)
            if WISHLIST_NAME.fullmatch(name) and inside and path.is_file():
                yield path


def _is_left_out(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name.lower() in LEFT_OUT or (folder / "pyvenv.cfg").exists()
