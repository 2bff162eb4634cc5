"""Texts of people in places that read markdown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.enums import Category
from pages.widgets.text import ago, as_text, label, number, shortened, span

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("sign", list("\\`*_{}[]()#+-.!|<>~$:^="))
def test_every_sign_of_markdown_is_escaped(sign: str) -> None:
    assert as_text(f"a{sign}b") == f"a\\{sign}b"


def test_a_text_of_several_lines_becomes_one() -> None:
    assert as_text("one\n\n# two") == "one \\# two"


@pytest.mark.parametrize("text", [":tada:", ":material/delete:", "a -> b", "a <- b", "a >= b"])
def test_what_is_replaced_after_the_markdown_is_read_is_torn_apart(text: str) -> None:
    assert "\u2060" in as_text(text)


def test_letters_and_digits_stay_as_they_are() -> None:
    assert as_text("Straße 12 žluť") == "Straße 12 žluť"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=40), "25 Mar 2026"),
    ],
)
def test_how_long_ago_in_words(age: timedelta, words: str) -> None:
    assert ago(NOW - age, NOW) == words


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert shortened("abcdefgh", 5) == "abcd…"
    assert shortened("abcde", 5) == "abcde"


def test_closed_values_and_figures_in_words() -> None:
    assert label(Category.BUG_FIX) == "Bug fix"
    assert [number(value) for value in (None, 3.0, 0.5, 12000.0)] == ["–", "3", "0.5", "12,000"]


@pytest.mark.parametrize(
    ("days", "words", "short"),
    [
        (6.04, "6.0 days", "6.0 d"),
        (1, "1.0 days", "1.0 d"),
        (0.5, "12 h", "12 h"),
        (0.0001, "1 h", "1 h"),
        (0, "1 h", "1 h"),
    ],
)
def test_a_span_of_time_is_told_in_days_or_hours(days: float, words: str, short: str) -> None:
    assert (span(days), span(days, short=True)) == (words, short)
