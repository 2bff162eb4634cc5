"""Words compare by their stems, and phrases are found as whole words."""

from __future__ import annotations

import pytest

from ci_core.research.scoring.words import Phrases, phrase_of, stem, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Option", "option"),
        ("volatilities", "volatility"),
        ("traders", "trader"),
        ("backtested", "backtesting"),
        ("stocks", "stock"),
        ("prices", "price"),
        ("banks", "bank"),
    ],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("futures", "future"),
        ("returns", "return"),
        ("securities", "security"),
        ("options", "option"),
        ("greeks", "greek"),
        ("VaR", "var"),
        ("gas", "ga"),
        ("loss", "los"),
    ],
)
def test_words_that_mean_something_else_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_words_of_other_scripts_stay_as_they_are() -> None:
    assert stems("Börsen 量化 2024s") == ["börsen", "量化", "2024s"]


def test_a_phrase_is_found_whatever_joins_its_words() -> None:
    wanted = Phrases({phrase_of("Black-Scholes"): "Black-Scholes", phrase_of("S&P 500"): "S&P 500"})

    assert list(wanted.occurring(stems("the black scholes model of S&P-500 puts"))) == ["Black-Scholes", "S&P 500"]


def test_a_longer_phrase_hides_those_inside_it() -> None:
    wanted = Phrases({phrase_of(word): word for word in ("stock", "stock market", "market", "market risk")})

    assert list(wanted.occurring(stems("Stock markets, and market risk"))) == ["stock market", "market risk"]


def test_a_phrase_that_is_broken_off_is_not_found() -> None:
    wanted = Phrases({phrase_of("cash-secured put"): "put"})

    assert list(wanted.occurring(stems("selling cash secured"))) == []


def test_a_keyword_without_a_letter_is_never_found() -> None:
    assert list(Phrases({phrase_of("!?"): "!?"}).occurring(stems("what !? is this"))) == []
