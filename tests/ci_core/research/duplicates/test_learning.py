"""Corrections shift the decision a little, towards what people said."""

from __future__ import annotations

import pytest

from ci_core.research.duplicates import Decision, Sample, learn_from_corrections

SHIPPED = Decision({"cosine": 10.0, "age": -1.0}, -6.0)
LIKELY = {"cosine": 0.8, "age": 1.0, "words": 0.4}  # log-odds 1


def test_without_corrections_nothing_changes():
    assert learn_from_corrections([], SHIPPED) == SHIPPED


def test_a_correction_of_which_too_little_was_measured_teaches_nothing():
    assert learn_from_corrections([Sample({"cosine": 0.9}, same=False)], SHIPPED) == SHIPPED


def test_splits_make_the_decision_more_careful_and_merges_more_ready():
    split = learn_from_corrections([Sample(LIKELY, same=False)] * 5, SHIPPED)
    merged = learn_from_corrections([Sample(LIKELY, same=True)] * 5, SHIPPED)

    assert split.probability(LIKELY) < SHIPPED.probability(LIKELY) < merged.probability(LIKELY)


@pytest.mark.parametrize(("corrections", "most"), [(1, 0.06), (10_000, 0.45)])
def test_few_corrections_shift_little_and_many_not_without_bounds(corrections, most):
    learned = learn_from_corrections([Sample(LIKELY, same=False)] * corrections, SHIPPED)

    assert 0 < SHIPPED.probability(LIKELY) - learned.probability(LIKELY) < most


def test_what_was_clear_stays_clear():
    clear, nothing = {"cosine": 1.0, "age": 0.0}, {"cosine": 0.1, "age": 3.0}

    learned = learn_from_corrections([Sample(LIKELY, same=False)] * 1_000, SHIPPED)

    assert learned.probability(clear) > 0.7
    assert learned.probability(nothing) < 0.01


def test_corrections_that_agree_with_the_decision_change_hardly_anything():
    samples = [Sample(LIKELY, same=number < 73) for number in range(100)]

    learned = learn_from_corrections(samples, SHIPPED)

    assert learned.probability(LIKELY) == pytest.approx(SHIPPED.probability(LIKELY), abs=0.02)
