"""Charts of research: told apart without colour, whole weeks, and no share of nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ci_core.research.insight import OUTCOMES, Insight, Share, Span, Week
from pages.widgets.insight_charts import (
    OUTCOME_LOOKS,
    STAGES,
    funnel_chart,
    funnel_sentence,
    per_day_chart,
    per_day_sentence,
    percent,
    precision_chart,
    precision_sentence,
    scores_chart,
    scores_sentence,
)

LAST = date(2026, 11, 25)
FUNNEL = {"found": 100, "new": 80, "waited": 40, "shown": 20, "converted": 5, "completed": 0}


def shown(days: int = 30, **fields: Any) -> Insight:
    span = Span(LAST - timedelta(days=days - 1), LAST, ZoneInfo("UTC"))
    usual: dict[str, Any] = {
        "span": span,
        "per_day": {"reddit": (2,) * days, "hacker_news": (1,) * days},
        "scores": dict.fromkeys(OUTCOMES, (0,) * 8 + (3, 1)),
        "without_score": 0,
        "funnel": FUNNEL,
        "weeks": (Week(date(2026, 11, 16), Share(1, 4)), Week(date(2026, 11, 23), Share(4, 4))),
    }
    return Insight(**{**usual, **fields})


def test_days_become_weeks_that_end_today_and_lose_nothing_whole() -> None:
    daily, _ = per_day_chart(shown(45))
    weekly, shape = per_day_chart(shown(90))

    assert [len(trace["x"]) for trace in daily] == [45, 45]
    assert weekly[0]["x"][-1] == (LAST - timedelta(days=6)).isoformat()
    assert weekly[0]["y"] == [14] * 12
    assert shape["yaxis"]["title"]["text"] == "per week"


def test_sites_and_outcomes_differ_by_more_than_their_colour() -> None:
    for traces, _ in (per_day_chart(shown()), scores_chart(shown())):
        looks = [(trace["name"], trace["marker"]["pattern"]["shape"]) for trace in traces]
        assert len({pattern for _, pattern in looks}) == len({name for name, _ in looks}) == len(traces)
    assert set(OUTCOME_LOOKS) == set(OUTCOMES)
    assert set(STAGES) == set(FUNNEL)


def test_an_outcome_that_nothing_had_has_no_bar() -> None:
    scores = dict.fromkeys(OUTCOMES, (0,) * 10) | {"refused": (1,) + (0,) * 9}

    assert [trace["name"] for trace in scores_chart(shown(scores=scores))[0]] == ["✕ Rejected"]


def test_the_funnel_tells_each_share_of_the_stage_before() -> None:
    (bars,), _ = funnel_chart(shown())

    assert bars["text"] == ["100", "80 · 80 %", "40 · 50 %", "20 · 50 %", "5 · 25 %", "0 · 0 %"]
    empty = shown(funnel=dict.fromkeys(FUNNEL, 0))
    assert funnel_chart(empty)[0][0]["text"] == ["0"] * 6
    assert "**5** became enhancements, 0 of them" in funnel_sentence(shown())


def test_precision_has_its_range_and_the_number_of_decisions() -> None:
    (points,), _ = precision_chart(shown())

    assert points["y"] == [25, 100]
    assert points["customdata"][0][:2] == [1, 4]
    assert points["error_y"]["array"][1] == 0
    assert points["error_y"]["arrayminus"][1] == pytest.approx(49.0, abs=0.1)  # Wilson: 4 of 4 may be 51 %
    assert precision_sentence(shown()).startswith("people accepted **62 %** of 8")
    assert precision_sentence(shown(weeks=())) == "nobody has decided anything in this period."


def test_sentences_say_what_the_charts_show() -> None:
    assert per_day_sentence(shown()) == "**100** in 30 days, 60 % of them from Reddit."
    assert scores_sentence(shown()) == "of those above 80, people accepted **4 of 8** (50 %)."
    none = dict.fromkeys(OUTCOMES, (0,) * 10)
    assert (
        scores_sentence(shown(scores=none, without_score=3)) == "nobody has decided one above 80 yet. 3 have no score."
    )
    assert per_day_sentence(replace(shown(), per_day={})) == "nothing was found in 30 days."


@pytest.mark.parametrize(
    ("share", "words"), [(None, "–"), (0, "0 %"), (0.001, "< 1 %"), (0.005, "0 %"), (0.42, "42 %"), (1, "100 %")]
)
def test_a_share_in_words(share: float | None, words: str) -> None:
    assert percent(share) == words
