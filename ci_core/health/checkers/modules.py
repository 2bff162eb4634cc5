"""Which module each file is, as an import would name it, and a name of its own where none could."""

from __future__ import annotations

import hashlib
import keyword
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

# Folders that hold packages and are none themselves, unless somebody imports from them by name.
SOURCE_FOLDERS = ("src", "lib", "python")
IMPORTS_SOURCE_FOLDER = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(src|lib|python)(?:[ \t.,]|$)", re.MULTILINE)


def module_names(paths: Iterable[str], imported_folders: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """A module name for each path, none twice.

    Args:
        imported_folders: those of `SOURCE_FOLDERS` that imports name.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    ordered = sorted(paths)
    packages = {str(PurePosixPath(path).parent) for path in ordered if PurePosixPath(path).stem == "__init__"}
    roots = {folder for folder in SOURCE_FOLDERS if folder not in packages and folder not in imported_folders}
    for path in ordered:
        name = _importable(path, roots)
        if name is None or name in taken:
            name = f"file_{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
        taken.add(name)
        names[path] = name
    return names


def _importable(path: str, roots: set[str]) -> str | None:
    parts = path.rpartition(".")[0].split("/")
    if len(parts) > 1 and parts[0] in roots:
        parts = parts[1:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    if not parts or not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return None
    # A checker of types takes these for its own; a file of that name is a script that nobody imports.
    return None if parts[0] in sys.stdlib_module_names or parts[0] in ("typing_extensions", "mypy") else ".".join(parts)
