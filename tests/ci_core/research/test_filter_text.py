"""Filters as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.errors import InvalidInput
from ci_core.research import DEFAULT_SOURCES
from ci_core.research.filter_text import filters_as_text, filters_from_text

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.lists(TEXTS, max_size=4), st.floats(-1e6, 1e6))


def test_lines_become_numbers_texts_and_lists() -> None:
    written = (
        "min_stars: 50\n\n language: python \ntopics: a, b b ,c\nsite: quant\nrepository: owner/name:x\nopen: true"
    )

    assert filters_from_text(written) == {
        "min_stars": 50,
        "language": "python",
        "topics": ["a", "b b", "c"],
        "site": "quant",
        "repository": "owner/name:x",
        "open": True,
    }


@pytest.mark.parametrize("source", DEFAULT_SOURCES, ids=lambda source: str(source["source_name"]))
def test_the_filters_of_every_default_source_come_back_as_they_were(source: dict[str, object]) -> None:
    filters = source["search_filters"]
    assert isinstance(filters, dict)

    assert filters_from_text(filters_as_text(filters)) == filters


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True), VALUES, max_size=4))
def test_whatever_was_stored_comes_back_as_it_was(filters: dict[str, object]) -> None:
    assert filters_from_text(filters_as_text(filters)) == filters


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("min_stars", "Line 1: write a filter as"),
        ("a: 1\n\nb c: 2", "Line 3: write a filter as"),
        ("a:", "“a” has no value"),
        ("a: 1\na: 2", "Line 2: “a” is there already"),
        ("\n".join(f"a{n}: 1" for n in range(51)), "51 filters are too many"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_line(written: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        filters_from_text(written)

    assert refused.value.field == "search_filters"
