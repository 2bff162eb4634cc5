"""What the header's browser side may send, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pages.widgets.header.received import (
    MalformedRequest,
    Read,
    ShowAll,
    Typed,
    Undo,
    parse_open,
    parse_read,
    parse_search,
    parse_show_all,
    parse_undo,
)

CLIENT = "0123456789abcdef" * 2


def test_a_question_is_text_cursor_and_number() -> None:
    assert parse_search({"sequence": 7, "text": "pool", "cursor": 2}) == Typed(7, "pool", 2)


def test_signs_that_cannot_be_stored_become_spaces_so_that_the_cursor_stays() -> None:
    assert parse_search({"sequence": 0, "text": "a\x00b\ud800", "cursor": 4}).text == "a b "


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"sequence": 1, "text": "x", "cursor": 2},
        {"sequence": 1, "text": "x", "cursor": -1},
        {"sequence": True, "text": "x", "cursor": 0},
        {"sequence": 2**53, "text": "x", "cursor": 0},
        {"sequence": 1, "text": "x" * 201, "cursor": 0},
        {"sequence": 1, "text": 5, "cursor": 0},
        {"text": "x", "cursor": 0},
    ],
)
def test_another_question_is_refused(raw: Any) -> None:
    with pytest.raises(MalformedRequest, match="Reload the page"):
        parse_search(raw)


def test_an_item_to_open_has_a_possible_id() -> None:
    assert parse_open({"id": 12, "nonce": 1}) == 12
    for wrong in (0, -1, 2**31, "12", 1.5, True, None):
        with pytest.raises(MalformedRequest):
            parse_open({"id": wrong})


def test_reading_names_notifications_or_all_of_them() -> None:
    assert parse_read({"ids": [3, 4], "item": 12}) == Read((3, 4), 12)
    assert parse_read({"ids": None, "item": None}) == Read(None, None)
    for wrong in ([], [0], ["1"], [1] * 101, "1", 5):
        with pytest.raises(MalformedRequest):
            parse_read({"ids": wrong})
    assert parse_read({"ids": [3], "item": None, "run": 7}) == Read((3,), None, 7)
    for wrong_one in ("item", "run"):
        with pytest.raises(MalformedRequest):
            parse_read({"ids": [1], wrong_one: "x"})


def test_undo_counts_for_a_client() -> None:
    assert parse_undo({"client": CLIENT, "count": 3}) == Undo(CLIENT, 3)
    for client, count in ((CLIENT, 0), (CLIENT, 100_001), (CLIENT[1:], 1), (CLIENT.upper(), 1), (None, 1)):
        with pytest.raises(MalformedRequest):
            parse_undo({"client": client, "count": count})


def test_the_text_to_filter_by_is_short() -> None:
    assert parse_show_all({"sequence": 3, "text": "priority:high"}) == ShowAll(3, "priority:high")
    for wrong in ({"sequence": 3, "text": "x" * 201}, {"text": "x"}, "x"):
        with pytest.raises(MalformedRequest):
            parse_show_all(wrong)
