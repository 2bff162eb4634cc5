"""What a repository says of the packages that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from packaging.specifiers import SpecifierSet


class Use(StrEnum):
    """What a package is needed for."""

    RUNTIME = "runtime"
    DEVELOPMENT = "development"


class UnreadableManifest(ValueError):
    """A file that names packages cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A package that a file names.

    Attributes:
        name: normalised (PEP 503).
        allowed: the versions that are let in; where one was locked, that one.
        version: the only one that is let in; None where there are several.
        locked: whether a tool wrote it down as what it had resolved, with what comes along with it.
        line: 1-based; where the file names it.
    """

    name: str
    allowed: SpecifierSet
    version: str | None
    path: str
    line: int
    use: Use = Use.RUNTIME
    locked: bool = False
