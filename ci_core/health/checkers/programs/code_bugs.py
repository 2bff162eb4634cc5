"""Looks for our own kinds of bugs in each file; see `ci_core/health/checkers/bugs`."""

from __future__ import annotations

from typing import Any

from ci_core.health.checkers.bugs.reading import read
from ci_core.health.checkers.programs.answering import answer
from ci_core.health.checkers.programs.each_file import Entries, each_file


def look(question: dict[str, Any]) -> dict[str, Any]:
    """What is wrong in each file."""
    return each_file(question, _read)


def _read(source: bytes, path: str) -> Entries:
    return [
        {
            "rule": found.rule,
            "message": found.message[:1].upper() + found.message[1:] + ".",
            "line": found.line,
            "end_line": found.end_line,
            "column": found.column,
            "details": {"severity": found.severity, **({"cwe": found.cwe} if found.cwe else {})},
        }
        for found in read(source, path)
    ]


if __name__ == "__main__":
    answer(look)
