from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.validation import CHECKS, body, checked_fields, checked_score
from ci_core.errors import InvalidInput
from db.enums import Category, Priority


def stored(field: str, value: Any) -> Any:
    return checked_fields({field: value})[field]


def refusal(field: str, value: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        checked_fields({field: value})
    assert caught.value.field == field
    return str(caught.value)


def test_a_title_is_trimmed() -> None:
    assert stored("title", "  Cache the chain \t") == "Cache the chain"


@pytest.mark.parametrize(
    "title",
    [
        "",
        "   ",
        "\u200b\u200b",
        "a\nb",
        "a\x00b",
        "a\x07b",
        "a\u2028b",
        "\ud800",
        "x" * 301,
        "safe\u202egpj.exe",
        None,
        7,
    ],
)
def test_an_unusable_title_is_refused(title: Any) -> None:
    assert refusal("title", title)


def test_a_title_may_have_300_characters_and_be_in_any_script() -> None:
    assert stored("title", "é" * 300) == "é" * 300
    assert stored("title", "期权链 👩‍💻 <img src=x onerror=alert(1)>") == "期权链 👩‍💻 <img src=x onerror=alert(1)>"


def test_a_description_keeps_its_lines_with_line_feeds_only() -> None:
    assert stored("description", "# A\r\n\r\n\tcode\r\n") == "# A\n\n\tcode\n"


@pytest.mark.parametrize("description", ["a\x00", "\udfff", "x" * 200_001, None])
def test_an_unusable_description_is_refused(description: Any) -> None:
    assert refusal("description", description)


@pytest.mark.parametrize("field", ["category", "priority", "complexity", "status", "source"])
def test_an_unknown_word_is_answered_with_those_that_are_known(field: str) -> None:
    message = refusal(field, "urgent!")

    assert "urgent!" in message
    assert "Allowed are: " in message


def test_words_are_understood_however_they_are_written() -> None:
    assert stored("category", "Bug fix") == "bug_fix"
    assert stored("priority", Priority.HIGH) == "high"
    assert checked_fields({"category": Category.TESTING, "complexity": None}) == {
        "category": "testing",
        "complexity": None,
    }


@pytest.mark.parametrize("hours", [-0.01, 1_000_000, float("nan"), float("inf"), "three", True, [1]])
def test_unusable_hours_are_refused(hours: Any) -> None:
    assert refusal("estimated_hours", hours)


@pytest.mark.parametrize(
    ("given", "kept"), [(2.5, "2.50"), (0, "0.00"), ("0.5", "0.50"), (0.125, "0.13"), (999_999.99, "999999.99")]
)
def test_hours_are_kept_to_two_decimals(given: Any, kept: str) -> None:
    assert str(stored("actual_hours", given)) == kept


@pytest.mark.parametrize("empty", ["", "  ", None])
@pytest.mark.parametrize(
    "field", ["feature_area", "complexity", "estimated_hours", "source_url", "assignee", "branch", "pull_request_url"]
)
def test_an_emptied_optional_field_is_stored_as_none(field: str, empty: Any) -> None:
    assert stored(field, empty) is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,<b>",
        "ftp://example.com/x",
        "//example.com/x",
        "https://",
        "http://[::1",
        "https://example.com/a b",
        "example.com/pr/1",
        "java\nscript:alert(1)",
    ],
)
def test_only_web_addresses_are_pull_requests(address: str) -> None:
    assert refusal("pull_request_url", address)


def test_a_web_address_is_kept_as_it_is() -> None:
    assert stored("pull_request_url", "https://github.com/a/b/pull/7?x=1#d") == "https://github.com/a/b/pull/7?x=1#d"


def test_an_origin_is_a_web_address_or_a_place_in_the_repository() -> None:
    assert stored("source_url", "docs/WISHLIST.md#L40") == "docs/WISHLIST.md#L40"
    assert stored("source_url", "https://arxiv.org/abs/1") == "https://arxiv.org/abs/1"
    assert refusal("source_url", "javascript:alert(1)")
    assert refusal("source_url", "//evil.example/x")


def test_tags_are_lower_case_unique_and_in_order() -> None:
    assert stored("tags", ["Beta", " alpha ", "beta", "a b"]) == ["beta", "alpha", "a b"]


@pytest.mark.parametrize("tags", ["pool,cache", [""], ["x" * 41], [f"t{n}" for n in range(31)], [1], {"a": 1}, None])
def test_unusable_tags_are_refused(tags: Any) -> None:
    assert refusal("tags", tags)


@pytest.mark.parametrize("impact", [{"a": float("nan")}, {"a": object()}, {"a": "\x00"}, {"a": "x" * 60_000}, [1]])
def test_an_impact_must_be_storable(impact: Any) -> None:
    assert refusal("predicted_impact", impact)


@pytest.mark.parametrize("percentage", [-1, 101, 50.5, True, "50", None])
def test_completion_is_a_whole_percentage(percentage: Any) -> None:
    assert refusal("completion_percentage", percentage)


@pytest.mark.parametrize("field", ["id", "version", "ai_priority_score", "created_by", "completed_at", "nonsense"])
def test_fields_that_people_do_not_write_are_refused_by_name(field: str) -> None:
    assert field in refusal(field, 1)


@pytest.mark.parametrize("score", [-0.1, 100.1, float("nan"), True, "50", None])
def test_an_unusable_score_is_refused(score: Any) -> None:
    with pytest.raises(InvalidInput):
        checked_score("total", score)


def test_a_score_has_two_decimals() -> None:
    assert checked_score("total", Decimal("66.666")) == 66.67


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text()), st.decimals()
)


@given(st.sampled_from(sorted(CHECKS)), anything)
def test_whatever_is_given_is_either_stored_or_refused_and_what_is_stored_stays_the_same(
    field: str, value: Any
) -> None:
    try:
        kept = stored(field, value)
    except InvalidInput as refused:
        named = refused.field
    else:
        named = field
        assert stored(field, kept) == kept

    assert named == field


@given(st.text(max_size=50))
def test_text_without_surrogates_and_nul_is_kept_word_for_word(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        with pytest.raises(InvalidInput):
            body("description", text, 100)
    else:
        assert body("description", text, 100) == text.replace("\r\n", "\n")
