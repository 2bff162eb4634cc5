"""What an item is about, in a few phrases."""

from __future__ import annotations

from ci_core.research.scoring.keyphrases import MOST, keyphrases


def test_phrases_of_the_title_come_first() -> None:
    found = keyphrases(
        "Pricing American options with deep learning", "We train a network to find the exercise boundary."
    )

    assert found[0] in {"deep learning", "pricing american options"}
    assert "exercise boundary" in found


def test_stop_words_and_numbers_are_no_keywords() -> None:
    assert keyphrases("How to do this with 5 of them", "and 2024 is what it was") == ()


def test_what_the_team_named_comes_before_what_it_did_not() -> None:
    text = "A screener, a tracker."

    assert keyphrases("", text, named=frozenset({"tracker"}))[0] == "tracker"
    assert keyphrases("", text, named=frozenset({"screener"}))[0] == "screener"


def test_a_part_of_a_better_phrase_is_not_told_again() -> None:
    found = keyphrases("Implied volatility surface", "The volatility surface is smooth. Implied volatility is not.")

    assert [phrase for phrase in found if "volatility" in phrase] == ["implied volatility surface"]


def test_there_are_never_many() -> None:
    assert len(keyphrases("", ". ".join(f"alpha{number} beta{number}" for number in range(100)))) == MOST


def test_names_keep_their_capitals() -> None:
    assert any("PyTorch" in phrase for phrase in keyphrases("Trading with PyTorch", ""))
