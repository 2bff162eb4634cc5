"""Checkers for tests of whole checks: they look at real files and need no tool."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci_core.health.agent import CheckParts, check
from ci_core.health.check_result import CheckResult
from ci_core.health.checkers.kinds import Checker, CheckerFailed, Workbench
from ci_core.health.values import CheckRequest, Report, Sighting, Target
from ci_core.settings import Settings
from db.engine import Database
from db.enums import CheckType, IssueType
from tests.ci_core.health.checks import NOW

ALL_CHECKS = frozenset(CheckType) - {CheckType.IMPORT}


def find_eval(target: Target, _workbench: Workbench) -> Report:
    """Sees a line with "eval(" as code from outside that is carried out, which is grave."""
    seen = {file.path for file in target.python_files()}
    sightings = [
        Sighting("flows", "code-injection", "Code from outside is carried out", path, number)
        for path in sorted(seen)
        for number, line in enumerate((target.root / path).read_text("utf-8", "replace").splitlines(), 1)
        if "eval(" in line
    ]
    return Report(tuple(sightings), frozenset(seen), version="1")


def tell_coverage(target: Target, _workbench: Workbench) -> Report:
    """A test run that passes, with the coverage that the file "coverage" says."""
    covered = target.root / "coverage.txt"
    metrics: dict[str, Any] = {"passed": 4, "failed": 0}
    if covered.exists():
        metrics["coverage_percent"] = float(covered.read_text())
    return Report((), frozenset(), looked_at_whole=True, version="1", metrics=metrics)


def fail(_target: Target, _workbench: Workbench) -> Report:
    """Cannot do its work."""
    raise CheckerFailed("mypy was killed by signal 9", remedy="Give it more memory.")


def kill_own_process(_target: Target, _workbench: Workbench) -> Report:
    """The process of the check dies in its midst."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def wait_to_be_cancelled(_target: Target, workbench: Workbench) -> Report:
    """Looks for as long as nobody cancels it."""
    deadline = time.monotonic() + 60
    while not workbench.cancelled.wait(0.02):
        assert time.monotonic() < deadline
    return Report((), frozenset())


def a_checker(
    work: str,
    name: str,
    *parts: IssueType,
    whole: bool = False,
    check_types: frozenset[CheckType] = ALL_CHECKS,
) -> Checker:
    """A checker that works as one of the functions above."""
    return Checker(
        name=name,
        title=name.capitalize(),
        parts=frozenset(parts),
        work=f"{__name__}:{work}",
        check_types=check_types,
        looks_at=None if whole else lambda file: file.is_python,
    )


FLOWS = a_checker("find_eval", "flows", IssueType.SECURITY, IssueType.BUGS)
TESTS = a_checker("tell_coverage", "tests", IssueType.TESTS, whole=True, check_types=frozenset({CheckType.FULL_SCAN}))
FAILING = a_checker("fail", "types", IssueType.BUGS)
UNKNOWING = a_checker("fail", "packages", IssueType.DEPENDENCIES, whole=True)
KILLING = a_checker("kill_own_process", "types", IssueType.BUGS)
WAITING = a_checker("wait_to_be_cancelled", "types", IssueType.BUGS)


def check_folder(
    database: Database,
    folder: Path,
    *checkers: Checker,
    check_type: CheckType = CheckType.FULL_SCAN,
    run_id: int | None = None,
    attempt: int = 0,
    data_dir: Path = Path("/nonexistent"),
    parts: CheckParts | None = None,
    **request: Any,
) -> CheckResult:
    """Check a folder by these checkers."""
    chosen: Sequence[Checker] = checkers or (FLOWS, TESTS)
    settings = Settings(_env_file=None, data_dir=data_dir)  # type: ignore[call-arg]
    given = parts or CheckParts(checkers=chosen, clock=lambda: NOW)
    wanted = CheckRequest(check_type, folder, **request)
    return check(database, settings, wanted, actor="Ada", run_id=run_id, attempt=attempt, parts=given)
