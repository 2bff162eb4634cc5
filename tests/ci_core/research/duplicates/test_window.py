"""What an item is to the findings of the last days."""

from __future__ import annotations

import numpy as np
import pytest

from ci_core.research.duplicates import SHIPPED, Window
from ci_core.research.duplicates.vectors import Vectors
from db.enums import Verdict
from tests.ci_core.research.duplicates.builders import NOON, an_item, later, vector_of


def holding(*items, at=NOON):
    window = Window()
    for number, item in enumerate(items, 1):
        window.add(number, item, vector_of(item.title, item.text), at)
    return window


def compared(window, item, days=1.0):
    return window.compare(item, vector_of(item.title, item.text), later(days))


def test_the_first_item_is_new():
    found = compared(Window(), an_item("Anything at all"))

    assert (found.verdict, found.same, found.related) == (Verdict.DIFFERENT, None, ())


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (
            {"url": "https://arxiv.org/abs/2401.01234v1", "source_type": "arxiv", "title": "Deep hedging of options"},
            {"links": ("https://arxiv.org/pdf/2401.01234v2.pdf",), "title": "Machines learn to hedge, says study"},
            "same paper arXiv:2401.01234",
        ),
        (
            {"url": "https://github.com/me/foo-trader", "source_type": "github", "title": "me/foo-trader"},
            {"links": ("https://github.com/Me/foo-trader/tree/main",), "title": "Show HN: I made a thing"},
            "same repository me/foo-trader",
        ),
        (
            {"links": ("https://www.example.com/story?utm_source=x",), "title": "Short"},
            {"links": ("http://example.com/story/",), "title": "Something that reads quite differently"},
            "same address example.com/story",
        ),
    ],
)
def test_one_address_or_name_is_the_same_however_it_is_told_and_however_long_ago(one, other, reason):
    window = holding(an_item(**one))

    found = compared(window, an_item(**other), days=400)

    assert found.verdict is Verdict.DUPLICATE
    assert found.same is not None
    assert (found.same.finding_id, found.same.similarity, found.same.reason) == (1, 1.0, reason)


def test_equal_wording_at_another_place_is_the_same():
    found = compared(holding(an_item("Why I stopped selling naked puts")), an_item("Why I stopped selling naked puts!"))

    assert found.verdict is Verdict.DUPLICATE
    assert found.same
    assert found.same.reason == "the same wording"


def test_a_title_that_comes_again_after_the_window_is_asked_anew_but_shown_together():
    title = "Ask HN: How does your company manage passwords?"

    found = compared(holding(an_item(title)), an_item(title), days=160)

    assert found.verdict is Verdict.RELATED
    assert found.related[0].reason == "the same title, 160 days apart"


def test_a_whole_text_is_the_same_however_long_ago():
    title, text = "Why I stopped selling naked puts", "It cost me more than I had, because nobody may sell so many."

    found = compared(holding(an_item(title, text)), an_item(title, text), days=160)

    assert found.same
    assert found.same.reason == "the same wording"


def test_nearly_equal_wording_is_the_same_and_says_how_long_ago():
    window = holding(an_item("Robinhood fined 70 million dollars over outages of its platform"))

    found = compared(window, an_item("Robinhood fined $70 million over platform outages"), days=0.2)

    assert found.verdict is Verdict.DUPLICATE
    assert found.same
    assert found.same.reason.endswith("5 hours apart")


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        ("Django 1.4 released", "Django 1.3 released", 2),
        ("Fed raises interest rates by 25 basis points", "Fed cuts interest rates by 25 basis points", 20),
        ("Options Questions Safe Haven weekly thread", "Options Questions Safe Haven weekly thread", 7),
        ("I made my free course on options", "I made my second free course on options", 5),
    ],
)
def test_traps_are_shown_together_but_not_merged(one, other, days):
    found = compared(holding(an_item(one)), an_item(other), days)

    assert found.verdict is Verdict.RELATED
    assert found.same is None
    assert [match.finding_id for match in found.related] == [1]


def test_releases_announced_on_one_page_are_two_things():
    page = ("https://example.com/download",)
    window = holding(an_item("FooTrader 1.4 released", links=page))

    found = compared(window, an_item("FooTrader 1.5 released", links=page))

    assert found.verdict is Verdict.RELATED
    assert found.related[0].reason == "same address example.com/download, but version 1.5 and 1.4"


def test_two_repositories_are_not_merged_by_their_words():
    one = an_item("A fast options backtester in Python", url="https://github.com/a/backtester", source_type="github")
    other = an_item("A fast options back-tester in Python", url="https://github.com/b/backtester", source_type="github")

    found = compared(holding(one), other, 0.1)

    assert found.verdict is Verdict.RELATED
    assert "two different ones: repository b/backtester and repository a/backtester" in found.related[0].reason


def test_a_front_page_is_no_story():
    window = holding(an_item("Exchange is down again", links=("https://example.com/",)))

    assert compared(window, an_item("Cheap fees for students", links=("https://example.com",))).same is None


def test_what_is_older_than_the_window_is_compared_by_its_keys_only():
    window = holding(an_item("Robinhood fined 70 million dollars over outages of its platform"))

    assert compared(window, an_item("Robinhood fined $70 million over platform outages"), days=31).related == ()


def test_something_else_is_new():
    window = holding(an_item("Robinhood fined 70 million dollars over outages of its platform"))

    assert compared(window, an_item("Bees can count to four, biologists say")).verdict is Verdict.DIFFERENT


def test_an_item_is_no_repetition_of_itself():
    item = an_item("Why I stopped selling naked puts")

    assert compared(holding(item), item).verdict is Verdict.DIFFERENT


def test_what_a_person_said_of_two_findings_holds_for_them_always():
    one, other = an_item("Why I stopped selling naked puts"), an_item("Why I stopped selling naked puts")
    strange = an_item("Bees can count to four")
    window = holding(one, other, strange)
    said = {frozenset((1, 2)): Verdict.DIFFERENT, frozenset((2, 3)): Verdict.DUPLICATE}

    window.use(SHIPPED, said)
    found = compared(window, other)

    assert found.same
    assert found.same.finding_id == 3
    assert found.same.reason == "a person said so"
    assert 1 not in [match.finding_id for match in found.related]


def test_no_query_of_the_window_comes_back_empty():
    random = np.random.default_rng(3)
    vectors = random.normal(size=(3_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    held = Vectors()
    # Not in the order of time, as a replay adds them.
    moments = random.permutation(3_000) * 3_600.0
    for vector, moment in zip(vectors, moments, strict=True):
        held.add(vector, moment)

    for query, moment in zip(vectors[::7], moments[::7], strict=True):
        found = held.nearest(-query, moment, seconds=86_400 * 2, most=5, without=None)
        inside = np.flatnonzero(np.abs(moments - moment) <= 86_400 * 2)
        exact = inside[np.argsort(vectors[inside] @ query)[:5]]
        assert [row for row, _ in found] == list(exact)


def test_reasons_and_figures_are_usable_by_what_stores_them():
    window = holding(an_item("Robinhood fined 70 million dollars over outages " + "of its platform " * 30))

    found = compared(window, an_item("Robinhood fined $70 million over outages " + "of the platform " * 30))

    matches = [found.same, *found.related] if found.same else list(found.related)
    assert matches
    for match in matches:
        assert 1 <= len(match.reason) <= 500
        assert -1 <= match.similarity <= 1
        assert 0 <= match.probability <= 1
        assert all(isinstance(value, float) for value in match.measured.values())
