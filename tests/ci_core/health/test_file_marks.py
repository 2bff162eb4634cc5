"""How a check leaves each file, and what the next quick scan may pass over."""

from __future__ import annotations

from dataclasses import replace

from ci_core.health.checkers.kinds import Checker
from ci_core.health.churn import Churn
from ci_core.health.file_marks import mark_files
from ci_core.health.store import FileState
from ci_core.health.values import CheckerOutcome, Report, Target
from db.enums import CheckerStatus, CheckType, Severity
from tests.ci_core.health.checks import a_file, a_target

A, B, WORDS = a_file("a.py", blob="a"), a_file("b.py", blob="b"), a_file("c.md", blob="c")
WHOLE = a_target(A, B, WORDS)
LINT = Checker("lint", "Lint", frozenset(), "", frozenset(CheckType), lambda file: file.is_python)
COMPLEXITY = replace(LINT, name="complexity")


def outcome(checker: Checker, *seen: str, complexity: dict[str, float] | None = None) -> CheckerOutcome:
    figures = {path: {"complexity": value} for path, value in (complexity or {}).items()}
    report = Report((), frozenset(seen), file_metrics=figures)
    return CheckerOutcome(checker.name, CheckerStatus.COMPLETED, frozenset(seen), 1.0, report)


def without_report(checker: Checker, status: CheckerStatus) -> CheckerOutcome:
    return CheckerOutcome(checker.name, status, frozenset(), 1.0)


def marked(
    *outcomes: CheckerOutcome,
    target: Target = WHOLE,
    before: dict[str, FileState] | None = None,
    complete: bool = True,
) -> tuple[dict[str, FileState], list[str]]:
    states, gone = mark_files(
        target,
        [LINT, COMPLEXITY],
        {one.name: one for one in outcomes},
        {"a.py": {Severity.LOW: 2}},
        {"a.py": Churn(3, 40)},
        before or {},
        check_id=7,
        complete=complete,
    )
    return {state.path: state for state in states}, gone


BOTH = (outcome(LINT, "a.py", "b.py"), outcome(COMPLEXITY, "a.py", "b.py", complexity={"a.py": 12.0}))


def test_a_file_that_was_looked_at_has_a_score_and_what_was_measured() -> None:
    files, gone = marked(*BOTH)

    a, b, words = files["a.py"], files["b.py"], files["c.md"]
    assert (a.issues, a.churn_commits, a.churn_lines, a.complexity, a.check_id) == (2, 3, 40, 12, 7)
    assert a.score is not None
    assert a.score < 100
    assert (b.score, b.complexity, b.blob) == (100, None, B.blob)
    assert (words.score, words.blob) == (None, WORDS.blob)
    assert gone == []


def test_a_quick_scan_keeps_what_it_did_not_look_at() -> None:
    before, _ = marked(*BOTH)
    only_b = replace(WHOLE, selected=frozenset({"b.py"}))

    files, _ = marked(outcome(LINT, "b.py"), outcome(COMPLEXITY, "b.py"), target=only_b, before=before)

    assert files["a.py"] == before["a.py"]


def test_a_changed_file_that_nobody_looked_at_has_no_score_any_more() -> None:
    before, _ = marked(*BOTH)
    changed = a_target(a_file("a.py", blob="d"), B, WORDS)

    files, _ = marked(
        without_report(LINT, CheckerStatus.FAILED),
        without_report(COMPLEXITY, CheckerStatus.FAILED),
        target=changed,
        before=before,
    )

    assert (files["a.py"].score, files["a.py"].complexity, files["a.py"].blob) == (None, None, "")


def test_what_one_checker_missed_is_looked_at_again() -> None:
    files, _ = marked(outcome(LINT, "a.py", "b.py"), outcome(COMPLEXITY, "b.py"))

    assert (files["a.py"].blob, files["b.py"].blob) == ("", B.blob)
    assert files["a.py"].score is not None


def test_a_tool_that_is_not_there_is_not_waited_for() -> None:
    files, _ = marked(outcome(LINT, "a.py", "b.py"), without_report(COMPLEXITY, CheckerStatus.MISSING))

    assert files["a.py"].blob == A.blob


def test_a_check_by_some_checkers_lets_the_next_quick_scan_pass_over_nothing_new() -> None:
    before, _ = marked(*BOTH)
    changed = a_target(a_file("a.py", blob="d"), B, WORDS)

    files, _ = marked(outcome(LINT, "a.py", "b.py"), target=changed, before=before, complete=False)

    assert (files["a.py"].blob, files["b.py"].blob) == ("", B.blob)


def test_files_that_are_gone_are_named() -> None:
    before, _ = marked(*BOTH)

    _, gone = marked(outcome(LINT, "a.py"), outcome(COMPLEXITY, "a.py"), target=a_target(A), before=before)

    assert gone == ["b.py", "c.md"]
