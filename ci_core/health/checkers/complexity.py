"""Functions that are hard to follow: their cognitive complexity, as SonarSource defined it, measured by complexipy."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ci_core.health.checkers.asking import ask_in_shards
from ci_core.health.checkers.kinds import ToolMissing, Workbench
from ci_core.health.checkers.tools import REINSTALL
from ci_core.health.values import Report, Sighting, Target, Unseen

NAME = "complexity"
RULE = "cognitive-complexity"
PROGRAM = "ci_core.health.checkers.programs.complexity"
# Where SonarSource's rule S3776 begins to complain.
LIMIT = 15


def check(target: Target, workbench: Workbench) -> Report:
    """Measure every function of the Python files.

    Raises:
        CheckerFailed: complexipy is missing or failed.
    """
    tool = tool_version("complexipy")
    found: dict[str, Any] = {}
    for part in ask_in_shards(PROGRAM, target, target.python_files(), workbench):
        found.update(part)
    seen = {path: functions for path, functions in found.items() if not isinstance(functions, str)}
    figures = {
        path: {"complexity": float(max((one[1] for one in functions), default=0)), "functions": float(len(functions))}
        for path, functions in seen.items()
    }
    every = sorted(one[1] for functions in seen.values() for one in functions)
    return Report(
        sightings=tuple(
            _sighting(path, *one) for path in sorted(seen) for one in seen[path] if one[1] > LIMIT
        ),
        seen=frozenset(seen),
        unseen=tuple(Unseen(path, str(said)) for path, said in sorted(found.items()) if isinstance(said, str)),
        version=f"complexipy {tool}, limit {LIMIT}",
        metrics={"functions": len(every), "complexity_median": every[len(every) // 2], "complexity_highest": every[-1],
                 "complex_functions": sum(one > LIMIT for one in every)} if every else {"functions": 0},
        file_metrics=figures,
    )  # fmt: skip


def _sighting(path: str, name: str, complexity: int, first: int, last: int) -> Sighting:
    return Sighting(
        checker=NAME,
        rule=RULE,
        message=f"{name.rpartition('::')[2]} has a cognitive complexity of {complexity}; up to {LIMIT} one can follow.",
        path=path,
        line=first,
        end_line=last,
        details={"complexity": complexity, "function": name.replace("::", ".")},
    )


def tool_version(package: str) -> str:
    """The version of a tool that is a package of our environment.

    Raises:
        ToolMissing: it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise ToolMissing(f"{package} is not installed here.", remedy=REINSTALL) from error
