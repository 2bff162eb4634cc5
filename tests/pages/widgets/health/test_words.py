"""Scores, changes and efforts in words and marks."""

from __future__ import annotations

import pytest

from db.enums import CheckerStatus, CheckStatus, CheckType, HealthChange, IssueStatus, IssueType, Severity
from pages.widgets.health import words


@pytest.mark.parametrize(("change", "told"), [(3, "▲ 3"), (-12, "▼ 12"), (0, "="), (None, "")])
def test_a_change_has_a_mark_beside_its_number(change: int | None, told: str) -> None:
    assert words.signed(change) == told


@pytest.mark.parametrize(
    ("score", "look"), [(70, "well"), (69, "odd"), (50, "odd"), (49, "bad"), (0, "bad"), (None, "none")]
)
def test_a_score_looks_as_far_as_it_is_from_what_is_wanted(score: int | None, look: str) -> None:
    assert words.look_of_score(score, 70) == look


@pytest.mark.parametrize(
    ("minutes", "told"), [(0, "0 min"), (45, "45 min"), (120, "2 h"), (960, "2 days"), (480_000, "1,000 days")]
)
def test_an_effort_is_told_in_the_unit_that_fits(minutes: int, told: str) -> None:
    assert words.effort(minutes) == told


def test_every_value_has_its_words() -> None:
    assert set(words.SEVERITY_MARKS) == set(Severity)
    assert len(set(words.SEVERITY_MARKS.values())) == len(Severity)
    assert set(words.CHECK_TITLES) == set(CheckType)
    assert set(words.CHECK_STATES) == set(CheckStatus)
    assert set(words.CHECKER_STATES) == set(CheckerStatus)
    assert set(words.CHANGES) == set(HealthChange)
    assert set(words.STATUS_WORDS) == set(IssueStatus)
    assert set(words.PART_COLOURS) == set(IssueType)
    assert len(set(words.PART_COLOURS.values())) == len(IssueType)
