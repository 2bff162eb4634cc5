"""Which lines the tests ran, from the JSON that coverage.py writes; and how much of what is new."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

LARGEST_BYTES = 128 * 2**20


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """The lines of a file that can be run, and those of them that were."""

    statements: frozenset[int]
    executed: frozenset[int]

    @property
    def percent(self) -> float | None:
        """How much of it was run, 0–100; None where there is nothing to run."""
        return percent(len(self.executed), len(self.statements))


def percent(part: int, whole: int) -> float | None:
    """A share in per cent with one decimal, never rounded up to a whole that it is not; None of nothing."""
    return int(1000 * part / whole) / 10 if whole else None


def read_coverage(path: Path, roots: Iterable[Path]) -> dict[str, FileCoverage]:
    """The coverage of each file by its path below one of the roots; nothing where there is no such file, or no JSON."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return {}
        document = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        return {}
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict):
        return {}
    tops = [PurePosixPath(root.as_posix()) for root in roots]
    found: dict[str, FileCoverage] = {}
    for name, entry in files.items():
        if isinstance(entry, dict):
            executed, missing = _numbers(entry.get("executed_lines")), _numbers(entry.get("missing_lines"))
            one = FileCoverage(executed | missing, executed)
            place = _below(PurePosixPath(name), tops)
            found[place] = _joined([found[place], one]) if place in found else one
    return found


def joined(runs: Iterable[Mapping[str, FileCoverage]]) -> dict[str, FileCoverage]:
    """What several runs did together: a line was run where one of them ran it."""
    by_path: dict[str, list[FileCoverage]] = {}
    for run in runs:
        for path, one in run.items():
            by_path.setdefault(path, []).append(one)
    return {path: _joined(several) for path, several in by_path.items()}


def total_percent(files: Mapping[str, FileCoverage], paths: Collection[str]) -> float | None:
    """How much of the code in these paths was run; None where there is nothing to run, or nothing was measured."""
    chosen = [files[path] for path in paths if path in files]
    return percent(sum(len(one.executed) for one in chosen), sum(len(one.statements) for one in chosen))


@dataclass(frozen=True, slots=True)
class NewCode:
    """How much of the new code is run by tests.

    Attributes:
        lines: how many lines of it can be run.
        uncovered: those that are not, by path.
    """

    lines: int
    covered: int
    uncovered: Mapping[str, tuple[int, ...]]

    @property
    def percent(self) -> float | None:
        """0–100; None where there is none."""
        return percent(self.covered, self.lines)


def of_new_code(files: Mapping[str, FileCoverage], changed: Mapping[str, Collection[int]]) -> NewCode:
    """How much of the lines that are new or changed was run."""
    lines = covered = 0
    uncovered: dict[str, tuple[int, ...]] = {}
    for path, numbers in changed.items():
        if path not in files:
            continue
        new = files[path].statements & set(numbers)
        ran = new & files[path].executed
        lines += len(new)
        covered += len(ran)
        if new - ran:
            uncovered[path] = tuple(sorted(new - ran))
    return NewCode(lines, covered, uncovered)


def _joined(several: Iterable[FileCoverage]) -> FileCoverage:
    every = list(several)
    return FileCoverage(
        frozenset().union(*(one.statements for one in every)), frozenset().union(*(one.executed for one in every))
    )


def _numbers(value: Any) -> frozenset[int]:
    return (
        frozenset(one for one in value if isinstance(one, int) and one > 0) if isinstance(value, list) else frozenset()
    )


def _below(name: PurePosixPath, tops: Iterable[PurePosixPath]) -> str:
    for top in tops:
        if name.is_relative_to(top):
            return str(name.relative_to(top))
    return str(name)
