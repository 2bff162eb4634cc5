"""No score is surer than answers back it, and the order of items stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from ci_core.research.scoring.certainty import backed, probabilities, probability

LOGITS = np.array([-40.0, -5, -1, 0, 0.5, 1, 1.5, 2, 3, 5, 8, 11, 20, 29])


@pytest.mark.parametrize("logit", [-9.0, 0.0, 0.99, 1.0])
@pytest.mark.parametrize("answers", [0, 40])
def test_up_to_odds_of_three_to_one_evidence_counts_in_full(logit: float, answers: float) -> None:
    assert backed(np.array([logit]), answers)[0] == logit


def test_without_answers_nothing_is_quite_sure() -> None:
    assert 0.85 < probability(3) < 0.88
    assert 0.93 < probability(8) < 0.95
    assert probability(10_000) < 0.98


@pytest.mark.parametrize("answers", [0, 1, 50, 3_000])
def test_what_ranks_higher_still_does(answers: float) -> None:
    claimed = probabilities(LOGITS, answers)

    assert (np.diff(claimed) > 0).all()


def test_answers_back_what_is_claimed() -> None:
    claimed = [probability(6, answers) for answers in (0, 10, 50, 500, 100_000)]

    assert claimed == sorted(set(claimed))
    assert claimed[0] < 0.94
    assert claimed[-1] == pytest.approx(1 / (1 + np.exp(-6)), abs=1e-4)
