"""Code that nothing reaches, and names that nothing uses, as far as that can be said without running it (vulture)."""

from __future__ import annotations

from typing import Any

from ci_core.health.checkers.asking import ask
from ci_core.health.checkers.complexity import tool_version
from ci_core.health.checkers.documentation import TESTS
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Sighting, Target, Unseen

NAME = "dead_code"
PROGRAM = "ci_core.health.checkers.programs.dead_code"
# What vulture is this sure of is told; below, frameworks and callers elsewhere may use a name that nothing here does.
SURE_PERCENT = 80
# Of variables, it is that sure of parameters alone.
KINDS = {"variable": "parameter"}
# But nobody elsewhere uses a name that begins with "_".
PRIVATE = frozenset({"function", "class", "method"})


def check(target: Target, workbench: Workbench) -> Report:
    """Read all Python files, because a name may be used in any of them, and tell of those that are looked at.

    Raises:
        CheckerFailed: vulture is missing or failed.
    """
    tool = tool_version("vulture")
    paths = sorted(file.path for file in target.files.values() if file.is_python)
    said = ask(PROGRAM, {"root": str(target.root), "paths": paths}, workbench)
    looked_at = {file.path for file in target.python_files()}
    unseen = {path: reason for path, reason in said["unseen"].items() if path in looked_at}
    return Report(
        sightings=tuple(_sighting(*one) for one in said["found"] if one[0] in looked_at and _is_told(*one)),
        seen=frozenset(looked_at - unseen.keys()),
        unseen=tuple(Unseen(path, reason) for path, reason in sorted(unseen.items())),
        version=f"vulture {tool}, from {SURE_PERCENT} %",
    )


def _is_told(path: str, kind: str, name: str, _first: int, _last: int, sure: int, _message: str) -> bool:
    if kind == "import":  # ruff's F401 knows which of them others take from here
        return False
    if kind == "variable" and TESTS.search(path):  # a test asks for what is to be prepared by naming it
        return False
    if sure >= SURE_PERCENT:  # a parameter says by a "_" that it is not used
        return not path.endswith(".pyi") and not name.startswith("_")
    return kind in PRIVATE and name.startswith("_") and not name.startswith("__")


def _sighting(path: str, kind: str, name: str, first: int, last: int, sure: int, message: str) -> Sighting:
    details: dict[str, Any] = {"name": name, "confidence_percent": sure, "lines": last - first + 1}
    return Sighting(
        checker=NAME,
        rule="unreachable-code" if kind == "unreachable_code" else f"unused-{kind}",
        message=message if kind == "unreachable_code" else f"Nothing uses the {KINDS.get(kind, kind)} {name}.",
        path=path,
        line=first,
        end_line=last,
        details=details,
    )
