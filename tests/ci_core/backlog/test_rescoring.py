"""Everything is scored anew, and each rank that is another one is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    ScoringPolicy,
    add_dependency,
    get_enhancement,
    move_enhancement,
    set_score_override,
)
from ci_core.backlog.priority import Assessment, Component, ScoringInput, Weights
from ci_core.backlog.priority.model import Reason
from ci_core.backlog.rescoring import RankChange, Rescored, first_of, order_of_open, rescore_everything
from tests.ci_core.backlog.test_scoring_by_issues import issue, repository

Make = Callable[..., Enhancement]
AGENT = "agent:scorer"


class Says:
    """Scores by title as a test says; every component the same, so that the total is a mean of it."""

    name = "says"

    def __init__(self, scores: Mapping[str, float], reason: str = "because") -> None:
        self.scores = scores
        self.reason = reason

    def score(self, item: ScoringInput) -> Mapping[Component, Assessment]:
        value = self.scores.get(item.title, 50)
        return {
            component: Assessment(100 - value if component.lowers else value, (Reason(f"{self.reason} {value}"),))
            for component in Component
        }


def rescore(session: Session, scores: Mapping[str, float], reason: str = "because") -> Rescored:
    return rescore_everything(session, actor=AGENT, policy=ScoringPolicy(scorer=Says(scores, reason)))


def told(done: Rescored) -> dict[str, RankChange]:
    return {one.title: one for one in done.ranks}


def test_a_rank_that_follows_its_own_score_says_what_changed(session: Session, make: Make) -> None:
    for title in ("a", "b", "c"):
        make(title)
    rescore(session, {"a": 90, "b": 60, "c": 30})

    done = rescore(session, {"a": 90, "b": 60, "c": 95})

    change = told(done)["c"]
    assert (change.rank_before, change.rank_after) == (3, 1)
    assert (change.score_before, change.score_after) == (30, 95)
    assert change.why.startswith("Business value 30 → 95: because 95")
    assert (done.scored, done.changed) == (3, 1)


def test_who_was_passed_is_told_by_whom(session: Session, make: Make) -> None:
    a, b, c = (make(title) for title in ("a", "b", "c"))
    rescore(session, {"a": 90, "b": 60, "c": 30})

    done = told(rescore(session, {"a": 90, "b": 60, "c": 95}))

    assert done["a"].why == f"#{c.id} passed it; its own score is the same"
    assert done["b"].why == f"#{c.id} passed it; its own score is the same"
    assert {a.id, b.id} == {done["a"].id, done["b"].id}


def test_falling_makes_room_for_others(session: Session, make: Make) -> None:
    a, b = make("a"), make("b")
    rescore(session, {"a": 90, "b": 60})

    done = told(rescore(session, {"a": 10, "b": 60}))

    assert done["b"].why == f"#{a.id} fell behind it; its own score is the same"
    assert b.id == done["b"].id


def test_what_is_waited_for_rises_with_what_waits(session: Session, make: Make) -> None:
    blocker, waiting = make("blocker"), make("waiting")
    make("other")
    add_dependency(session, waiting.id, blocker.id, "blocked_by", actor="ada")
    rescore(session, {"blocker": 10, "waiting": 20, "other": 50})

    done = told(rescore(session, {"blocker": 10, "waiting": 80, "other": 50}))

    assert (done["blocker"].rank_before, done["blocker"].rank_after) == (2, 1)
    assert done["blocker"].why == f"#{waiting.id} waits for it and stands at 80"


def test_a_score_that_a_person_set_stays_and_is_said_so(session: Session, make: Make) -> None:
    item, waiting = make("item"), make("waiting")
    add_dependency(session, waiting.id, item.id, "blocked_by", actor="ada")
    rescore(session, {"item": 90, "waiting": 20})
    set_score_override(session, item.id, "total", 5, actor="ada")

    done = told(rescore(session, {"item": 95, "waiting": 99}))

    assert get_enhancement(session, item.id).ai_priority_score == 5
    assert [place.title for place in order_of_open(session)][-2:] == ["item", "waiting"]
    assert "item" not in done or done["item"].decided


def test_other_weights_are_named_as_the_reason(session: Session, make: Make) -> None:
    make("a", category="refactoring")
    weights = Weights(
        business_value=0.1, user_impact=0.1, strategic_alignment=0.1, technical_debt=0.5, inaction_risk=0.1,
        implementation_risk=0.1,
    )  # fmt: skip
    rescore_everything(session, actor=AGENT)

    (change,) = rescore_everything(session, actor=AGENT, policy=ScoringPolicy(weights=weights)).ranks

    assert "Technical debt" in change.why
    assert "weight 10% → 50%" in change.why


def test_issues_behind_are_named_as_the_reason(session: Session, make: Make) -> None:
    item = make("Tidy the scanner")
    rescore_everything(session, actor=AGENT)
    issue(session, repository(session), item.id, severity="critical")

    (change,) = rescore_everything(session, actor=AGENT).ranks

    assert "1 critical issue behind it" in change.why


def test_nothing_new_changes_no_rank(session: Session, make: Make) -> None:
    make("a")
    make("b", priority="high")

    assert rescore_everything(session, actor=AGENT) == Rescored(2, 0, ())


def test_closed_work_has_no_rank(session: Session, make: Make) -> None:
    done = make("done")
    move_enhancement(session, done.id, "rejected", actor="ada")
    make("left")

    result = rescore(session, {"done": 90, "left": 20})

    assert [one.title for one in result.ranks] == ["left"]
    assert result.changed == 2
    assert [one.title for one in order_of_open(session)] == ["left"]


def test_the_first_of_the_changes_are_those_that_went_furthest() -> None:
    ranks = [RankChange(number, "", number, number + number % 5, 1, 2, False, "") for number in range(1, 20)]

    assert [one.rank_after - one.rank_before for one in first_of(ranks, 3)] == [4, 4, 4]
    assert first_of(ranks, 0) == ()


def test_what_was_never_scored_is_scored_for_the_first_time(session: Session, make: Make) -> None:
    item = make("a")
    session.execute(text("UPDATE ci_enhancements SET ai_priority_score = NULL WHERE id = :id"), {"id": item.id})

    (change,) = rescore(session, {}).ranks

    assert (change.score_before, change.why) == (None, "It was scored for the first time")
