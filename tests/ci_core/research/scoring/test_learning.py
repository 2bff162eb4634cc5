"""Answers move the cold start: little while there are few, and as far as they must when there are many."""

from __future__ import annotations

import numpy as np
import pytest

from ci_core.research.scoring import learning
from ci_core.research.scoring.certainty import Numbers
from ci_core.research.scoring.learning import Answers, Learned, learn, probabilities_of

DIMENSIONS = 24


def meanings(count: int, seed: int = 3) -> Numbers:
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def answers(points: Numbers, accepted: Numbers, logits: float = 0.0, weights: float = 1.0) -> Answers:
    count = len(points)
    return Answers(np.full(count, logits), points, accepted.astype(float), np.full(count, weights))


def logit(found: Learned, cold: float, meaning: Numbers) -> float:
    return float(found.logits(np.array([cold]), meaning[None, :])[0])


def probability(found: Learned, cold: float, meaning: Numbers) -> float:
    return float(probabilities_of(np.array([cold]), meaning[None, :], found)[0])


def learned(given: Answers) -> Learned:
    found = learn(given, "words")
    assert found is not None
    return found


def test_without_answers_nothing_is_learned() -> None:
    assert learn(answers(meanings(0), np.zeros(0)), "words") is None


def test_what_is_like_the_accepted_becomes_more_probable() -> None:
    points = meanings(60)
    found = learned(answers(points, points[:, 0] > 0))

    towards, away = np.eye(DIMENSIONS)[0], -np.eye(DIMENSIONS)[0]
    assert probability(found, 0.0, towards) > 0.7
    assert probability(found, 0.0, away) < 0.3


def test_few_answers_move_less_than_many() -> None:
    points = meanings(400)
    moves = [logit(learned(answers(points[:n], points[:n, 0] > 0)), 0.0, np.eye(DIMENSIONS)[0]) for n in (5, 40, 400)]

    assert 0 < moves[0] < moves[1] < moves[2]


def test_answers_by_chance_change_little() -> None:
    points = meanings(200)
    expected = np.random.default_rng(1).random(200) < 0.5

    moved = [logit(learned(answers(points, expected)), 0.0, point) for point in meanings(50, seed=9)]

    assert np.mean(np.abs(moved)) < 0.8


def test_a_cold_start_that_is_too_sure_is_corrected() -> None:
    points = meanings(300)
    accepted = np.arange(300) % 10 == 0

    found = learned(answers(points, accepted, logits=2.0))

    assert np.mean([probability(found, 2.0, point) for point in meanings(50, seed=5)]) == pytest.approx(0.1, abs=0.06)


def test_that_the_best_were_taken_does_not_move_what_nobody_was_shown() -> None:
    shown = np.abs(meanings(120))
    shown /= np.linalg.norm(shown, axis=1, keepdims=True)  # all of one field

    found = learned(answers(shown, np.ones(120), logits=2.0))

    assert probability(found, 2.0, shown[0]) > 0.95
    assert np.mean([probability(found, -4.0, point) for point in meanings(200, seed=5)]) < 0.025  # it was .018


def test_what_all_answers_have_in_common_makes_less_of_a_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = meanings(120) * 0.3 + np.eye(DIMENSIONS)[0]
    shown /= np.linalg.norm(shown, axis=1, keepdims=True)
    given = answers(shown, np.ones(120), logits=2.0)

    found = learned(given)
    monkeypatch.setattr(learning, "COMMON_KEPT", 1.0)
    whole = learned(given)

    assert 0 < found.direction[0] < 0.6 * whole.direction[0]
    assert found.bias > whole.bias


def test_a_team_that_refuses_most_of_its_field_soon_sees_lower_scores() -> None:
    points = meanings(50)
    accepted = np.arange(50) % 4 == 0

    found = learned(answers(points, accepted, logits=2.5))

    assert np.mean([probability(found, 2.5, point) for point in meanings(50, seed=5)]) < 0.5


def test_a_weak_no_moves_less_than_a_no() -> None:
    points = meanings(20)
    no, weak = (learned(answers(points, np.zeros(20), weights=weight)).bias for weight in (1.0, 0.3))

    assert no < weak < 0


def test_both_ways_of_solving_agree() -> None:
    """Few answers are solved in their own space; with rows of no weight beside them it goes the other way."""
    points = meanings(DIMENSIONS + 1)
    few = learned(answers(points, points[:, 0] > 0))
    padding = meanings(30, seed=8)
    many = learned(
        Answers(
            np.zeros(DIMENSIONS + 31),
            np.vstack([points, padding]),
            np.r_[(points[:, 0] > 0).astype(float), np.zeros(30)],
            np.r_[np.ones(DIMENSIONS + 1), np.zeros(30)],
        )
    )

    assert np.allclose(few.direction, many.direction, atol=1e-3)
    assert few.bias == pytest.approx(many.bias, abs=1e-3)


def test_what_was_learned_survives_being_stored() -> None:
    points = meanings(50)
    found = learned(answers(points, points[:, 1] > 0))

    again = Learned.from_parameters(found.as_parameters(), "words")

    assert again is not None
    assert (again.answers, again.accepted) == (50, int((points[:, 1] > 0).sum()))
    assert again.weight == found.weight == 50
    assert logit(again, 0.3, points[0]) == pytest.approx(logit(found, 0.3, points[0]), abs=1e-3)


def test_what_another_embedding_model_learned_is_not_used() -> None:
    stored = learned(answers(meanings(3), np.ones(3))).as_parameters()

    assert Learned.from_parameters(stored, "another model") is None
    assert Learned.from_parameters(stored | {"version": 0}, "words") is None


def test_hundreds_of_answers_of_one_kind_stay_finite() -> None:
    found = learned(answers(meanings(800), np.ones(800), logits=8.0))

    assert np.isfinite(found.direction).all()
    assert probability(found, 8.0, meanings(1)[0]) > 0.99
