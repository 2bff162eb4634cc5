"""What comes from the browser is understood as far as it means something, and never raises."""

from __future__ import annotations

from typing import Any

import pytest

from pages.widgets.table_grid.messages import Edit, parse_cards, parse_id, parse_keys, parse_message
from pages.widgets.table_grid.tags import tags_from_words, tags_in_words


def edit(**given: Any) -> dict[str, Any]:
    return {"sequence": 5, "id": 12, "version": 3, "field": "title", "value": "New"} | given


def test_edits_are_read_in_the_order_they_were_made() -> None:
    message = parse_message({"edits": [edit(sequence=9, field="area", value=" Scanner "), edit()]})

    assert message.edits == (Edit(5, 12, 3, "title", "New"), Edit(9, 12, 3, "area", "Scanner"))
    assert [one.field for one in message.edits] == ["title", "feature_area"]


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("title", "  ", ""),
        ("area", "", None),
        ("complexity", "", None),
        ("estimate", 2.5, 2.5),
        ("estimate", "", None),
        ("tags", 'pool, "a, b", pool', ["pool", "a, b", "pool"]),
        ("tags", None, []),
        ("status", "In progress", "In progress"),
    ],
)
def test_values_are_what_the_library_takes(key: str, typed: Any, value: Any) -> None:
    assert parse_message({"edits": [edit(field=key, value=typed)]}).edits[0].value == value


@pytest.mark.parametrize(
    "raw",
    [
        None, "text", 7, [], {}, {"edits": None, "wishes": []}, {"edits": {"a": 1}},
        {"edits": [None, 1, [], {}]},
        {"edits": [edit(sequence="5")]}, {"edits": [edit(id=0)]}, {"edits": [edit(id=2**31)]},
        {"edits": [edit(version=1.5)]}, {"edits": [edit(version=True)]}, {"edits": [edit(version=float("nan"))]},
        {"edits": [edit(field="id")]}, {"edits": [edit(field="description")]}, {"edits": [edit(field=["title"])]},
        {"wishes": {"open": None, "sort": {"value": 1}}},
    ],
)  # fmt: skip
def test_what_means_nothing_is_left_out(raw: object) -> None:
    message = parse_message(raw)

    assert message.edits == ()
    assert not message.wishes


def test_wishes_carry_their_number() -> None:
    wishes = parse_message({"wishes": {"open": {"sequence": 4, "value": 12}}}).wishes

    assert wishes is not None
    assert (wishes["open"].sequence, wishes["open"].value) == (4, 12)


def test_ids_cards_and_columns_are_checked() -> None:
    assert [parse_id(value) for value in (12, 12.0, "12", -1, None)] == [12, 12, None, None, None]
    assert parse_cards([[1, 2], [3, None], ["x", 1], [4]]) == ((1, 2), (3, None))
    assert parse_cards("no") == ()
    assert parse_keys(["title", "id", "title", "secret", 3]) == ("title", "id")


@pytest.mark.parametrize("tags", [(), ("pool",), ("a", "b c"), ("a, b", "c"), ('say "x"', "d")])
def test_tags_survive_the_way_through_a_line(tags: tuple[str, ...]) -> None:
    assert tuple(tags_from_words(tags_in_words(tags) or "")) == tags


def test_a_line_of_tags_may_be_written_carelessly() -> None:
    assert tags_from_words(" a ,, b,\n c , ") == ["a", "b", "c"]
