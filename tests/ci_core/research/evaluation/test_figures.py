"""The figures are those of the textbook."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss  # type: ignore[import-untyped]

from ci_core.research.evaluation.figures import average_precision, brier_score, calibration_error


def test_average_precision_is_that_of_scikit_learn_also_with_ties() -> None:
    random = np.random.default_rng(4)
    wanted = random.random(300) < 0.2
    probabilities = np.round(random.random(300) * 0.5 + wanted * 0.3, 1)

    assert average_precision(wanted, probabilities) == pytest.approx(average_precision_score(wanted, probabilities))


def test_the_order_of_the_file_is_of_no_advantage() -> None:
    wanted = np.array([True, False, False, False])

    assert average_precision(wanted, np.full(4, 0.5)) == 0.25
    assert average_precision(wanted[::-1], np.full(4, 0.5)) == 0.25


def test_without_anything_wanted_there_is_no_average_precision() -> None:
    assert average_precision(np.zeros(3, dtype=bool), np.ones(3)) is None


def test_calibration_error_is_how_far_words_are_from_deeds() -> None:
    wanted = np.array([True, False] * 50)

    assert calibration_error(wanted, np.full(100, 0.5)) == 0
    assert calibration_error(wanted, np.full(100, 0.8)) == pytest.approx(0.3)
    assert calibration_error(wanted, np.where(wanted, 1.0, 0.0)) == 0
    assert calibration_error(np.zeros(0, dtype=bool), np.zeros(0)) is None


def test_brier_score_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(2)
    wanted, probabilities = random.random(80) < 0.4, random.random(80)

    assert brier_score(wanted, probabilities) == pytest.approx(brier_score_loss(wanted, probabilities))
