"""The gist of an item is told in sentences of its own."""

from __future__ import annotations

from ci_core.research.scoring.summary import SUMMARY_CHARACTERS, split_sentences, summarise

ABSTRACT = (
    "We study the wheel strategy on index options. Data were obtained from an exchange. The wheel sells a put and, "
    "after assignment, covered calls on the shares. The authors thank their university for its coffee. Over twenty "
    "years the wheel strategy earns less than the index, with half of its volatility."
)


def test_first_and_most_telling_sentences_are_kept_in_their_order() -> None:
    told = summarise("The wheel strategy", ABSTRACT)

    assert told.startswith("We study the wheel strategy on index options.")
    assert "coffee" not in told
    assert len(split_sentences(told)) <= 3


def test_sentences_are_those_of_the_text() -> None:
    assert all(sentence in ABSTRACT for sentence in split_sentences(summarise("Wheel", ABSTRACT)))


def test_without_a_text_the_title_tells_it() -> None:
    assert summarise("Is rolling\n worth it?", "  ") == "Is rolling worth it?"


def test_a_short_text_is_its_own_summary() -> None:
    assert summarise("Tracker", "Tracks wheels.") == "Tracks wheels."


def test_a_sentence_that_repeats_the_title_is_left_out() -> None:
    text = "Margin of short puts explained. It depends on your broker and account."

    assert summarise("Margin of short puts explained", text) == "It depends on your broker and account."


def test_a_text_without_any_full_stop_is_cut_between_words() -> None:
    told = summarise("Log", "word " * 2_000)

    assert len(told) <= SUMMARY_CHARACTERS + 2
    assert told.endswith("word …")


def test_abbreviations_and_numbers_end_no_sentence() -> None:
    text = "Sell at 0.3 delta, e.g. SPY puts. Dr. Black agrees. Then wait."

    assert split_sentences(text) == ["Sell at 0.3 delta, e.g. SPY puts.", "Dr. Black agrees.", "Then wait."]


def test_list_entries_are_sentences_of_their_own() -> None:
    assert split_sentences("What it does\n- rolls calls\n- tracks premium") == [
        "What it does",
        "- rolls calls",
        "- tracks premium",
    ]
