"""What the field for comments sends is checked before it is used."""

from __future__ import annotations

import pytest

from pages.widgets.composer import Sent, parse_sent

ID = "0123456789abcdef" * 2


def test_a_text_with_its_id_is_understood() -> None:
    assert parse_sent({"id": ID, "text": "Hello"}) == Sent(ID, "Hello")


@pytest.mark.parametrize(
    "raw",
    [
        None, 7, "text", [], {}, {"id": ID}, {"text": "Hello"}, {"id": ID, "text": 7}, {"id": ID[:-1], "text": "Hello"},
        {"id": "g" * 32, "text": "Hello"}, {"id": ID + "\n", "text": "Hello"}, {"id": ID, "text": "x" * 100_001},
    ],
)  # fmt: skip
def test_anything_else_is_dropped(raw: object) -> None:
    assert parse_sent(raw) is None
