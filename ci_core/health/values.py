"""The values that the parts of the health agent hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.enums import CheckerStatus, CheckType


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the checked repository.

    Attributes:
        path: relative to the repository, with "/"; a name that is not UTF-8 has its odd bytes as surrogate escapes.
        blob: the hash of its content, as git computes it.
        size: in bytes.
        lines: of text; 0 for what is no text.
    """

    path: str
    blob: str
    size: int
    lines: int

    @property
    def is_python(self) -> bool:
        """Whether it is Python source."""
        return self.path.endswith((".py", ".pyi"))


@dataclass(frozen=True, slots=True)
class Excluded:
    """What is not looked at, because it is not the team's own; `files` says how many files that is."""

    path: str
    reason: str
    files: int


@dataclass(frozen=True, slots=True)
class Target:
    """The repository as one check sees it.

    Attributes:
        root: its folder.
        identity: what tells it from others wherever it is checked out.
        name: what people call it, such as "owner/name".
        files: all that are the team's own, by path.
        selected: the paths that this check looks at; the same as those of `files` in a full scan.
        commit: None outside git, or before the first commit.
        renames: path as of the check before → path now, as git tells.
        remarks: what a person should know about where the files come from, such as that this is no git checkout.
    """

    root: Path
    identity: str
    name: str
    files: Mapping[str, SourceFile]
    selected: frozenset[str]
    excluded: tuple[Excluded, ...] = ()
    commit: str | None = None
    branch: str | None = None
    dirty: bool = False
    renames: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def python_files(self) -> tuple[SourceFile, ...]:
        """The selected Python files, in the order of their paths."""
        return tuple(self.files[path] for path in sorted(self.selected) if self.files[path].is_python)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a checker saw a defect, before it is known which issue that is.

    Attributes:
        checker: the checker's name.
        rule: as the tool calls it, for example "S608"; `rules.py` says what it means here.
        path: None where it concerns the whole repository; then `subject` says what of it, such as a package's name.
        line, end_line, column: 1-based.
        details: more that a page can show, plain JSON.
    """

    checker: str
    rule: str
    message: str
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    subject: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file that a checker was to look at and could not, with the reason in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one checker saw.

    Attributes:
        seen: the paths it looked at; an issue elsewhere is not resolved by its silence.
        looked_at_whole: whether it looked at what concerns the whole repository (its dependencies, its test run).
        version: of the tool and of its rules.
        metrics: figures of the whole, plain JSON, such as {"coverage_percent": 61.2}; a figure not known is not there.
        file_metrics: figures by path: "complexity" (highest cognitive complexity of its functions),
            "coverage_percent", "documented_percent", "functions", "duplicated_lines".
    """

    sightings: tuple[Sighting, ...]
    seen: frozenset[str]
    unseen: tuple[Unseen, ...] = ()
    looked_at_whole: bool = False
    version: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    file_metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckerOutcome:
    """How one checker of a check did: its report, or why there is none and what helps."""

    name: str
    status: CheckerStatus
    expected: frozenset[str]
    seconds: float
    report: Report | None = None
    error: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What is to be checked.

    Attributes:
        paths: folders or files that a feature-specific check is limited to.
        since: a commit; what changed since then is looked at (a quick scan without it: since the last check).
        checkers: only these, by name; empty: all that the type of check has.
    """

    check_type: CheckType
    repo_path: Path
    paths: tuple[str, ...] = ()
    since: str | None = None
    checkers: tuple[str, ...] = ()
