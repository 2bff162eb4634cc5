"""The gate on new code: it fails for what is new and grave, for what came back, and for what nobody looked at."""

from __future__ import annotations

import pytest

from ci_core.health.gate import FIRST_CHECK, GateIssue, NewCode, judge
from db.enums import Severity


def issue(severity: Severity, title: str = "SQL from a request", line: int | None = 3) -> GateIssue:
    return GateIssue(title, severity, "a.py", line)


def test_nothing_new_passes() -> None:
    gate = judge(NewCode(coverage_percent=80.0), coverage_wanted_percent=80)

    assert (gate.passed, gate.reasons, gate.remarks) == (True, (), ())


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.HIGH])
def test_one_new_grave_issue_fails(severity: Severity) -> None:
    gate = judge(NewCode(new=[issue(severity)], coverage_percent=100), coverage_wanted_percent=80)

    assert gate.passed is False
    assert gate.reasons == (f"1 new issue of {severity} severity: SQL from a request (a.py:3).",)


def test_lesser_new_issues_are_told_and_pass() -> None:
    new = [issue(Severity.LOW), issue(Severity.MEDIUM), issue(Severity.LOW)]

    gate = judge(NewCode(new=new, coverage_percent=100), coverage_wanted_percent=80)

    assert gate.passed is True
    assert gate.remarks == ("Further new issues, which do not fail it: 1 medium, 2 low.",)


def test_many_are_counted_and_the_first_are_named() -> None:
    new = [GateIssue(f"Issue {n}", Severity.HIGH) for n in range(5)]

    gate = judge(NewCode(new=new, coverage_percent=100), coverage_wanted_percent=80)

    assert gate.reasons == ("5 new issues of high severity: Issue 0; Issue 1; Issue 2; and 2 more.",)


def test_an_issue_of_any_severity_that_is_back_fails() -> None:
    one = judge(NewCode(regressed=[issue(Severity.LOW)]), coverage_wanted_percent=80)
    two = judge(
        NewCode(regressed=[issue(Severity.LOW), issue(Severity.HIGH, "Shell", line=None)]), coverage_wanted_percent=80
    )

    assert one.reasons == ("1 issue that was resolved is back: SQL from a request (a.py:3).",)
    assert two.reasons == ("2 issues that were resolved are back: Shell (a.py); SQL from a request (a.py:3).",)


def test_too_little_coverage_of_changed_lines_fails_and_is_not_rounded_to_enough() -> None:
    gate = judge(NewCode(coverage_percent=79.99), coverage_wanted_percent=80)

    assert gate.reasons == ("Tests cover 79.9 % of the changed lines; 80 % are wanted.",)


def test_coverage_that_was_not_measured_is_said_and_fails_nothing() -> None:
    gate = judge(NewCode(), coverage_wanted_percent=80)

    assert gate.passed is True
    assert gate.remarks == ("How much of the changed lines tests cover was not measured.",)


def test_what_could_not_look_lets_nothing_pass() -> None:
    gate = judge(NewCode(blind=["bandit took longer than 300 s."], coverage_percent=90), coverage_wanted_percent=80)

    assert (gate.passed, gate.reasons) == (False, ("bandit took longer than 300 s.",))


def test_the_first_check_is_not_judged() -> None:
    gate = judge(NewCode(new=[issue(Severity.CRITICAL)], comparable=False), coverage_wanted_percent=80)

    assert gate.as_json() == {"passed": None, "reasons": [], "remarks": [FIRST_CHECK]}


def test_what_is_not_about_the_code_is_told_and_fails_nothing() -> None:
    gate = judge(NewCode(unknown=["There are no advisories."], coverage_percent=90), coverage_wanted_percent=80)

    assert (gate.passed, gate.remarks) == (True, ("There are no advisories.",))
