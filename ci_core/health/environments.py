"""The environment of a checked repository: its interpreter, and what is installed there, read without starting it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from itertools import islice
from pathlib import Path

from packaging.utils import canonicalize_name

from ci_core.settings.health import HealthSettings

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = (".venv", "venv", "env")
PROGRAMS = ("bin/python", "Scripts/python.exe")
LARGEST_METADATA_BYTES = 2**20
MOST_PACKAGES = 5_000
LICENCE = re.compile(r"License :: (?:OSI Approved :: )?(.+)")
LONGEST_LICENCE = 80
HOW_TO_NAME_ONE = "Say with CI_HEALTH_PYTHON which interpreter has what the repository needs."


@dataclass(frozen=True, slots=True)
class Installed:
    """A package of an environment.

    Attributes:
        licence: as its metadata say; None where they do not.
        modules: what is imported from it; empty where its metadata do not say.
    """

    name: str
    version: str
    licence: str | None = None
    modules: tuple[str, ...] = ()


def find_python(root: Path, settings: HealthSettings) -> Path | None:
    """The interpreter that a repository's tests run with: as the settings say, that of its own environment, or ours.

    Ours is taken for this product itself only. One in the repository that cannot run here is passed over.
    """
    if settings.python is not None:
        return settings.python
    for folder in FOLDERS:
        for program in PROGRAMS:
            found = root / folder / program
            if found.is_file() and os.access(found, os.X_OK):
                return found
    return Path(sys.executable) if root.resolve() == PROJECT else None


def installed_packages(python: Path) -> Mapping[str, Installed]:
    """What is installed beside an interpreter, by name, from the metadata that lie there; nothing is imported."""
    found: dict[str, Installed] = {}
    for folder in _site_folders(python):
        for metadata in islice(sorted(folder.glob("*.dist-info/METADATA")), MOST_PACKAGES):
            one = _read(metadata)
            if one is not None:
                found.setdefault(one.name, one)
    return found


def _site_folders(python: Path) -> Iterator[Path]:
    prefix = python.parent.parent  # of the link, not of what it leads to: that is the environment
    for pattern in ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages"):
        yield from sorted(prefix.glob(pattern))
    yield from sorted(prefix.glob("Lib/site-packages"))


def _read(metadata: Path) -> Installed | None:
    if not metadata.is_file():
        return None
    try:
        with metadata.open("rb") as file:
            text = file.read(LARGEST_METADATA_BYTES).decode("utf-8", errors="replace")
        headers = HeaderParser().parsestr(text, headersonly=True)
        name, version = headers.get("Name"), headers.get("Version")
    except (OSError, ValueError):
        return None
    if not name or not version:
        return None
    classifiers = [found[1] for line in headers.get_all("Classifier", []) if (found := LICENCE.match(str(line)))]
    written = str(headers.get("License-Expression") or headers.get("License") or "").strip()
    first = written.splitlines()[0] if written else ""
    licence = headers.get("License-Expression") or ("; ".join(classifiers) if classifiers else first)
    shown = licence if licence and licence.upper() != "UNKNOWN" and len(licence) <= LONGEST_LICENCE else None
    return Installed(canonicalize_name(str(name)), str(version), shown, _modules(metadata.parent))


def _modules(folder: Path) -> tuple[str, ...]:
    """What is imported from a package: as it says itself, or the folders and files that it installed."""
    try:
        said = (folder / "top_level.txt").read_text(encoding="utf-8", errors="replace").split()
        if said:
            return tuple(sorted(name for name in said if name.isidentifier()))
    except OSError:
        pass
    try:
        record = (folder / "RECORD").read_text(encoding="utf-8", errors="replace")[:LARGEST_METADATA_BYTES]
    except OSError:
        return ()
    found = set()
    for line in record.splitlines():
        first, _, rest = line.split(",")[0].partition("/")
        name = first if rest else first.split(".")[0]
        if name.isidentifier() and (rest.endswith(".py") or first.endswith((".py", ".so", ".pyd"))):
            found.add(name)
    return tuple(sorted(found))
