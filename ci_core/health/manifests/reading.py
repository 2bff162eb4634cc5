"""Which files of a repository name packages, and what they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ci_core.health.manifests.requirement_lines import read_requirements
from ci_core.health.manifests.setup_files import read_setup_cfg, read_setup_py
from ci_core.health.manifests.toml_files import read_pipfile, read_pipfile_lock, read_pyproject, read_toml_lock
from ci_core.health.manifests.values import Declared, UnreadableManifest
from ci_core.health.values import SourceFile, Target, Unseen

Reader = Callable[[str, str], Iterator[Declared]]
BY_NAME: dict[str, Reader] = {
    "pyproject.toml": read_pyproject,
    "Pipfile": read_pipfile,
    "Pipfile.lock": read_pipfile_lock,
    "poetry.lock": read_toml_lock,
    "uv.lock": read_toml_lock,
    "pdm.lock": read_toml_lock,
    "pylock.toml": read_toml_lock,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_py,
}
# requirements.txt, requirements-dev.txt, dev_requirements.in, constraints.txt, requirements/base.txt, pylock.dev.toml
PIP_FILE = re.compile(r"^(?:.*[-_.])?(?:requirements?|constraints?)(?:[-_.].*)?\.(?:txt|in)$", re.IGNORECASE)
# What nobody installs from any more; what stands in it would be told as if it were needed.
SET_ASIDE = re.compile(r"(^|[-_.])(backup|bak|old|orig|copy|archived?)([-_.0-9]|$)", re.IGNORECASE)
PIP_FOLDERS = frozenset({"requirements", "requires"})
PYLOCK = re.compile(r"^pylock\.[^.]+\.toml$")
LARGEST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a repository says of the packages that it needs.

    Attributes:
        read: the files that were read.
        unread: those that could not be, with the reason.
        set_aside: those that are copies of earlier ones by their names, and count for nothing.
    """

    declared: tuple[Declared, ...]
    read: frozenset[str]
    unread: tuple[Unseen, ...]
    set_aside: tuple[str, ...] = ()

    def settled(self) -> tuple[Declared, ...]:
        """What is said of each package where it counts: a lock file beside a declaration says which version it is.

        A lock counts for the folder that it lies in and for those below.
        """
        locked = [one for one in self.declared if one.locked]
        places: dict[str, list[PurePosixPath]] = {}
        for one in locked:
            places.setdefault(one.name, []).append(PurePosixPath(one.path).parent)
        return tuple(
            one
            for one in self.declared
            if one.locked
            or one.version is not None
            or not any(PurePosixPath(one.path).is_relative_to(place) for place in places.get(one.name, ()))
        )


def is_manifest(file: SourceFile) -> bool:
    """Whether a file names packages that are needed."""
    return _reader(file.path) is not None and not _is_set_aside(file.path)


def read_manifests(target: Target) -> Manifests:
    """Read every file of the repository that names packages, whether the check is limited to others or not."""
    declared: list[Declared] = []
    read: set[str] = set()
    unread: list[Unseen] = []
    set_aside: list[str] = []
    for path in sorted(target.files):
        reader = _reader(path)
        if reader is None:
            continue
        if _is_set_aside(path):
            set_aside.append(path)
            continue
        try:
            declared.extend(reader(_text(target, path), path))
        except UnreadableManifest as problem:
            unread.append(Unseen(path, str(problem)))
        else:
            read.add(path)
    return Manifests(tuple(declared), frozenset(read), tuple(unread), tuple(set_aside))


def _is_set_aside(path: str) -> bool:
    return SET_ASIDE.search(PurePosixPath(path).name) is not None


def _reader(path: str) -> Reader | None:
    name = PurePosixPath(path).name
    if (known := BY_NAME.get(name)) is not None:
        return known
    if PYLOCK.match(name):
        return read_toml_lock
    in_folder = PurePosixPath(path).parent.name.lower() in PIP_FOLDERS and name.endswith((".txt", ".in"))
    return read_requirements if in_folder or PIP_FILE.match(name) else None


def _text(target: Target, path: str) -> str:
    if target.files[path].size > LARGEST_BYTES:
        raise UnreadableManifest(f"it is larger than {LARGEST_BYTES // 2**20} MiB")
    try:
        data = (target.root / path).read_bytes()
    except OSError as error:
        raise UnreadableManifest(f"it cannot be read: {error.strerror or error}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # pip freeze > requirements.txt in an old PowerShell
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")
