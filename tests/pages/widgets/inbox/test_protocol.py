"""What the inbox in the browser sends is checked before anything is done with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ci_core.backlog.triage import (
    Approve,
    Assign,
    Decision,
    MergeInto,
    Numbered,
    Prioritise,
    Reject,
    Snooze,
    TakeBack,
)
from db.enums import Priority
from pages.widgets.inbox.protocol import parse_decisions, parse_search
from pages.widgets.messages import MalformedMessage, parse_wanted

CLIENT = "0b8a1c52-6f0e-4c1b-9d3e-2f7a51c0e9aa"


def operation(kind: Any = "approve", **fields: Any) -> dict[str, Any]:
    return {"sequence": 1, "kind": kind, "cards": [{"id": 5, "version": 2}], **fields}


def message(*operations: Any, client: Any = CLIENT) -> dict[str, Any]:
    return {"client": client, "operations": list(operations)}


@pytest.mark.parametrize(
    ("sent", "decision"),
    [
        (operation(), Approve(5, 2)),
        (operation("merge", original=7), MergeInto(5, 2, 7)),
        (operation("reject", reason="Out of scope"), Reject(5, 2, "Out of scope")),
        (
            operation("snooze", until="2026-12-01T09:00:00.000Z"),
            Snooze(5, 2, until=datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ),
        (operation("snooze", until_done=7), Snooze(5, 2, until_done=7)),
        (operation("snooze"), Snooze(5, 2)),
        (operation("assign", assignee="ada"), Assign(5, 2, "ada")),
        (operation("assign", assignee=None), Assign(5, 2, None)),
        (operation("prioritise", priority="critical"), Prioritise(5, 2, Priority.CRITICAL)),
        (operation("undo", earlier=3), TakeBack(5, 3)),
        (operation(cards=[{"id": 5, "version": 0}]), Approve(5, None)),
        (operation(cards=[{"id": 5, "version": None}]), Approve(5, None)),
    ],
)
def test_a_message_becomes_values(sent: dict[str, Any], decision: Decision) -> None:
    received = parse_decisions(message(sent))

    assert received.client == CLIENT
    assert received.operations == (Numbered(1, decision),)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (None, "the message"),
        (message(client="me"), "client"),
        ({"client": CLIENT}, "operations"),
        (message(*[operation(sequence=number) for number in range(1, 202)]), "operations"),
        (message("approve"), "operations[0]"),
        (message(operation("delete")), "operations[0].kind"),
        (message(operation(["approve"])), "operations[0].kind"),
        (message(operation(None)), "operations[0].kind"),
        (message(operation(sequence=0)), "operations[0].sequence"),
        (message(operation(sequence=True)), "operations[0].sequence"),
        (message(operation(), operation()), "operations"),
        (message(operation(cards=[])), "operations[0].cards"),
        (message(operation(cards=[{"id": 5}, {"id": 6}])), "operations[0].cards"),
        (message(operation(cards=[{"id": "5"}])), "operations[0].cards[0].id"),
        (message(operation(cards=[{"id": 5, "version": -1}])), "operations[0].cards[0].version"),
        (message(operation("merge")), "operations[0].original"),
        (message(operation("merge", original="7")), "operations[0].original"),
        (message(operation("reject")), "operations[0].reason"),
        (message(operation("reject", reason="x" * 1001)), "operations[0].reason"),
        (message(operation("snooze", until="tomorrow")), "operations[0].until"),
        (message(operation("snooze", until="2026-12-01T09:00:00")), "operations[0].until"),
        (message(operation("snooze", until="2" * 50)), "operations[0].until"),
        (message(operation("snooze", until=1764579600)), "operations[0].until"),
        (message(operation("snooze", until_done=0)), "operations[0].until_done"),
        (message(operation("assign", assignee=7)), "operations[0].assignee"),
        (message(operation("prioritise", priority="urgent")), "operations[0].priority"),
        (message(operation("prioritise", priority=["high"])), "operations[0].priority"),
        (message(operation("undo")), "operations[0].earlier"),
    ],
)
def test_a_malformed_message_is_refused_with_its_place(raw: object, where: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse_decisions(raw)

    assert refused.value.where == where


def test_wanted_items_are_few_and_each_once() -> None:
    assert parse_wanted({"ids": [3, 1, 3]}) == (3, 1)
    for raw in ({"ids": list(range(1, 30))}, {"ids": ["1"]}, {"ids": None}, [], {"ids": [0]}):
        with pytest.raises(MalformedMessage):
            parse_wanted(raw)


def test_a_search_is_a_short_text_with_a_number() -> None:
    assert parse_search({"text": "pool", "nonce": 4}).text == "pool"
    for raw in ({"text": "x" * 201, "nonce": 1}, {"text": 5, "nonce": 1}, {"text": "a"}, None):
        with pytest.raises(MalformedMessage):
            parse_search(raw)
