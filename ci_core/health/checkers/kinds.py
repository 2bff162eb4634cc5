"""What a checker is: a description, and a function that looks at a target and reports what it saw."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from ci_core.errors import CiError
from ci_core.health.checkers.cores import Turn
from ci_core.health.values import Report, Sighting, SourceFile, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckType, IssueType


class CheckerFailed(CiError):
    """A checker could not do its work; the text says why in words, `remedy` what helps."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class ToolMissing(CheckerFailed):
    """A tool that the checker needs is not installed."""


class ToolTimedOut(CheckerFailed):
    """A tool did not end within its time."""


class ToolCrashed(CheckerFailed):
    """A tool broke down over what it was given, such as a file that is nested too deeply for it."""


class NotApplicable(CheckerFailed):
    """There is nothing for this checker to look at, such as an address that is not configured; it is skipped."""


class CheckCancelled(BaseException):
    """Somebody cancelled the check. No `Exception`: no checker may swallow it."""


class Cache(Protocol):
    """What was found in files of the same content before, by the same version of a checker."""

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:
        """The sightings by path, for those of the files that are known; paths are those of `files`."""

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        """Remember what was found, by path; a file without sightings too."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a checker works with.

    Attributes:
        scratch: an empty folder of its own, deleted afterwards.
        processes: how many it may start at once.
        seconds: how long it may take.
        cancelled: set when the check was cancelled; tools started with `tools.run_tool` end at once then.
        data_dir: where the product keeps its data, for example the advisories.
        turn: for a core; `tools.run_tool` takes one for each program.
    """

    settings: HealthSettings
    scratch: Path
    data_dir: Path
    cache: Cache
    processes: int = 1
    seconds: float = 300.0
    cancelled: threading.Event = field(default_factory=threading.Event)
    turn: Turn = field(default_factory=Turn)


Check = Callable[[Target, Workbench], Report]


@dataclass(frozen=True, slots=True)
class Checker:
    """One kind of look at a repository.

    Attributes:
        name: lower-case words joined by "_"; also in the table.
        title: for people.
        parts: the parts of the score that it has something to say about; where all checkers of a part failed, that
            part's score is not known.
        work: "module:function" of a `Check`; loaded when it is needed.
        check_types: the checks that it takes part in.
        looks_at: which files it is to look at; None: the repository as a whole.
        usual_seconds: how long it takes for 250,000 lines; the longest start first.
        seconds: how long it may take, from the settings; None: as long as they let any checker.
    """

    name: str
    title: str
    parts: frozenset[IssueType]
    work: str
    check_types: frozenset[CheckType]
    looks_at: Callable[[SourceFile], bool] | None = None
    usual_seconds: float = 1.0
    seconds: Callable[[HealthSettings], float] | None = None

    def expected(self, target: Target) -> frozenset[str]:
        """The paths that it is to look at."""
        if self.looks_at is None:
            return frozenset()
        return frozenset(path for path in target.selected if self.looks_at(target.files[path]))

    def most_seconds(self, settings: HealthSettings) -> float:
        """How long it may take."""
        return settings.checker_seconds if self.seconds is None else self.seconds(settings)

    def load(self) -> Check:
        """Its function."""
        module, _, name = self.work.partition(":")
        found: Check = getattr(import_module(module), name)
        return found
