"""Packages named in pyproject.toml, Pipfile, and the lock files of Poetry, uv, PDM, pip and Pipenv."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from ci_core.health.manifests.requirement_lines import declared_from, only_version, pinned, use_of_name
from ci_core.health.manifests.values import Declared, UnreadableManifest, Use

PLAIN_VERSION = re.compile(r"^v?\d[\w.!+*-]*$")
# A lock of one that a repository made itself ("virtual", "editable", "directory") has no version of the index.
OWN_SOURCES = frozenset({"virtual", "editable", "directory", "path"})


def read_pyproject(text: str, path: str) -> Iterator[Declared]:
    """The packages of a pyproject.toml: those of PEP 621 and PEP 735, and Poetry's and PDM's own tables."""
    document = _toml(text)
    lines = _Lines(text)
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    yield from _listed(project.get("dependencies"), path, lines, Use.RUNTIME)
    for name, group in _table(project.get("optional-dependencies")).items():
        yield from _listed(group, path, lines, use_of_name(name))
    for group in _table(document.get("dependency-groups")).values():
        yield from _listed(group, path, lines, Use.DEVELOPMENT)
    for group in _table(_table(tool.get("pdm")).get("dev-dependencies")).values():
        yield from _listed(group, path, lines, Use.DEVELOPMENT)
    yield from _listed(_table(tool.get("uv")).get("dev-dependencies"), path, lines, Use.DEVELOPMENT)
    poetry = _table(tool.get("poetry"))
    yield from _keyed(poetry.get("dependencies"), path, lines, Use.RUNTIME)
    yield from _keyed(poetry.get("dev-dependencies"), path, lines, Use.DEVELOPMENT)
    for group in _table(poetry.get("group")).values():
        yield from _keyed(_table(group).get("dependencies"), path, lines, Use.DEVELOPMENT)


def read_pipfile(text: str, path: str) -> Iterator[Declared]:
    """The packages of a Pipfile."""
    document, lines = _toml(text), _Lines(text)
    yield from _keyed(document.get("packages"), path, lines, Use.RUNTIME)
    yield from _keyed(document.get("dev-packages"), path, lines, Use.DEVELOPMENT)


def read_toml_lock(text: str, path: str) -> Iterator[Declared]:
    """The packages of poetry.lock, uv.lock, pdm.lock, or pylock.toml (PEP 751)."""
    document, lines = _toml(text), _Lines(text)
    packages = document.get("package") or document.get("packages")
    for entry in packages if isinstance(packages, list) else []:
        name, version = _table(entry).get("name"), _table(entry).get("version")
        if not isinstance(name, str) or not isinstance(version, str):
            continue
        if OWN_SOURCES & _table(entry.get("source")).keys():
            continue
        use = Use.DEVELOPMENT if entry.get("category") == "dev" else Use.RUNTIME
        yield Declared(canonicalize_name(name), pinned(version), version, path, lines.of_entry(name), use, locked=True)


def read_pipfile_lock(text: str, path: str) -> Iterator[Declared]:
    """The packages of a Pipfile.lock."""
    try:
        document = _table(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableManifest(f"it is no JSON: {error}") from None
    lines = _Lines(text)
    for group, use in (("default", Use.RUNTIME), ("develop", Use.DEVELOPMENT)):
        for name, entry in _table(document.get(group)).items():
            version = _table(entry).get("version")
            if isinstance(version, str) and version.startswith("=="):
                only = version.lstrip("=")
                yield Declared(canonicalize_name(name), pinned(only), only, path, lines.of(name), use, locked=True)


def poetry_constraint(written: str) -> SpecifierSet:
    """The versions that a constraint of Poetry lets in: ^1.2 and ~1.2 as Poetry means them, a bare one is exact.

    Alternatives ("^1 || ^2") let in what one of them does, which cannot be said here; they count as no limit.
    """
    if "||" in written or " | " in written:
        return SpecifierSet()
    parts = [part.strip() for part in written.split(",") if part.strip() not in {"", "*"}]
    try:
        return SpecifierSet(",".join(_one_constraint(part) for part in parts))
    except (InvalidSpecifier, ValueError):
        return SpecifierSet()


def _one_constraint(part: str) -> str:
    if part.startswith(("^", "~")) and not part.startswith("~="):
        base = part[1:].strip()
        numbers = [int(number) for number in re.findall(r"\d+", base.split("-")[0].split("+")[0])[:3]]
        if part[0] == "^":
            keep = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
        else:
            keep = min(1, len(numbers) - 1)
        above = [*numbers[:keep], numbers[keep] + 1]
        return f">={base},<{'.'.join(map(str, above))}"
    if PLAIN_VERSION.match(part):
        return f"=={part}"
    return part


class _Lines:
    """Finds in which line of a text something is named."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._entries: dict[str, int] | None = None

    def of(self, words: str) -> int:
        """The first line with these words, 1 where there is none."""
        return next((number for number, line in enumerate(self._lines, start=1) if words in line), 1)

    def of_key(self, name: str) -> int:
        """The first line that gives this key a value, as TOML does."""
        key = re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*=""")
        return next((number for number, line in enumerate(self._lines, start=1) if key.match(line)), self.of(name))

    def of_entry(self, name: str) -> int:
        """The line of a lock file that begins the entry of a package."""
        if self._entries is None:
            self._entries = {}
            for number, line in enumerate(self._lines, start=1):
                if line.startswith("name ="):
                    self._entries.setdefault(line.partition("=")[2].strip().strip("\"'"), number)
        return self._entries.get(name, 1)


def _listed(group: Any, path: str, lines: _Lines, use: Use) -> Iterator[Declared]:
    for written in group if isinstance(group, list) else []:
        if isinstance(written, str) and (found := declared_from(written, path, lines.of(written), use)) is not None:
            yield found


def _keyed(group: Any, path: str, lines: _Lines, use: Use) -> Iterator[Declared]:
    for name, value in _table(group).items():
        if canonicalize_name(name) == "python":
            continue
        written = value.get("version", "") if isinstance(value, Mapping) else value
        allowed = poetry_constraint(written) if isinstance(written, str) else SpecifierSet()
        yield Declared(canonicalize_name(name), allowed, only_version(allowed), path, lines.of_key(name), use)


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise UnreadableManifest(f"it is no TOML: {error}") from None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
