"""One JSON document tells the browser everything, and the whole board is written out once for all sessions."""

from __future__ import annotations

import json

from pages.widgets.kanban import BoardUpdate, Card
from pages.widgets.kanban.encoding import encode


def card(card_id: int, title: str = "Pool connections") -> Card:
    return Card(id=card_id, title=title, status="proposed", priority="high", position="5", version=1)


def test_a_base_carries_its_revision_and_every_card() -> None:
    cards = (card(1), card(2, 'Quotes " and umlauts ä 🚀 </script>'))

    sent = json.loads(encode(BoardUpdate(cards, "token", 7, 9), {"key": "board"}))

    assert sent["base"] == {"revision": 7, "cards": [one.wire() for one in cards]}
    assert (sent["key"], sent["base_token"], sent["revision"]) == ("board", "token", 9)


def test_without_a_base_only_what_changed_travels() -> None:
    sent = json.loads(encode(BoardUpdate(None, "token", 7, 9, [card(3)], [4]), {"key": "board"}))

    assert sent["base"] is None
    assert [one["id"] for one in sent["delta"]] == [3]
    assert sent["removed"] == [4]


def test_another_board_is_not_mistaken_for_the_one_before() -> None:
    first = json.loads(encode(BoardUpdate((card(1),), "a", 1, 1), {}))
    second = json.loads(encode(BoardUpdate((card(2),), "b", 2, 2), {}))

    assert first["base"]["cards"][0]["id"] == 1
    assert second["base"]["cards"][0]["id"] == 2
