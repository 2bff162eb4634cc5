"""How much of what others may use says what it is for: modules, public classes and functions, by their docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ci_core.health.checkers.asking import ask_in_shards
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Sighting, Target, Unseen

NAME = "documentation"
VERSION = "1"
PROGRAM = "ci_core.health.checkers.programs.documentation"
NO_README = "no-readme"
README = re.compile(r"^readme(\.[a-z]+)?$", re.IGNORECASE)
# A short function's name says all; its docstring would repeat it.
SHORT_LINES = 10
# In the cache, what was measured stands beside what was seen.
FIGURES = "figures"
TESTS = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|migrations)/|(^|/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$"
)

Look = Sequence[Any]


def check(target: Target, workbench: Workbench) -> Report:
    """Look at every Python file that is no test, example or migration, and for a README.

    Raises:
        CheckerFailed: the program that reads the files failed.
    """
    files = target.python_files()
    counted = [file for file in files if not TESTS.search(file.path)]
    known = workbench.cache.get(VERSION, counted)
    asked: dict[str, Any] = {}
    for part in ask_in_shards(PROGRAM, target, [file for file in counted if file.path not in known], workbench):
        asked.update(part)
    fresh = {path: _entries(path, looks) for path, looks in asked.items() if not isinstance(looks, str)}
    workbench.cache.put(VERSION, fresh)
    found = {**known, **fresh}
    figures = {path: dict(one.details) for path, sightings in found.items() for one in sightings if one.rule == FIGURES}
    unseen = tuple(Unseen(path, str(said)) for path, said in sorted(asked.items()) if isinstance(said, str))
    return Report(
        sightings=(
            *(one for path in sorted(found) for one in found[path] if one.rule != FIGURES),
            *_about_readme(target),
        ),
        seen=frozenset(file.path for file in files) - {one.path for one in unseen},
        unseen=unseen,
        looked_at_whole=True,
        version=VERSION,
        metrics=_totals(figures),
        file_metrics={
            path: {"documented_percent": _percent(figure)} for path, figure in figures.items() if figure["public"]
        },
    )


def _entries(path: str, looks: Sequence[Look]) -> tuple[Sighting, ...]:
    described = sum(bool(look[5]) for look in looks)
    figures = Sighting(NAME, FIGURES, "", path, details={"public": len(looks), "described": described})
    return (figures, *(_sighting(path, look) for look in looks if not look[5] and _deserves_one(look)))


def _deserves_one(look: Look) -> bool:
    kind: str = look[0]
    lines: int = look[4]
    return kind == "class" or lines > SHORT_LINES


def _sighting(path: str, look: Look) -> Sighting:
    kind, name, first, last, _, _ = look
    what = PurePosixPath(path).name if kind == "module" else name
    return Sighting(
        checker=NAME,
        rule=f"undescribed-{kind}",
        message=f"The {kind} {what} does not say what it is for.",
        path=path,
        line=first,
        end_line=1 if kind == "module" else last,
        details={"name": what},
    )


def _about_readme(target: Target) -> Iterator[Sighting]:
    if target.files and not any("/" not in path and README.match(path) for path in target.files):
        yield Sighting(NAME, NO_README, "No README says what this is and how to start it.", subject="README")


def _percent(figure: Mapping[str, Any]) -> float:
    return round(100.0 * int(figure["described"]) / int(figure["public"]), 1)


def _totals(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    public = sum(figure["public"] for figure in figures.values())
    described = sum(figure["described"] for figure in figures.values())
    return {"public": public, "described": described} | (
        {"documented_percent": _percent({"public": public, "described": described})} if public else {}
    )
