from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    DEFAULT_POLICY,
    Enhancement,
    NewEnhancement,
    ScoringPolicy,
    create_enhancement,
    create_enhancements,
    get_enhancement,
    policy_from,
    rescore_all,
    score_enhancement,
    set_score_override,
    update_enhancement,
)
from ci_core.backlog.priority import Assessment, Component, ScoringInput, Weights
from ci_core.backlog.priority.model import Reason
from ci_core.errors import InvalidInput, NotFound
from ci_core.settings import Settings
from db.engine import Database

Make = Callable[..., Enhancement]
ONLY_VALUE = ScoringPolicy(
    weights=Weights(
        business_value=1,
        user_impact=0,
        strategic_alignment=0,
        technical_debt=0,
        inaction_risk=0,
        implementation_risk=0,
    )
)


class Constant:
    """Says the same about everything."""

    name = "constant"

    def score(self, item: ScoringInput) -> Mapping[Component, Assessment]:
        return {component: Assessment(40, (Reason("because"),)) for component in Component}


def test_the_weights_come_from_the_settings() -> None:
    settings = Settings.model_validate(
        {"CI_WEIGHT_BUSINESS_VALUE": 0.45, "CI_WEIGHT_USER_IMPACT": 0.0}
    )  # fmt: skip

    assert policy_from(settings).weights.business_value == 0.45


def test_scores_are_stored_with_what_each_side_gives_and_why(session: Session, make: Make) -> None:
    item = make("Fix the crash", category="bug_fix")

    assert {part["component"] for part in item.score_breakdown} == set(Component)
    assert sum(part["points"] for part in item.score_breakdown) == pytest.approx(item.ai_priority_score, abs=0.01)
    assert all(part["reasons"] for part in item.score_breakdown)
    assert item.user_impact_score == next(
        part["score"] for part in item.score_breakdown if part["component"] == "user_impact"
    )
    assert "bug fix" in (item.ai_reasoning or "")


def test_other_weights_give_another_priority(session: Session, make: Make) -> None:
    item = make()

    scored = score_enhancement(session, item.id, actor="agent:scorer", policy=ONLY_VALUE)

    assert scored.ai_priority_score == item.business_value_score
    assert scored.version == 2


def test_scoring_again_with_the_same_outcome_changes_nothing(session: Session, make: Make) -> None:
    item = make()

    assert score_enhancement(session, item.id, actor="agent:scorer") == item
    assert rescore_all(session, actor="agent:scorer") == 0


def test_another_scorer_stands_behind_the_same_interface(session: Session) -> None:
    policy = ScoringPolicy(scorer=Constant())

    item = create_enhancement(session, NewEnhancement(title="Anything"), actor="tess", policy=policy)

    assert (item.scored_by, item.business_value_score) == ("constant", 40.0)
    assert item.ai_priority_score == pytest.approx(0.9 * 40 + 0.1 * 60)


def test_an_override_wins_is_marked_and_can_be_given_back(session: Session, make: Make) -> None:
    item = make()

    decided = set_score_override(session, item.id, "total", 99, actor="ada", expected_version=1, reason="The board")

    assert decided.ai_priority_score == 99.0
    stated = decided.score_overrides["total"]
    assert (stated["value"], stated["by"], stated["reason"]) == (99.0, "ada", "The board")
    assert "ada" in (decided.ai_reasoning or "")
    back = set_score_override(session, item.id, "total", None, actor="ada", expected_version=2)
    assert (back.ai_priority_score, back.score_overrides) == (item.ai_priority_score, {})


def test_an_override_of_one_side_moves_the_total(session: Session, make: Make) -> None:
    item = make()

    decided = set_score_override(session, item.id, "business_value", 100, actor="ada")

    assert decided.business_value_score == 100.0
    assert (decided.ai_priority_score or 0) > (item.ai_priority_score or 0)


def test_an_override_survives_edits_and_scoring(session: Session, make: Make) -> None:
    item = make()
    set_score_override(session, item.id, "total", 7, actor="ada")

    update_enhancement(session, item.id, {"priority": "critical"}, expected_version=None, actor="bob")
    rescore_all(session, actor="agent:scorer", policy=ONLY_VALUE)

    assert get_enhancement(session, item.id).ai_priority_score == 7.0


def test_unusable_overrides_are_refused(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(InvalidInput, match="user_impact"):
        set_score_override(session, item.id, "luck", 50, actor="ada")
    with pytest.raises(InvalidInput):
        set_score_override(session, item.id, "total", 101, actor="ada")
    with pytest.raises(NotFound):
        set_score_override(session, 2**60, "total", 50, actor="ada")
    with pytest.raises(NotFound):
        score_enhancement(session, 2**60, actor="ada")
    assert set_score_override(session, item.id, "total", None, actor="ada") == item


def test_a_changed_weight_reaches_thousands_in_seconds(database: Database) -> None:
    with database.transaction("tess") as session:
        news = [NewEnhancement(title=f"Wish {number}", description="Crash. " * 20) for number in range(2_000)]
        create_enhancements(session, news, actor="tess", policy=ScoringPolicy(scorer=Constant()))

    start = time.monotonic()
    with database.transaction("agent:scorer") as session:
        changed = rescore_all(session, actor="agent:scorer", policy=DEFAULT_POLICY)
    seconds = time.monotonic() - start

    assert changed == 2_000
    assert seconds < 30
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM ci_enhancements WHERE scored_by = 'local-1'")) == 2_000
