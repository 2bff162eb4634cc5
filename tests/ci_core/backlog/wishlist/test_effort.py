from __future__ import annotations

import pytest

from ci_core.backlog.wishlist.effort import complexity_of_hours, hours_in, is_duration, level_in, size_in
from db.enums import Complexity


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("30 min", 0.5),
        ("15 minutes", 0.25),
        ("2 hours", 2),
        ("1.5 hours", 1.5),
        ("1,5 h", 1.5),
        ("2-3 hours", 2.5),
        ("2 – 4 hrs", 3),
        ("2 to 3 days", 20),
        ("3-4 weeks", 140),
        ("40+ hours", 40),
        ("1 day 4 hours", 12),
        ("30 min - 1 hour", 0.75),
        ("~2 weeks", 80),
        ("< 1 day", 4),
        ("> 2 weeks", 80),
        ("80-100 hours", 90),
        ("an hour", 1),
        ("half a day", 4),
        ("two weeks", 80),
        ("1-2 months", 240),
        ("2 person-days", 16),
        ("High (about 3 days)", 24),
        ("Medium", None),
        ("Q2 2025", None),
        ("8/10", None),
        ("5-minute", 1 / 12),
        ("$29/mo", None),
        ("", None),
    ],
)
def test_hours_in_a_text(text: str, hours: float | None) -> None:
    assert hours_in(text) == (None if hours is None else pytest.approx(hours, abs=1e-3))


@pytest.mark.parametrize(
    "text", ["2 hours", "Est: 3h", "~1 day", "10 hours total", "2-3 days of work", "1-2 weeks each"]
)
def test_texts_that_are_nothing_but_an_effort(text: str) -> None:
    assert is_duration(text)


@pytest.mark.parametrize("text", ["$29/mo", "30-day strategy", "React Native", "3D charts", "7 days of news", ""])
def test_texts_that_are_more_than_an_effort(text: str) -> None:
    assert not is_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("L", "L"), ("[XL]", "XL"), ("Size: M", "M"), ("Small (2-4 hours)", "S"), ("High", None), ("Sm", None)],
)
def test_shirt_sizes(text: str, size: str | None) -> None:
    assert size_in(text) == size


@pytest.mark.parametrize(
    ("text", "complexity"),
    [
        ("Low", Complexity.SIMPLE),
        ("Medium per broker", Complexity.MODERATE),
        ("Medium-High", Complexity.COMPLEX),
        ("Very High (regulatory)", Complexity.EPIC),
        ("Extreme", Complexity.EPIC),
        ("trivial", Complexity.TRIVIAL),
        ("Lowest tide", None),
    ],
)
def test_levels_in_words(text: str, complexity: Complexity | None) -> None:
    assert level_in(text) == complexity


def test_more_hours_never_mean_less_complexity() -> None:
    order = list(Complexity)

    places = [order.index(complexity_of_hours(hours)) for hours in (0, 1, 1.5, 4, 8, 16, 24, 80, 81, 1000)]

    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == 4
