"""Severities come from vectors by the formula of the specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.health.advisories.cvss import base_score, severity_of_score, severity_of_word
from db.enums import Severity


@pytest.mark.parametrize(
    ("vector", "score"),
    [  # the examples of FIRST, and of the National Vulnerability Database
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N", 6.1),
        ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H/E:P/RL:O", 7.5),
    ],
)
def test_a_vector_gives_the_score_of_the_specification(vector: str, score: float) -> None:
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "7.5",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "CVSS:3.1/AV:N/AC:L",
        "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    ],
)
def test_what_is_no_whole_vector_gives_no_score(vector: str) -> None:
    assert base_score(vector) is None


@given(
    st.tuples(
        st.sampled_from("NALP"), st.sampled_from("LH"), st.sampled_from("NLH"), st.sampled_from("NR"),
        st.sampled_from("UC"), st.sampled_from("HLN"), st.sampled_from("HLN"), st.sampled_from("HLN"),
    )
)  # fmt: skip
def test_every_score_lies_on_the_scale_with_one_decimal(values: tuple[str, ...]) -> None:
    names = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")

    score = base_score("CVSS:3.1/" + "/".join(f"{name}:{value}" for name, value in zip(names, values, strict=True)))

    assert score is not None
    assert 0 <= score <= 10
    assert round(score, 1) == score


def test_words_and_scores_give_severities() -> None:
    scores = [0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10]
    low, medium, high, critical = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL

    assert [severity_of_score(score) for score in scores] == [
        Severity.INFO, low, low, medium, medium, high, high, critical, critical,
    ]  # fmt: skip
    assert severity_of_word("MODERATE") is Severity.MEDIUM
    assert severity_of_word("dreadful") is None
    assert severity_of_word(7) is None
