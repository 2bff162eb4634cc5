"""What is measured of two wordings."""

from __future__ import annotations

import pytest

from ci_core.research.duplicates.measures import measure, wording
from ci_core.research.duplicates.words import Commonness


def measured(one, other, *, cosine=0.7, days=1.0, around=(), rival=0.4, texts=("", "")):
    return measure(
        wording(one, texts[0]),
        wording(other, texts[1]),
        cosine=cosine,
        days=days,
        common=Commonness(),
        hosts=Commonness(),
        around=around,
        rival=rival,
    )


HEADLINE = "Exchange halts trading in all options after outage"


def test_a_copied_headline_shows_in_runs_and_neighbouring_words():
    copied = measured(HEADLINE, f"Again: {HEADLINE} - what now")
    retold = measured(HEADLINE, "All trading stops: outage at the exchange, options halted")

    assert copied["run"] == 8
    assert copied["copied"] == 1.0
    assert retold["copied"] == 0.0
    assert copied["pairs_of_words"] > 3 * retold["pairs_of_words"]


def test_a_short_title_that_is_part_of_another_counts_less():
    short = measured("Artificial brain", "Artificial brain for a million dollars, says the search engine")
    long = measured(HEADLINE, f"{HEADLINE} of the network")

    assert 0 < short["pairs_of_words"] < 0.5 < long["pairs_of_words"]


def test_texts_say_how_much_of_the_titles_they_cover_and_titles_alone_say_nothing():
    told = "The exchange halted trading in options after an outage of its matching engine."
    alone = measured(HEADLINE, "Matching engine down")
    near = measured(HEADLINE, "Matching engine down", texts=("The matching engine went down.", told))
    far = measured(HEADLINE, "Matching engine down", texts=("Bees can count.", "A recipe for bread."))

    assert (alone["text_covers_least"], alone["text_covers_most"]) == (0.0, 0.0)
    assert near["text_covers_least"] > 0 > far["text_covers_least"]
    assert near["text_covers_most"] > far["text_covers_most"]


def test_a_text_on_one_side_only_is_not_compared_with_a_title():
    assert measured(HEADLINE, "Matching engine down", texts=("", "Bees can count."))["text_covers_most"] == 0.0


def test_a_crowd_is_what_else_is_as_near():
    assert measured(HEADLINE, HEADLINE, cosine=0.7, around=(0.75, 0.7, 0.65, 0.5))["crowd"] == 2
    assert measured(HEADLINE, HEADLINE, cosine=0.7, around=())["crowd"] == 0


def test_it_does_not_matter_which_of_two_comes_first():
    other = "Trading in all options halted after an outage of 2 hours, the exchange says"
    for texts in (("", ""), ("Some text about it", "Another one")):
        assert measured(HEADLINE, other, texts=texts) == pytest.approx(measured(other, HEADLINE, texts=texts[::-1]))


def test_titles_without_words_can_be_measured():
    assert measured("???", "!!!")["pairs_of_words"] == 0.0
