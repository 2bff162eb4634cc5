"""What the feed in the browser sends is understood, or refused with the place and the problem."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ci_core.research.conversion import ConversionForm
from ci_core.research.triage import Attach, Convert, Merge, Numbered, Reject, Reopen, Snooze, Split, TakeBack
from pages.widgets.messages import MalformedMessage, parse_wanted
from pages.widgets.research.protocol import (
    MAX_SHOWN,
    FeedSearch,
    parse_decisions,
    parse_more,
    parse_search,
    parse_shown,
)

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"
FORM = {"title": "T", "description": "D", "category": "security", "priority": "low", "complexity": None, "tags": ["a"]}


def message(**operation: Any) -> dict[str, Any]:
    cards = operation.pop("cards", [{"id": 7, "version": 2}])
    return {"client": CLIENT, "operations": [{"sequence": 1, "cards": cards, **operation}]}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"kind": "convert"}, Convert()),
        ({"kind": "convert", "form": FORM}, Convert(ConversionForm("T", "D", "security", "low", None, None, ("a",)))),
        ({"kind": "attach", "enhancement": 3}, Attach(3)),
        ({"kind": "reject"}, Reject(None)),
        ({"kind": "reject", "reason": "Old"}, Reject("Old")),
        ({"kind": "snooze", "until": "2027-01-01T09:00:00Z"}, Snooze(datetime(2027, 1, 1, 9, tzinfo=UTC))),
        ({"kind": "reopen"}, Reopen()),
        ({"kind": "merge", "canonical": 5}, Merge(5)),
        ({"kind": "split"}, Split()),
        ({"kind": "undo", "earlier": 4}, TakeBack(4)),
    ],
)
def test_every_decision_is_understood(sent: dict[str, Any], meant: object) -> None:
    received = parse_decisions(message(**sent))

    assert received.client == CLIENT
    assert received.operations == (Numbered(1, ((7, 2),), meant),)  # type: ignore[arg-type]


def test_many_findings_are_decided_at_once_and_an_unknown_version_is_none() -> None:
    received = parse_decisions(message(kind="reject", cards=[{"id": 1, "version": 0}, {"id": 2}]))

    assert received.operations[0].findings == ((1, None), (2, None))


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"kind": "delete"}, "is no decision"),
        ({"kind": "attach"}, "enhancement is not a whole number"),
        ({"kind": "attach", "enhancement": True}, "not a whole number"),
        ({"kind": "merge", "canonical": -1}, "not a whole number"),
        ({"kind": "reject", "reason": "x" * 1_001}, "not a text of at most 1000"),
        ({"kind": "snooze"}, "not a time with its zone"),
        ({"kind": "snooze", "until": "2027-01-01T09:00:00"}, "not a time with its zone"),
        ({"kind": "convert", "form": "all of it"}, "not an object"),
        ({"kind": "convert", "form": {**FORM, "title": 3}}, "form.title"),
        ({"kind": "convert", "form": {**FORM, "tags": ["a"] * 61}}, "more than 60"),
        ({"kind": "convert", "form": {**FORM, "tags": [{"a": 1}]}}, "form.tags"),
        ({"kind": "reject", "cards": []}, "is empty"),
        ({"kind": "reject", "cards": [{"id": 1}, {"id": 1}]}, "names a finding twice"),
        ({"kind": "reject", "cards": [{"id": 0}]}, "whole number from 1"),
        ({"kind": "reject", "cards": [{"id": n} for n in range(1, 1_002)]}, "more than 1000"),
    ],
)
def test_what_is_no_decision_is_refused_with_its_place(sent: dict[str, Any], problem: str) -> None:
    with pytest.raises(MalformedMessage, match=problem):
        parse_decisions(message(**sent))


def test_the_other_messages_are_checked_too() -> None:
    assert parse_search({"text": "x", "nonce": 1, "among": "finding"}) == FeedSearch("x", 1, True)
    assert parse_search({"text": "x", "nonce": 1}) == FeedSearch("x", 1, False)
    assert parse_wanted({"ids": [3, 3, 2]}) == (3, 2)
    assert parse_shown({"shown": [[4, 0], [5, 1]]}) == ((4, 0), (5, 1))
    assert parse_more({"loaded": 100}) == 100
    for parse, wrong in (
        (parse_search, {"text": "x" * 201, "nonce": 1}),
        (parse_wanted, {"ids": ["1"]}),
        (parse_shown, {"shown": [[1]]}),
        (parse_shown, {"shown": [[0, 0]]}),
        (parse_shown, {"shown": [[1, 1]] * (MAX_SHOWN + 1)}),
        (parse_shown, None),
        (parse_more, {"loaded": -1}),
    ):
        with pytest.raises(MalformedMessage):
            parse(wrong)  # type: ignore[operator]
