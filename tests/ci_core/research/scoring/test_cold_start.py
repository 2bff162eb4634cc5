"""Without any answer, what is near to the interests and has their words is the most probable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ci_core.research.embedding_text import embedding_text
from ci_core.research.scoring.cold_start import ColdStart, Look
from ci_core.research.scoring.interests import Interests, OpenIdea, Wanted, default_interests, vectors_of
from ci_core.research.values import Item, NormalItem


def item(title: str, text: str = "") -> NormalItem:
    return NormalItem(Item("reddit", title, "https://example.com", title, text), title, text, None, (), "en", "", title)


def look(words: Any, interests: Interests, *titles: str) -> list[Look]:
    items = [item(*title.split("|")) for title in titles]
    return ColdStart(interests, words).look(items, list(words.encode([embedding_text(one) for one in items])))


def interests(*wanted: str, keywords: Mapping[str, float] | None = None, unwanted: tuple[str, ...] = ()) -> Interests:
    return Interests(tuple(map(Wanted, wanted)), tuple(map(Wanted, unwanted)), keywords or {})


def test_the_nearest_interest_is_named_and_counts(words: Any) -> None:
    wheel, game = look(words, interests("wheel strategy puts", "implied volatility"), "Wheel strategy", "A puzzle game")

    assert wheel.interest == "wheel strategy puts"
    assert wheel.probability > game.probability


def test_keywords_count_once_each_and_twice_in_the_title(words: Any) -> None:
    team = interests("something else", keywords={"covered call": 2.0})
    titled, said, repeated, nothing = look(
        words, team, "covered calls|x y", "x y|covered calls", "x y|covered calls covered call", "x y|x y"
    )

    assert titled.words == said.words == repeated.words == ("covered call",)
    assert titled.logit > said.logit > nothing.logit
    assert abs(said.logit - repeated.logit) < 0.6  # only what the vector has of it


def test_words_that_count_most_are_named_first(words: Any) -> None:
    (seen,) = look(
        words, interests("x", keywords={"market": 0.25, "wheel strategy": 2.0}), "Market for the wheel strategy"
    )

    assert seen.words == ("wheel strategy", "market")


def test_long_texts_need_more_words(words: Any) -> None:
    team = interests("options", keywords={"premium": 1.0})
    short, long = look(words, team, "premium|a few words", "premium|" + "filler " * 250)

    assert short.logit > long.logit


def test_what_is_unwanted_counts_against_it(words: Any) -> None:
    before, after = (
        look(words, interests("trading signals", unwanted=unwanted), "paid trading signals course")[0]
        for unwanted in ((), ("paid course",))
    )

    assert after.logit < before.logit


def test_an_unwanted_text_nearer_than_every_interest_is_named(words: Any) -> None:
    bad, good = look(words, interests("trading signals", unwanted=("paid course",)), "A paid course", "Trading signals")

    assert bad.unwanted == "paid course"
    assert good.unwanted is None


def test_a_heavier_interest_pulls_more(words: Any) -> None:
    def with_weight(weight: float) -> Interests:
        return Interests((Wanted("rolling puts", weight), Wanted("broker api")))

    light, heavy = (look(words, with_weight(weight), "rolling puts")[0].logit for weight in (0.5, 5.0))

    assert heavy > light


def test_being_near_to_an_open_enhancement_counts(words: Any) -> None:
    idea = OpenIdea(7, "Assignment calendar", words.encode(["assignment calendar"])[0])
    without, with_idea = (
        look(words, Interests((Wanted("x"),), ideas=ideas), "assignment calendar")[0] for ideas in ((), (idea,))
    )

    assert with_idea.logit > without.logit
    assert with_idea.idea == idea
    assert with_idea.idea_similarity > 0.99


def test_nothing_to_look_at_is_no_error(words: Any) -> None:
    assert ColdStart(default_interests(), words).look([], []) == []


def test_keywords_alone_are_enough(words: Any) -> None:
    with_word, without = look(words, interests(keywords={"theta": 2.0}), "theta decay", "tooth decay")

    assert with_word.interest is None
    assert with_word.logit > without.logit


def test_default_interests_tell_a_trading_tool_from_a_web_framework(words: Any) -> None:
    trading, web = look(
        words,
        default_interests(),
        "optionlab|Python library that evaluates option trading strategies, with implied volatility and Greeks",
        "webby|Fast web framework with routing and middleware",
    )

    assert trading.probability > 0.85
    assert web.probability < 0.1


def test_vectors_of_interests_are_made_once(words: Any) -> None:
    first = vectors_of(words, ["one text", "another", "one text"])

    assert first.shape == (3, words.dimensions)
    assert np.array_equal(first[0], first[2])
    assert vectors_of(words, []).shape == (0, words.dimensions)
