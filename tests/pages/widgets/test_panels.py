"""What the overview's panels get, and what they may ask for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ci_core.overview import Block, Completions, Figure, Glance, Hint, Line, Overview, Period, StatusCount
from db.enums import Priority, Status
from pages.widgets.panels import received_item, received_page
from pages.widgets.panels.wire import encode

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
LINE = Line(
    "Cache the “chain”", "in progress", enhancement_id=12, status=Status.IN_PROGRESS, priority=Priority.HIGH,
    score=71.4, at=NOW,
)  # fmt: skip
NOTHING = Block("x", "Nothing", hint=Hint("Nothing yet.", "Open", "board", "ci x"))


def overview(needs: tuple[Block, ...] = (Block("assigned", "Assigned to you", (LINE,), 3, page="board"),)) -> Overview:
    return Overview(
        person="Ada",
        now=NOW,
        period=Period("1d", NOW, "in the last day"),
        needs=needs,
        people=NOTHING,
        agents=Block("agents", "By agents", (LINE,), 40, ("and 39 more by agent:setup: added",)),
        top=NOTHING,
        statuses=tuple(StatusCount(status, int(status is Status.PROPOSED)) for status in Status),
        completions=Completions((1,) * 7 + (2,) * 7),
        glances=(Glance("g", "Health", (Figure("Score", "81"),), NOTHING),),
    )


def test_the_document_holds_every_part() -> None:
    document = json.loads(encode(overview()))

    assert document["needs"][0]["lines"][0] == {
        "text": "Cache the “chain”", "note": "in progress", "item": 12, "page": None, "url": None,
        "status": "in_progress", "status_label": "In progress", "priority": "high", "score": 71.4,
        "at": NOW.timestamp(), "notification": None,
    }  # fmt: skip
    assert document["needs"][0]["more"] == ["and 2 more"]
    assert document["changed"]["title"] == "What changed in the last day"
    assert document["changed"]["blocks"][1]["more"] == ["and 39 more by agent:setup: added"]
    assert document["completions"] == {"days": [1] * 7 + [2] * 7, "last": 14, "before": 7}
    assert document["glances"][0]["figures"] == [{"label": "Score", "value": "81"}]
    assert document["top"]["hint"] == {"text": "Nothing yet.", "label": "Open", "page": "board", "command": "ci x"}


def test_when_nothing_waits_that_is_said() -> None:
    (block,) = json.loads(encode(overview(needs=())))["needs"]

    assert block["hint"]["text"].startswith("Nothing waits for you.")
    assert block["lines"] == []


@pytest.mark.parametrize("message", [None, "12", 12, {}, {"item": "12"}, {"item": 0}, {"item": 2**31}, {"item": True}])
def test_only_a_possible_id_is_opened(message: object) -> None:
    assert received_item(message) is None


def test_an_id_is_opened() -> None:
    assert received_item({"item": 12, "nonce": 1}) == 12


FOREIGN = (
    "https://evil.example",
    "//evil.example",
    "../x",
    "Board",
    "board?q=\n",
    "board#x",
    "a" * 50,
    "b?" + "x" * 600,
)


@pytest.mark.parametrize("page", [None, 1, *FOREIGN])
def test_only_a_page_of_ours_is_gone_to(page: object) -> None:
    assert received_page({"page": page}) is None


@pytest.mark.parametrize("page", ["inbox", "board?assignee=Ada%20Lovelace", ""])
def test_a_page_is_gone_to(page: str) -> None:
    assert received_page({"page": page}) == page
