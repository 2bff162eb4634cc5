"""Which words of an item its vector stands for."""

from __future__ import annotations

from ci_core.research.embedding_text import TEXT_CHARACTERS, TITLE_CHARACTERS, title_and_beginning


def test_title_and_text_are_two_sentences() -> None:
    assert title_and_beginning("Rolling covered calls", "When to roll?") == "Rolling covered calls. When to roll?"


def test_a_title_that_ends_a_sentence_gets_no_second_full_stop() -> None:
    assert title_and_beginning("Why roll?", "Because.") == "Why roll? Because."


def test_one_of_the_two_may_be_missing() -> None:
    assert title_and_beginning("Only a title", "") == "Only a title"
    assert title_and_beginning("", "only a text") == "only a text"
    assert title_and_beginning("", "") == ""


def test_white_space_says_nothing() -> None:
    assert title_and_beginning(" A \n title", "a\ttext\n\nin lines ") == "A title. a text in lines"


def test_a_text_that_repeats_the_title_counts_it_once() -> None:
    assert title_and_beginning("Wheel tracker", "Wheel Tracker – does it all") == "Wheel tracker. does it all"
    assert title_and_beginning("Wheel tracker", "wheel tracker") == "Wheel tracker"


def test_a_word_that_only_begins_like_the_title_stays_whole() -> None:
    assert title_and_beginning("Option", "Options are priced") == "Option. Options are priced"


def test_long_texts_are_cut_between_words() -> None:
    made = title_and_beginning("title", "word " * 1_000)

    assert len(made) <= len("title. ") + TEXT_CHARACTERS
    assert made.endswith(" word")


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    assert title_and_beginning("x" * 5_000, "y" * 5_000) == "x" * TITLE_CHARACTERS + ". " + "y" * TEXT_CHARACTERS


def test_what_comes_after_the_beginning_changes_nothing() -> None:
    beginning = "word " * 200

    assert title_and_beginning("t", beginning + "one end") == title_and_beginning("t", beginning + "another")
