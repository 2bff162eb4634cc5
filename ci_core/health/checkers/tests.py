"""What the repository's tests say: which fail, which cannot be relied on, and what of the code they run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.tools import last_words
from ci_core.health.trials.coverage_figures import NewCode, of_new_code, total_percent
from ci_core.health.trials.events import Ending, Test
from ci_core.health.trials.new_lines import NewLines, new_lines
from ci_core.health.trials.running import trial_of
from ci_core.health.trials.testing import Tried, try_tests
from ci_core.health.values import Report, Sighting, Target, Unseen
from db.enums import IssueType, Severity

NAME = "tests"
FAILED, FLAKY, HANGING = "failed-test", "flaky-test", "hanging-test"
NOT_COLLECTED, NONE_AT_ALL, OUT_OF_TIME = "collection-error", "no-tests", "tests-out-of-time"
LOW_COVERAGE, UNCOVERED = "low-coverage", "uncovered-new-code"
TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|tests?)\.py$")
TEST_CODE = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
MOST_SLOW = 5
LONGEST_SAID = 300
NOTHING = "it says nothing"
FAILURES = frozenset({Ending.FAILED, Ending.ERROR})
# So many tests that say the same are told as one.
MANY = 10
MOST_NAMED = 100
IDS = re.compile(r"0x[0-9a-fA-F]{6,}")


def check(target: Target, workbench: Workbench) -> Report:
    """Run the tests in quarantine, those that failed once more, and see what of the code they run.

    Raises:
        CheckerFailed: the repository has tests, and they cannot be run at all.
        CheckCancelled: the check was cancelled.
    """
    if not any(TEST_FILE.search(path) for path in target.files):
        return _without_tests(target)
    tried = try_tests(trial_of(target, workbench, why="The tests were not run"), target)
    if tried.said and tried.run.collected is None:
        raise CheckerFailed(f"pytest could not run the tests: {_complaint(tried.said)}")
    whole = tried.run.finished and not tried.out_of_time
    if not whole:  # what was run so far says nothing of what would have been
        tried.coverage = None
    new = new_lines(target)
    code = [path for path, file in target.files.items() if file.is_python and not TEST_CODE.search(path)]
    fresh = _of_new_code(tried, new, code)
    total = total_percent(tried.coverage, code) if tried.coverage is not None else None
    return Report(
        sightings=tuple(_sightings(target, tried, total, fresh, new, workbench)),
        seen=_seen(target, tried, whole=whole and tried.coverage is not None),
        unseen=tuple(_unseen(tried)),
        looked_at_whole=whole,
        version=f"pytest, Python {tried.run.python}",
        metrics=_metrics(tried, total, fresh, new),
        file_metrics={
            path: {"coverage_percent": share}
            for path in code
            if tried.coverage is not None
            and path in tried.coverage
            and (share := tried.coverage[path].percent) is not None
        },
    )


def _without_tests(target: Target) -> Report:
    python = frozenset(path for path, file in target.files.items() if file.is_python)
    if not python:
        return Report((), frozenset(), looked_at_whole=True, version="pytest", metrics={"tests": 0})
    message = "The repository has no tests: nothing tells whether a change breaks it."
    none = _sighting(NONE_AT_ALL, message, Severity.HIGH, subject="tests")
    metrics = {"tests": 0, "coverage_percent": 0.0}
    return Report((none,), python, looked_at_whole=True, version="pytest", metrics=metrics)


def _sightings(
    target: Target, tried: Tried, total: float | None, fresh: NewCode | None, new: NewLines | None, workbench: Workbench
) -> Iterator[Sighting]:
    alike = _failing_alike(tried)
    for test in tried.run.tests.values():
        if test.nodeid not in alike and (found := _of_test(target, test, flaky=test.nodeid in tried.flaky)) is not None:
            yield found
    yield from _of_alike(target, tried, alike)
    for nodeid, text in tried.run.not_collected.items():
        path = nodeid.split("::")[0]
        message = f"The tests in this file cannot be read: {_said(text)}"
        yield _sighting(NOT_COLLECTED, message, Severity.HIGH, path=_known(target, path), subject=nodeid or "tests")
    for path in tried.hung_files:
        message = "Reading this file for its tests does not end; what it does when it is imported hangs."
        yield _sighting(HANGING, message, Severity.HIGH, path=path, subject=path)
    if tried.out_of_time:
        limit = workbench.settings.tests_seconds
        at = f", during {tried.run.begun}" if tried.run.begun else ""
        message = f"The tests did not end within {limit:g} s and were ended{at}."
        yield _sighting(OUT_OF_TIME, message, Severity.MEDIUM, subject="tests")
    if tried.run.finished and not (tried.run.tests or tried.run.not_collected or tried.hung_files):
        yield _sighting(NONE_AT_ALL, "pytest finds no tests in the repository.", Severity.HIGH, subject="tests")
    yield from _of_coverage(total, fresh, new, workbench)


def _failing_alike(tried: Tried) -> dict[str, str]:
    """What many tests say alike, by test: one cause, such as a fixture that breaks, and not as many defects."""
    said = {
        nodeid: _said(test.text)
        for nodeid, test in tried.run.tests.items()
        if test.ending in FAILURES and nodeid not in tried.flaky
    }
    counts = Counter(said.values())
    return {nodeid: text for nodeid, text in said.items() if counts[text] >= MANY and text != NOTHING}


def _of_alike(target: Target, tried: Tried, alike: Mapping[str, str]) -> Iterator[Sighting]:
    groups: dict[str, list[Test]] = {}
    for nodeid, text in alike.items():
        groups.setdefault(text, []).append(tried.run.tests[nodeid])
    for text, tests in groups.items():
        first = tests[0]
        message = f"{len(tests)} tests fail alike: {text}"
        details = {"tests": [test.nodeid for test in tests[:MOST_NAMED]], "failing": len(tests)}
        path = _known(target, first.path)
        yield _sighting(FAILED, message, Severity.HIGH, path=path, line=first.line, subject=text, details=details)


def _of_test(target: Target, test: Test, *, flaky: bool) -> Sighting | None:
    if test.ending in {Ending.PASSED, Ending.SKIPPED}:
        return None
    name = test.nodeid.rpartition("::")[2] or test.nodeid
    if test.ending is Ending.HUNG:
        rule, message, severity = HANGING, f"{name} does not end.", Severity.HIGH
    elif flaky:
        rule, severity = FLAKY, Severity.MEDIUM
        message = f"{name} failed, and passed when it was run again with nothing changed: {_said(test.text)}"
    else:
        rule, message, severity = FAILED, f"{name} fails: {_said(test.text)}", Severity.MEDIUM
    details = {"test": test.nodeid, "seconds": test.seconds}
    path = _known(target, test.path) or _known(target, test.nodeid.split("::")[0])
    return _sighting(rule, message, severity, path=path, line=test.line, subject=test.nodeid, details=details)


def _of_coverage(
    total: float | None, fresh: NewCode | None, new: NewLines | None, workbench: Workbench
) -> Iterator[Sighting]:
    wanted, wanted_new = workbench.settings.coverage_total_percent, workbench.settings.coverage_new_code_percent
    if total is not None and total < wanted:
        message = f"The tests run {total:g} % of the code; {wanted:g} % are wanted."
        yield _sighting(LOW_COVERAGE, message, Severity.MEDIUM, subject="coverage", details={"coverage_percent": total})
    if fresh is None or new is None or fresh.percent is None or fresh.percent >= wanted_new:
        return
    for path, lines in fresh.uncovered.items():
        one = "1 new line is" if len(lines) == 1 else f"{len(lines)} new lines are"
        message = f"{one} run by no test (new {new.because})."
        details = {"lines": list(lines[:200]), "uncovered": len(lines), "since": new.since}
        yield _sighting(
            UNCOVERED, message, Severity.LOW, path=path, line=lines[0], subject=f"coverage of {path}", details=details
        )


def _of_new_code(tried: Tried, new: NewLines | None, code: list[str]) -> NewCode | None:
    if tried.coverage is None or new is None:
        return None
    return of_new_code(tried.coverage, {path: new.lines[path] for path in code if path in new.lines})


def _seen(target: Target, tried: Tried, *, whole: bool) -> frozenset[str]:
    """Files whose tests all came to their end; and, where all did, the code whose coverage is known by that."""
    if whole:
        return frozenset(path for path, file in target.files.items() if file.is_python)
    if tried.run.collected is None or tried.out_of_time or tried.run.begun is not None or not tried.run.finished:
        return frozenset(
            {test.nodeid.split("::")[0] for test in tried.run.tests.values() if test.ending is Ending.HUNG}
            & target.files.keys()
        )
    return frozenset(tried.run.files & target.files.keys())


def _unseen(tried: Tried) -> Iterator[Unseen]:
    if tried.run.finished and not tried.out_of_time:
        return
    ended = {test.nodeid.split("::")[0] for test in tried.run.tests.values()}
    reason = "its tests were not run: the time for all tests was over"
    yield from (Unseen(path, reason) for path in sorted(tried.run.files - ended))


def _metrics(tried: Tried, total: float | None, fresh: NewCode | None, new: NewLines | None) -> Mapping[str, Any]:
    tests = tried.run.tests.values()
    counts = {ending: sum(test.ending is ending for test in tests) for ending in Ending}
    slow = sorted(tests, key=lambda test: -test.seconds)[:MOST_SLOW]
    known: dict[str, Any] = {
        "tests": tried.run.collected if tried.run.collected is not None else 0,
        "passed": counts[Ending.PASSED],
        "failed": counts[Ending.FAILED] + counts[Ending.ERROR] - len(tried.flaky),
        "flaky": len(tried.flaky),
        "hanging": counts[Ending.HUNG] + len(tried.hung_files),
        "skipped": counts[Ending.SKIPPED],
        "collection_errors": len(tried.run.not_collected),
        "tests_seconds": round(tried.seconds, 1),
        "slowest_tests": [{"test": test.nodeid[:300], "seconds": test.seconds} for test in slow],
        "quarantine": "apart" if tried.apart else "bounded",
        "coverage_percent": total,
        "coverage_new_code_percent": fresh.percent if fresh is not None else None,
        "new_code_lines": fresh.lines if fresh is not None else None,
        "new_code_since": new.because if new is not None else None,
        "no_coverage": tried.run.no_coverage if total is None else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _known(target: Target, path: str) -> str | None:
    return path if path in target.files else None


def _said(text: str) -> str:
    """The telling line of what a test said, short, without secrets, and the same from run to run."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = next((line for line in reversed(lines) if line.startswith("E ")), lines[0] if lines else "")
    shown = IDS.sub("0x…", last_words(telling.removeprefix("E ").strip()))
    return (shown if len(shown) <= LONGEST_SAID else f"{shown[:LONGEST_SAID]}…") or NOTHING


def _complaint(said: str) -> str:
    """What pytest complains of, short and without secrets."""
    lines = [line for line in said.splitlines() if "error" in line.lower()]
    return last_words("\n".join(lines[-1:]) or said)


def _sighting(
    rule: str,
    message: str,
    severity: Severity,
    *,
    path: str | None = None,
    line: int | None = None,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Sighting:
    more = {**(details or {}), "severity": severity.value, "part": IssueType.TESTS.value}
    return Sighting(NAME, rule, message, path=path, line=line if path else None, subject=subject, details=more)
