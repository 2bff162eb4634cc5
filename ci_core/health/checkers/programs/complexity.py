"""Measures how hard the functions of files are to follow, with complexipy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ci_core.health.checkers.programs.answering import answer


def measure(question: dict[str, Any]) -> dict[str, Any]:
    """`{path: [[name, complexity, first line, last line], …] or the reason why the file could not be read}`."""
    import complexipy

    found: dict[str, Any] = {}
    for path in question["paths"]:
        place = Path(question["root"]) / path
        try:
            # Whatever comments in the file ask for, and without proposals of how to simplify it.
            read = complexipy.file_complexity(str(place), no_ignore=True, with_plans=False)
        except (ValueError, OSError) as error:
            found[path] = _reason(str(error))
        else:
            found[path] = [[one.name, one.complexity, one.line_start, one.line_end] for one in read.functions]
    return found


def _reason(said: str) -> str:
    if "not valid UTF-8" in said:
        return "it is not in the encoding that it declares (UTF-8 if it declares none)"
    if "Failed to parse" not in said:
        return "it cannot be read"
    return f"syntax error: {said.rpartition('Failed to parse code: ')[2].split(' at byte range')[0][:200]}"


if __name__ == "__main__":
    answer(measure)
