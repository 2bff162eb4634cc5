"""What a person types about a source, and the source that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from ci_core.errors import InvalidInput
from ci_core.research import DEFAULT_SOURCES
from ci_core.research.source_settings import checked_source
from ci_core.research.sources import SourceConfig
from pages.widgets.source_form import FIELDS, config_of, typed_of


def configured(values: dict[str, Any]) -> SourceConfig:
    return SourceConfig(**{**values, "search_queries": tuple(values["search_queries"])})


@pytest.mark.parametrize("values", DEFAULT_SOURCES, ids=lambda source: str(source["source_name"]))
def test_a_source_that_is_opened_and_saved_is_the_same(values: dict[str, Any]) -> None:
    source = configured(values)
    typed = typed_of(source)

    assert config_of(typed) == source
    assert checked_source(config_of(typed)) == source
    assert set(typed) == set(FIELDS)


def test_blank_lines_spaces_and_repeats_are_left_out() -> None:
    typed = typed_of(SourceConfig("reddit", " r/options ")) | {
        "search_queries": " a  b \n\n c\na b\n",
        "source_url": "  ",
    }

    config = config_of(typed, 7)

    assert (config.search_queries, config.source_name, config.source_url, config.id) == (
        ("a b", "c"),
        "r/options",
        None,
        7,
    )


@pytest.mark.parametrize(
    ("name", "value"), [("search_filters", "nonsense"), ("max_results", None), ("scan_frequency_hours", None)]
)
def test_what_is_wrong_names_its_field(name: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        config_of(typed_of(SourceConfig("reddit", "r/options")) | {name: value})

    assert refused.value.field == name


def test_no_limit_of_requests_is_none() -> None:
    typed = typed_of(SourceConfig("reddit", "r/options", max_requests_per_minute=5))

    assert config_of(typed).max_requests_per_minute == 5
    assert config_of(typed | {"max_requests_per_minute": None}).max_requests_per_minute is None
