from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.backlog.priority import (
    Assessment,
    Component,
    Override,
    Reason,
    ScoringInput,
    Weights,
    explain,
    prioritise,
)
from ci_core.errors import InvalidInput, SettingsError
from ci_core.settings import Settings

ITEM = ScoringInput("Anything")
BEST = {component: 0.0 if component is Component.IMPLEMENTATION_RISK else 100.0 for component in Component}
WORST = {component: 100.0 - score for component, score in BEST.items()}


class Fixed:
    """A scorer that says what it is told to."""

    name = "fixed"

    def __init__(self, scores: Mapping[Component, float]) -> None:
        self.scores = scores

    def score(self, item: ScoringInput) -> Mapping[Component, Assessment]:
        return {part: Assessment(value, (Reason(f"because of {part.label}"),)) for part, value in self.scores.items()}


def shares() -> st.SearchStrategy[Weights]:
    numbers = st.lists(st.integers(0, 100), min_size=6, max_size=6).filter(any)
    return numbers.map(lambda parts: Weights(*(part / sum(parts) for part in parts)))


def test_the_best_in_every_respect_is_100_and_the_worst_0() -> None:
    assert prioritise(ITEM, scorer=Fixed(BEST)).total == 100
    assert prioritise(ITEM, scorer=Fixed(WORST)).total == 0


@settings(deadline=None, database=None)
@given(st.lists(st.floats(0, 100), min_size=6, max_size=6), shares())
def test_no_scores_and_no_weights_leave_the_scale(scores: list[float], weights: Weights) -> None:
    result = prioritise(ITEM, scorer=Fixed(dict(zip(Component, scores, strict=True))), weights=weights)

    assert 0 <= result.total <= 100
    assert sum(contribution.points for contribution in result.contributions) == pytest.approx(result.total, abs=0.01)


@pytest.mark.parametrize("component", Component)
def test_a_higher_score_raises_the_priority_and_a_higher_implementation_risk_lowers_it(component: Component) -> None:
    middling = dict.fromkeys(Component, 50.0)

    change = (
        prioritise(ITEM, scorer=Fixed(middling | {component: 60.0})).total
        - prioritise(ITEM, scorer=Fixed(middling)).total
    )

    sign = -1 if component is Component.IMPLEMENTATION_RISK else 1
    assert change == pytest.approx(sign * 10 * Weights().of(component))


def test_weights_decide_what_counts() -> None:
    weights = Weights(1, 0, 0, 0, 0, 0)

    result = prioritise(ITEM, scorer=Fixed(WORST | {Component.BUSINESS_VALUE: 80.0}), weights=weights)

    assert result.total == 80


def test_weights_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_WEIGHT_BUSINESS_VALUE", "0.35")
    monkeypatch.setenv("CI_WEIGHT_IMPLEMENTATION_RISK", "0")

    assert Weights.from_settings(Settings()).of(Component.BUSINESS_VALUE) == 0.35


def test_weights_that_do_not_add_up_name_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"CI_WEIGHT_BUSINESS_VALUE.*add up to 1\.25"):
        Weights(business_value=0.5)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_weight_that_is_no_share_names_its_setting(value: float) -> None:
    with pytest.raises(SettingsError, match=r"CI_WEIGHT_TECHNICAL_DEBT is .* between 0 and 1"):
        Weights(technical_debt=value)


def test_a_persons_score_wins_counts_in_the_total_and_is_marked() -> None:
    overrides = {"user_impact": Override(100, "ada", "three desks asked for it")}

    result = prioritise(ITEM, scorer=Fixed(WORST), overrides=overrides)

    assert result.total == pytest.approx(20)
    assert result.components[Component.USER_IMPACT] == 100
    marked = [part for part in result.contributions if part.overridden_by]
    assert [(part.component, part.overridden_by) for part in marked] == [(Component.USER_IMPACT, "ada")]
    assert marked[0].reasons == ("Set to 100 by ada: three desks asked for it",)


def test_a_persons_total_wins_and_the_computed_one_is_still_told() -> None:
    result = prioritise(ITEM, scorer=Fixed(WORST), overrides={"total": Override(77.5, "ada")})

    assert (result.total, result.computed_total, result.overridden_by) == (77.5, 0, "ada")
    assert result.summary.startswith("Set to 77.5 by ada.")


@pytest.mark.parametrize(
    ("field", "value"), [("user_impact", 101), ("total", -1), ("total", float("nan")), ("charm", 50)]
)
def test_an_override_that_is_no_score_names_its_field(field: str, value: float) -> None:
    with pytest.raises(InvalidInput) as caught:
        prioritise(ITEM, scorer=Fixed(BEST), overrides={field: Override(value, "ada")})

    assert caught.value.field == field


def test_a_scorer_that_leaves_the_scale_is_held_to_it() -> None:
    result = prioritise(ITEM, scorer=Fixed(BEST | {Component.USER_IMPACT: 250.0}))

    assert result.components[Component.USER_IMPACT] == 100


def test_the_summary_names_what_raises_and_what_holds_back() -> None:
    scores = dict.fromkeys(Component, 50.0) | {
        Component.INACTION_RISK: 95.0,
        Component.USER_IMPACT: 70.0,
        Component.IMPLEMENTATION_RISK: 90.0,
    }

    assert prioritise(ITEM, scorer=Fixed(scores)).summary == (
        "Raised by risk of not doing it (95: because of risk of not doing it) "
        "and user impact (70: because of user impact). "
        "Held back by implementation risk (90: because of implementation risk)."
    )


def test_a_middling_item_is_called_so() -> None:
    assert prioritise(ITEM, scorer=Fixed(dict.fromkeys(Component, 50.0))).summary == "Middling in every respect."


def test_the_explanation_shows_the_calculation_of_every_component() -> None:
    lines = explain(prioritise(ITEM, scorer=Fixed(dict.fromkeys(Component, 40.0)))).split("\n")

    assert len(lines) == 1 + len(Component)
    assert "Business value 40: 40 × 25% = 10.0 points. because of business value." in lines
    assert any("(100 − 40) × 10% = 6.0 points" in line for line in lines)


def test_a_result_can_be_stored_as_json() -> None:
    stored = json.loads(json.dumps(prioritise(ITEM, scorer=Fixed(BEST)).as_json()))

    assert stored["total"] == 100
    assert stored["components"]["business_value"] == 100
    assert stored["contributions"][0]["component"] == "business_value"
