"""Scores: density and not counts, floored, held down by the worst issue, unknown where nothing looked."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci_core.health.judging import comparable_delta
from ci_core.health.scores import (
    CAPS,
    HALVED_BY,
    Evidence,
    PartScore,
    at_least,
    at_most,
    effect,
    file_score,
    overall_score,
    part_from_json,
    part_score,
)
from ci_core.settings.health import HealthSettings
from db.enums import IssueType, Severity

CRITICAL, HIGH, MEDIUM, LOW, INFO = Severity
WEIGHTS = HealthSettings(_env_file=None).weights
COUNTS = st.dictionaries(st.sampled_from(list(Severity)), st.integers(0, 10_000))
PARTS = st.sampled_from(list(IssueType))


def score(counts: dict[Severity, int], *, units: float = 10.0, part: IssueType = IssueType.SECURITY) -> PartScore:
    return part_score(part, Evidence(counts, units, 100.0))


def parts(**scores: float | None) -> dict[IssueType, PartScore]:
    """Parts with these exact scores, made by a measure."""
    made = {}
    for name, exact in scores.items():
        measures = () if exact is None else (at_least("share", exact, 100.0),)
        evidence = Evidence({}, 10.0, 0.0 if exact is None else 100.0, measures)
        made[IssueType(name)] = part_score(IssueType(name), evidence)
    return made


def test_a_hundred_means_that_nothing_was_found() -> None:
    assert score({}).score == 100
    assert score({INFO: 1}, units=1e9).score == 99


def test_the_density_that_halves_it_halves_it() -> None:
    halved = score({LOW: int(HALVED_BY[IssueType.SECURITY] * 10)}, units=10.0)

    assert (halved.exact, halved.score, halved.density) == (50.0, 50, HALVED_BY[IssueType.SECURITY])


def test_it_is_floored_and_never_rounded_up() -> None:
    almost = part_score(IssueType.TESTS, Evidence({}, 1.0, 100.0, (at_least("coverage_percent", 59.999, 60.0),)))

    assert (almost.score, almost.exact) == (99, 99.99)


def test_twice_the_code_with_twice_the_issues_is_as_healthy() -> None:
    assert score({MEDIUM: 20}, units=40).exact == score({MEDIUM: 10}, units=20).exact


@pytest.mark.parametrize("severity", [CRITICAL, HIGH])
def test_one_grave_issue_holds_down_a_part_however_large_the_code_is(severity: Severity) -> None:
    capped = score({severity: 1}, units=1e6)

    assert (capped.exact, capped.capped_by) == (CAPS[severity], severity)


def test_what_is_below_the_cap_anyway_is_not_said_to_be_capped() -> None:
    assert score({HIGH: 100}, units=10).capped_by is None


def test_a_small_repository_counts_as_one_unit() -> None:
    assert score({LOW: 1}, units=0.01).exact == score({LOW: 1}, units=1.0).exact


def test_unknown_stays_unknown_with_its_reason() -> None:
    nobody = part_score(IssueType.BUGS, Evidence({LOW: 3}, 1.0, 0.0), reason="ruff is not installed")
    unmeasured = part_score(IssueType.TESTS, Evidence({}, 1.0, 100.0, lacking="coverage was not measured"))

    assert (nobody.score, nobody.exact, nobody.unknown_because) == (None, None, "ruff is not installed")
    assert (unmeasured.score, unmeasured.unknown_because) == (None, "coverage was not measured")


def test_measures_multiply() -> None:
    measures = (at_least("tests_passed_percent", 80.0, 100.0), at_least("coverage_percent", 30.0, 60.0))

    assert part_score(IssueType.TESTS, Evidence({}, 1.0, 100.0, measures)).exact == 40.0


def test_less_can_be_better() -> None:
    assert at_most("page_load_ms", 4000, 2000).share == 0.5
    assert at_most("page_load_ms", 0, 2000).share == 1.0
    assert at_least("coverage_percent", 3, 0).share == 1.0


@given(PARTS, COUNTS, st.floats(0, 1e5), st.floats(0.01, 100))
def test_any_part_is_between_0_and_100_and_survives_json(
    part: IssueType, counts: dict[Severity, int], units: float, based_on: float
) -> None:
    made = part_score(part, Evidence(counts, round(units, 3), round(based_on, 2) or 0.01))

    again = part_from_json(part, json.loads(json.dumps(made.as_json())))

    assert made.exact is not None
    assert 0 <= made.exact <= 100
    assert made.score == int(made.exact)
    assert (again.score, again.exact, again.capped_by) == (made.score, made.exact, made.capped_by)


@given(PARTS, COUNTS, st.sampled_from(list(Severity)), st.floats(0, 1e5))
def test_one_more_issue_never_helps(
    part: IssueType, counts: dict[Severity, int], severity: Severity, units: float
) -> None:
    assume(any(counts.values()))
    before = part_score(part, Evidence(counts, units, 100.0))
    after = part_score(part, Evidence({**counts, severity: counts.get(severity, 0) + 1}, units, 100.0))

    assert before.exact is not None
    assert after.exact is not None
    assert after.exact <= before.exact
    assert effect(after, severity, "S608", gone=False) == round(after.exact - before.exact, 2) <= 0
    assert effect(before, severity, "S608", gone=True) == round(before.exact - after.exact, 2) >= 0


def test_the_effect_of_the_one_critical_issue_is_what_it_holds_down() -> None:
    held = score({CRITICAL: 1}, units=1e6)

    assert effect(held, CRITICAL, "S608", gone=False) == -61.0
    assert effect(score({CRITICAL: 2}, units=1e6), CRITICAL, "S608", gone=False) == 0.0  # the other holds it


def test_the_mean_is_geometric_and_weighted() -> None:
    overall = overall_score(parts(security=100.0, bugs=25.0), {"security": 1.0, "bugs": 1.0})

    assert (overall.score, overall.exact) == (50, 50.0)
    assert overall_score(parts(security=100.0, bugs=25.0), {"security": 3.0, "bugs": 1.0}).score == 70


def test_unknown_parts_lower_the_confidence_and_not_the_score() -> None:
    overall = overall_score(parts(security=80.0, tests=None), {"security": 0.75, "tests": 0.25})

    assert (overall.score, overall.confidence, overall.unknown) == (80, 75.0, (IssueType.TESTS,))


def test_nothing_known_is_no_score() -> None:
    overall = overall_score(parts(security=None), WEIGHTS)

    assert (overall.score, overall.exact, overall.confidence) == (None, None, 0.0)


def test_a_part_that_does_not_count_changes_nothing() -> None:
    assert overall_score(parts(security=80.0, tests=1.0), {"security": 1.0, "tests": 0.0}).score == 80


def test_a_part_of_nothing_hides_no_other() -> None:
    weights = {"security": 0.85, "tests": 0.15}

    worse = overall_score(parts(security=50.0, tests=0.0), weights).exact
    better = overall_score(parts(security=60.0, tests=0.0), weights).exact

    assert worse is not None
    assert better is not None
    assert 0 < worse < better


def test_all_well_is_a_hundred_and_one_critical_issue_makes_it_unhealthy() -> None:
    well = {part: part_score(part, Evidence({}, 1.0, 100.0)) for part in IssueType}
    ill = {**well, IssueType.DOCUMENTATION: part_score(IssueType.DOCUMENTATION, Evidence({CRITICAL: 1}, 1.0, 100.0))}

    assert overall_score(well, WEIGHTS).score == 100
    assert (overall_score(ill, WEIGHTS).score, overall_score(ill, WEIGHTS).capped_by) == (69, CRITICAL)


def test_a_file_is_judged_by_density_and_a_short_one_mildly() -> None:
    assert file_score({}, 0).score == 100
    assert file_score({LOW: 10}, 1_000).exact > file_score({LOW: 10}, 100).exact
    assert file_score({LOW: 1}, 3) == file_score({LOW: 1}, 100)
    assert file_score({CRITICAL: 1}, 10**6).score == 39
    assert file_score({LOW: 2, INFO: 3}, 500).issues == 5


def test_a_part_that_is_not_known_any_more_lifts_no_score() -> None:
    before = parts(security=80.0, dependencies=1.0)

    assert comparable_delta(parts(security=80.0, dependencies=None), before, WEIGHTS) == 0
    assert comparable_delta(parts(security=70.0, dependencies=None), before, WEIGHTS) == -10
    assert comparable_delta(parts(security=None, dependencies=None), before, WEIGHTS) is None
    assert comparable_delta(before, {}, WEIGHTS) is None


def test_the_examples_of_the_handbook_are_right() -> None:
    before = score({MEDIUM: 2, LOW: 30}, units=12.0)
    after = score({HIGH: 1, MEDIUM: 1, LOW: 30}, units=12.0)
    one_bad = {**{part.value: 100.0 for part in IssueType}, "security": 25.0}

    assert (before.score, before.density) == (81, 3.0)
    assert (after.score, after.capped_by) == (69, HIGH)
    assert overall_score(parts(**one_bad), WEIGHTS).score == 70


def by_rule(rules: dict[str, float], counts: dict[Severity, int], units: float = 10.0) -> PartScore:
    return part_score(IssueType.SECURITY, Evidence(counts, units, 100.0, by_rule=rules))


def test_one_rule_alone_halves_the_score_at_most() -> None:
    habit = by_rule({"S113": 1e6}, {LOW: 1_000_000})
    habits = by_rule({"S113": 1e6, "S608": 1e6}, {LOW: 2_000_000})

    assert (habit.exact, habits.exact) == (50.0, 25.0)
    assert habit.density == HALVED_BY[IssueType.SECURITY]


def test_few_issues_of_a_rule_count_nearly_in_full() -> None:
    few = by_rule({"S113": 1.0, "S608": 1.0}, {LOW: 2}, units=10.0)

    assert few.density == pytest.approx(0.2, rel=0.02)


def test_one_more_issue_of_a_rule_never_helps_and_its_effect_shrinks() -> None:
    first, many = by_rule({"S113": 1.0}, {LOW: 1}), by_rule({"S113": 200.0}, {LOW: 200})

    assert effect(first, LOW, "S113", gone=False) < effect(many, LOW, "S113", gone=False) <= 0
    assert effect(first, LOW, "S999", gone=True) > 0
    assert effect(score({}), LOW, "S113", gone=True) == round(100 - first.exact, 2)  # type: ignore[operator]


def test_points_by_rule_survive_json() -> None:
    made = by_rule({"S113": 30.0, "S608": 12.5}, {LOW: 42})

    again = part_from_json(IssueType.SECURITY, json.loads(json.dumps(made.as_json())))

    assert (again.exact, again.evidence.by_rule) == (made.exact, made.evidence.by_rule)
