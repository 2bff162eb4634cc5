"""Code that stands in several places, so that whoever repairs one forgets the others."""

from __future__ import annotations

from ci_core.health.checkers.asking import ask
from ci_core.health.checkers.documentation import TESTS
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Sighting, Target, Unseen

NAME = "duplication"
RULE = "duplicated-code"
VERSION = "1"
PROGRAM = "ci_core.health.checkers.programs.duplication"


def check(target: Target, workbench: Workbench) -> Report:
    """Compare all Python files that are no tests, examples or migrations, and tell of those that are looked at.

    Of two places that are alike, the one whose path comes later is told of, with the other beside it.

    Raises:
        CheckerFailed: the program that compares them failed.
    """
    paths = sorted(file.path for file in target.files.values() if file.is_python and not TESTS.search(file.path))
    said = ask(PROGRAM, {"root": str(target.root), "paths": paths}, workbench)
    looked_at = {file.path for file in target.python_files()}
    unseen = tuple(Unseen(path, reason) for path, reason in sorted(said["unseen"].items()) if path in looked_at)
    lines = sum(target.files[path].lines for path in paths)
    return Report(
        sightings=tuple(_sighting(*copy) for copy in said["copies"] if copy[0] in looked_at),
        seen=frozenset(looked_at - {one.path for one in unseen}),
        unseen=unseen,
        version=VERSION,
        metrics={"duplicated_percent": round(100.0 * sum(said["lines"].values()) / lines, 2)} if lines else {},
        file_metrics={
            path: {"duplicated_lines": float(said["lines"].get(path, 0))} for path in paths if path in looked_at
        },
    )


def _sighting(path: str, first: int, last: int, lines: int, other: str, other_first: int, other_last: int) -> Sighting:
    where = "further up in this file" if other == path else f"in {other}"
    return Sighting(
        checker=NAME,
        rule=RULE,
        message=f"{lines} lines of code stand {where} too.",
        path=path,
        line=first,
        end_line=last,
        details={"lines": lines, "other_path": other, "other_line": other_first, "other_end_line": other_last},
    )
