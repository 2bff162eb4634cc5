"""How a source is told: in words, with its problem, and whatever strangers wrote as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ci_core.research.insight import Share
from ci_core.research.source_health import SourceOverview, Standing
from db.enums import Circuit
from pages.widgets.source_list import (
    STATES,
    every_in_words,
    figures_of,
    lasting_in_words,
    next_in_words,
    problem_of,
    source_html,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SOURCE = SourceOverview(
    id=1,
    source_type="hacker_news",
    source_name="Hacker News",
    source_url=None,
    search_queries=("a", "b", "c", "d"),
    search_filters={},
    scan_frequency_hours=12,
    enabled=True,
    max_results=50,
    max_requests_per_minute=None,
    standing=Standing.WELL,
    problem=None,
    last_scan_at=NOW - timedelta(hours=2),
    last_success_at=NOW,
    next_scan_at=NOW + timedelta(hours=10),
    retry_at=None,
    failures=0,
    circuit=Circuit.CLOSED,
    quota_remaining=None,
    quota_resets_at=None,
    found=40,
    waiting=3,
    converted=Share(4, 40),
    duplicates=Share(0, 40),
    precision=Share(4, 10),
)


def test_the_figures_of_a_source_in_words() -> None:
    told = {name: value for name, value, _ in figures_of(SOURCE, NOW)}

    assert told == {
        "Last scan": "2 h ago", "Next scan": "in 10 h", "Found": "40", "Converted": "10 %", "Precision": "40 %",
        "Duplicates": "0 %", "Limit": "50 a scan",
    }  # fmt: skip


def test_what_is_not_known_is_a_dash_and_no_figure() -> None:
    fresh = replace(
        SOURCE,
        last_scan_at=None,
        next_scan_at=None,
        converted=Share(0, 0),
        precision=Share(0, 0),
        max_requests_per_minute=6,
    )
    told = {name: value for name, value, _ in figures_of(fresh, NOW)}

    assert (told["Last scan"], told["Next scan"]) == ("never", "due")
    assert (told["Converted"], told["Precision"]) == ("–", "–")
    assert told["Limit"] == "50 a scan, 6 requests a minute"


def test_the_next_scan_waits_for_the_site() -> None:
    assert next_in_words(replace(SOURCE, retry_at=NOW + timedelta(days=3)), NOW) == "in 3 days"
    assert next_in_words(replace(SOURCE, standing=Standing.OFF), NOW) == "off"


def test_a_problem_says_when_it_is_tried_again() -> None:
    failed = replace(SOURCE, standing=Standing.FAILED, problem="Reddit: no answer.", failures=3)

    assert problem_of(failed, NOW) == "Reddit: no answer. (3 times in a row)"
    paused = replace(failed, standing=Standing.PAUSED, retry_at=NOW + timedelta(minutes=12), failures=1)
    assert problem_of(paused, NOW) == "Reddit: no answer. Not asked again for 12 min."
    told = replace(paused, problem="Reddit: 429, next try 14:05")
    assert problem_of(told, NOW) == "Reddit: 429, next try 14:05"
    assert problem_of(replace(failed, standing=Standing.OFF), NOW) is None


def test_names_and_errors_are_text_and_never_markup() -> None:
    hostile = replace(
        SOURCE,
        source_name='"><script>alert(1)</script>',
        search_queries=("<img src=x onerror=alert(2)>",),
        standing=Standing.FAILED,
        problem="<b>429</b>",
    )

    html = source_html(hostile, NOW)

    assert "<script" not in html
    assert "<img" not in html
    assert "<b>429" not in html
    assert "&lt;b&gt;429" in html


def test_every_state_has_a_sign_and_a_word_of_its_own() -> None:
    assert set(STATES) == set(Standing)
    assert len({mark for mark, _, _ in STATES.values()}) == len(STATES)
    assert len({word for _, word, _ in STATES.values()}) == len(STATES)


@pytest.mark.parametrize(
    ("hours", "words"), [(1, "hour"), (12, "12 hours"), (24, "day"), (36, "36 hours"), (168, "7 days")]
)
def test_a_frequency_in_words(hours: int, words: str) -> None:
    assert every_in_words(hours) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [(timedelta(seconds=5), "1 min"), (timedelta(minutes=59), "59 min"), (timedelta(hours=47), "47 h"),
     (timedelta(days=7), "7 days")],
)  # fmt: skip
def test_a_length_of_time_in_words(span: timedelta, words: str) -> None:
    assert lasting_in_words(span) == words
