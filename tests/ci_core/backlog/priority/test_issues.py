"""What was measured raises the debt and the risk of an enhancement, in steps, with its reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.priority import Component, IssuesBehind, LocalScorer, ScoringInput, prioritise
from ci_core.backlog.priority.issues import MOST_DEBT, MOST_RISK, reasons_from
from db.enums import Category

PLAIN = ScoringInput("Tidy the scanner", category=Category.BUG_FIX, estimated_hours=2)
DEBT, RISK = Component.TECHNICAL_DEBT, Component.INACTION_RISK
MEASURED = {DEBT, RISK}


def scores(issues: IssuesBehind | None, item: ScoringInput = PLAIN) -> dict[Component, float]:
    return prioritise(replace(item, issues=issues), scorer=LocalScorer()).components


def points(issues: IssuesBehind) -> dict[str, float]:
    return {f"{component}: {reason.text}": reason.points or 0.0 for component, reason in reasons_from(issues)}


def test_issues_raise_debt_and_risk_and_nothing_else() -> None:
    without, behind = scores(None), scores(IssuesBehind(high=2))

    assert {component for component in Component if without[component] != behind[component]} == MEASURED
    assert behind[DEBT] > without[DEBT]
    assert behind[RISK] > without[RISK]


def test_no_issues_behind_is_no_reason() -> None:
    assert list(reasons_from(IssuesBehind(commits=50, age_days=900, exposed=3))) == []


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (IssuesBehind(low=1), IssuesBehind(medium=1)),
        (IssuesBehind(medium=1), IssuesBehind(high=1)),
        (IssuesBehind(high=1), IssuesBehind(critical=1)),
        (IssuesBehind(high=1), IssuesBehind(high=5)),
        (IssuesBehind(high=2, beside=2), IssuesBehind(high=2)),
        (IssuesBehind(high=1), IssuesBehind(high=1, commits=2)),
        (IssuesBehind(high=1, commits=7), IssuesBehind(high=1, commits=30)),
        (IssuesBehind(high=1), IssuesBehind(high=1, exposed=1)),
        (IssuesBehind(high=1), IssuesBehind(high=1, came_back=1)),
    ],
)
def test_worse_more_exposed_or_busier_issues_are_a_greater_risk(less: IssuesBehind, more: IssuesBehind) -> None:
    assert scores(more)[RISK] > scores(less)[RISK]


def test_issues_that_stay_become_debt() -> None:
    debts = [scores(IssuesBehind(high=1, age_days=days))[DEBT] for days in (0, 30, 91, 182, 365)]

    assert debts == sorted(set(debts))


def test_a_day_more_between_the_steps_changes_nothing() -> None:
    assert scores(IssuesBehind(high=1, age_days=100, commits=8)) == scores(
        IssuesBehind(high=1, age_days=101, commits=9)
    )


def test_the_reasons_say_what_was_measured() -> None:
    said = points(IssuesBehind(critical=1, high=3, exposed=1, came_back=1, commits=30, age_days=400))

    assert list(said) == [
        "inaction_risk: 1 critical, 3 high issues behind it",
        "technical_debt: 1 critical, 3 high issues behind it",
        "inaction_risk: The files of its issues change every week",
        "technical_debt: Its issues have been there for more than a year",
        "inaction_risk: What comes from outside reaches its issues",
        "inaction_risk: An issue of it came back after it was repaired",
    ]


def test_harm_that_was_measured_is_not_counted_again_for_its_words() -> None:
    worded = replace(PLAIN, title="SQL injection in the scanner", category=Category.SECURITY)
    silent = replace(PLAIN, title="Tidy the scanner", category=Category.SECURITY)
    issues = IssuesBehind(high=1)

    assert scores(None, worded)[RISK] > scores(None, silent)[RISK]
    assert {c: scores(issues, worded)[c] for c in MEASURED} == {c: scores(issues, silent)[c] for c in MEASURED}


@given(*(st.integers(0, 10_000) for _ in range(5)))
def test_no_number_of_issues_leaves_the_scale(critical: int, high: int, medium: int, low: int, beside: int) -> None:
    issues = IssuesBehind(critical, high, medium, low, beside=min(beside, critical + high + medium + low))

    assert all(0 <= score <= 100 for score in scores(issues).values())
    strongest = points(replace(issues))
    assert all(0 <= value <= max(MOST_RISK, MOST_DEBT) for value in strongest.values())
