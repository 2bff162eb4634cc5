"""Follows what comes from outside through each file; see `ci_core/health/checkers/flows`."""

from __future__ import annotations

from typing import Any

from ci_core.health.checkers.flows.frames import Finding
from ci_core.health.checkers.flows.reading import read
from ci_core.health.checkers.flows.severities import CWES, severity
from ci_core.health.checkers.programs.answering import answer
from ci_core.health.checkers.programs.each_file import Entries, each_file


def follow(question: dict[str, Any]) -> dict[str, Any]:
    """What does harm in each file."""
    return each_file(question, _read)


def _read(source: bytes, path: str) -> Entries:
    return [entry(found) for found in read(source, path)]


def entry(found: Finding) -> dict[str, Any]:
    """One finding as plain JSON."""
    details: dict[str, Any] = {"severity": severity(found).value, "origin": found.origin.name.lower()}
    if found.rule in CWES:
        details["cwe"] = CWES[found.rule]
    if found.steps:
        details["steps"] = [{"line": line, "label": label} for line, label in found.steps]
    return {
        "rule": found.rule,
        "message": found.message[:1].upper() + found.message[1:] + ".",
        "line": found.line,
        "end_line": found.end_line,
        "column": found.column,
        "details": details,
    }


if __name__ == "__main__":
    answer(follow)
