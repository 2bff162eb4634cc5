"""What the browser sends is checked before anything is done with it."""

from __future__ import annotations

from typing import Any

import pytest

from pages.widgets.kanban import (
    Acknowledgement,
    CardVersion,
    ClientOperations,
    LaneChange,
    MalformedMessage,
    Move,
    Outcome,
    parse_bulk,
    parse_need_base,
    parse_older,
    parse_open,
    parse_operations,
    remember_outcomes,
)

CLIENT = "0b8a1c52-6f0e-4c1b-9d3e-2f7a51c0e9aa"


def operation(**changes: Any) -> dict[str, Any]:
    whole = {
        "sequence": 1,
        "kind": "move",
        "cards": [{"id": 5, "version": 2}],
        "status": "approved",
        "after": 3,
        "before": None,
    }
    return {**whole, **changes}


def message(*operations: Any, client: Any = CLIENT) -> dict[str, Any]:
    return {"client": client, "operations": list(operations)}


def test_a_message_becomes_values() -> None:
    received = parse_operations(message(operation()), {"approved"})

    assert received == ClientOperations(CLIENT, (Move(1, (CardVersion(5, 2),), "approved", 3, None),))


def test_an_empty_outbox_is_a_message_too() -> None:
    assert parse_operations(message()) == ClientOperations(CLIENT, ())


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (None, "the message"),
        ("[]", "the message"),
        ({"operations": []}, "client"),
        (message(client="me"), "client"),
        (message(client=CLIENT.upper()), "client"),
        ({"client": CLIENT}, "operations"),
        ({"client": CLIENT, "operations": {"0": {}}}, "operations"),
        (message(*[operation(sequence=number) for number in range(1, 202)]), "operations"),
        (message("move"), "operations[0]"),
        (message(operation(kind="delete")), "operations[0].kind"),
        (message(operation(sequence=0)), "operations[0].sequence"),
        (message(operation(sequence="1")), "operations[0].sequence"),
        (message(operation(sequence=1.0)), "operations[0].sequence"),
        (message(operation(sequence=True)), "operations[0].sequence"),
        (message(operation(sequence=2**53)), "operations[0].sequence"),
        (message(operation(), operation()), "operations"),
        (message(operation(sequence=2), operation(sequence=1)), "operations"),
        (message(operation(cards=[])), "operations[0].cards"),
        (message(operation(cards="5")), "operations[0].cards"),
        (message(operation(cards=[5])), "operations[0].cards[0]"),
        (message(operation(cards=[{"id": "5", "version": 1}])), "operations[0].cards[0].id"),
        (message(operation(cards=[{"id": -5, "version": 1}])), "operations[0].cards[0].id"),
        (message(operation(cards=[{"id": 5}])), "operations[0].cards[0].version"),
        (message(operation(cards=[{"id": 5, "version": None}])), "operations[0].cards[0].version"),
        (message(operation(cards=[{"id": 5, "version": 1}] * 2)), "operations[0].cards"),
        (message(operation(cards=[{"id": n, "version": 1} for n in range(1, 1002)])), "operations[0].cards"),
        (message(operation(status=None)), "operations[0].status"),
        (message(operation(status="")), "operations[0].status"),
        (message(operation(status="x" * 65)), "operations[0].status"),
        (message(operation(after="3")), "operations[0].after"),
        (message(operation(before=0)), "operations[0].before"),
        (message(operation(after=5)), "operations[0]"),
        (message(operation(after=3, before=3)), "operations[0]"),
    ],
)
def test_a_malformed_message_is_refused_with_its_place(raw: object, where: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse_operations(raw)

    assert refused.value.where == where
    assert str(refused.value).startswith(f"The browser sent a message that cannot be understood: {where} ")


def test_a_status_that_is_no_column_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="no column of this board"):
        parse_operations(message(operation(status="approved")), {"proposed"})


def test_a_thousand_cards_in_one_move_are_allowed() -> None:
    cards = [{"id": number, "version": 1} for number in range(1, 1001)]

    assert len(parse_operations(message(operation(cards=cards, after=None))).operations[0].cards) == 1000


def test_open_and_need_base_are_checked_too() -> None:
    assert parse_open({"id": 7, "nonce": 1}) == 7
    assert parse_need_base({"have": None, "nonce": 1}) is None
    assert parse_need_base({"have": 12, "nonce": 1}) == 12
    with pytest.raises(MalformedMessage):
        parse_open({"id": "7"})
    with pytest.raises(MalformedMessage):
        parse_need_base({"have": -1})


def received(*sequences: int, client: str = CLIENT) -> ClientOperations:
    return parse_operations(message(*[operation(sequence=number) for number in sequences], client=client))


def test_outcomes_stay_until_the_browser_has_confirmed_them() -> None:
    first = remember_outcomes(None, received(1, 2), [Outcome(1, "applied"), Outcome(2, "refused")])
    second = remember_outcomes(first, received(2, 3), [Outcome(3, "applied")])

    assert [outcome.sequence for outcome in first.outcomes] == [1, 2]
    assert [(outcome.sequence, outcome.outcome) for outcome in second.outcomes] == [(2, "refused"), (3, "applied")]


def test_another_browser_starts_with_a_clean_slate() -> None:
    other = "1" * 8 + CLIENT[8:]
    first = remember_outcomes(None, received(1), [Outcome(1, "applied")])

    second = remember_outcomes(first, received(1, client=other), [Outcome(1, "conflict")])

    assert second == Acknowledgement(other, (Outcome(1, "conflict"),))


def test_a_move_into_another_lane_names_its_field_and_value() -> None:
    lane = {"field": "assignee", "value": None}

    (moved,) = parse_operations(message(operation(lane=lane))).operations

    assert moved.lane == LaneChange("assignee", None)
    assert parse_operations(message(operation(lane=None))).operations[0].lane is None


@pytest.mark.parametrize(
    "lane",
    [
        "area",
        {},
        {"field": "title", "value": "x"},
        {"field": "area", "value": ""},
        {"field": "area", "value": "x" * 201},
    ],
)
def test_a_lane_that_cannot_be_is_refused(lane: object) -> None:
    with pytest.raises(MalformedMessage):
        parse_operations(message(operation(lane=lane)))


def test_older_cards_are_asked_for_by_column() -> None:
    assert parse_older({"status": "completed", "nonce": 1}, {"completed"}) == "completed"
    with pytest.raises(MalformedMessage):
        parse_older({"status": "nowhere"}, {"completed"})


def test_cards_to_change_together_come_with_the_versions_that_were_seen() -> None:
    assert parse_bulk({"cards": [{"id": 5, "version": 2}], "nonce": 1}) == (CardVersion(5, 2),)
    assert parse_bulk({"cards": []}) == ()


@pytest.mark.parametrize("cards", [None, "5", [5], [{"id": 5}], [{"id": 5, "version": 1}] * 2])
def test_malformed_cards_to_change_are_refused(cards: object) -> None:
    with pytest.raises(MalformedMessage):
        parse_bulk({"cards": cards})
