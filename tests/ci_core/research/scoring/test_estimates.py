"""Applicability and difficulty are guessed from cues, and each cue is named."""

from __future__ import annotations

from ci_core.research.scoring.estimates import Estimate, applicability, cues_of, difficulty
from ci_core.research.values import Item, NormalItem


def item(title: str, text: str = "", source_type: str = "reddit", links: tuple[str, ...] = ()) -> NormalItem:
    made = Item(source_type, "1", "https://example.com/1", title, text, links=links)
    return NormalItem(made, title, text, None, (), "en", "t", "c")


def value(estimate: Estimate) -> float:
    assert estimate.value is not None
    return estimate.value


def usable(one: NormalItem, *found: str, topical: float = 0.5) -> Estimate:
    return applicability(one, cues_of(one), found, topical)


def work(one: NormalItem) -> Estimate:
    return difficulty(one, cues_of(one))


def test_a_python_library_is_more_usable_than_one_for_java() -> None:
    ours = usable(item("Option chains", "pip install chains"), "Python", "pandas")
    theirs = usable(item("Option chains", "A library."), "Java")

    assert value(ours) > value(theirs) + 30
    assert "installs with pip" in ours.because
    assert "Python and pandas" in ours.because
    assert "is written for Java" in theirs.because


def test_nearness_to_the_interests_counts_half() -> None:
    near, far = (value(usable(item("x", "A text."), topical=topical)) for topical in (1.0, 0.0))

    assert near - far == 50


def test_code_that_is_linked_counts() -> None:
    linked = item("A post", "Words.", links=("https://github.com/someone/wheel",))

    assert "comes with code" in usable(linked).because
    assert "comes with code" not in usable(item("A post", "Words.")).because


def test_a_bare_title_tells_nothing_about_use() -> None:
    assert usable(item("Thoughts on SPY?")).value is None


def test_what_is_abandoned_or_costs_money_is_less_usable() -> None:
    plain = value(usable(item("x", "A library.")))
    bad = value(usable(item("x", "A library, deprecated; $20 per month.")))

    assert bad < plain


def test_a_paper_is_harder_than_a_repository_and_that_harder_than_a_tip() -> None:
    paper = value(work(item("Pricing", "Text.", "arxiv")))
    repository = value(work(item("Pricing", "Text.", "github")))
    tip = value(work(item("How to price", "Text.", "stack_overflow")))

    assert paper > repository > tip


def test_a_paper_with_code_is_easier_than_one_without() -> None:
    without, with_code = item("Pricing", "Text.", "arxiv"), item("P", "Text. https://github.com/a/b", "arxiv")

    assert value(work(without)) > value(work(with_code))
    assert "a research paper with code" in work(with_code).because


def test_nothing_said_gives_no_difficulty() -> None:
    assert work(item("An interesting evening")).value is None


def test_figures_stay_within_their_range() -> None:
    words = "neural network, distributed, low latency, stochastic control " * 9
    everything = item("Theorems on martingales", words, "arxiv")

    assert 0 <= value(work(everything)) <= 100
    assert 0 <= value(usable(everything, "Python", topical=1.0)) <= 100
