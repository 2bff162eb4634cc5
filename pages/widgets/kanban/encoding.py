"""What travels to the browser, as the bytes of one JSON document.

Streamlit passes bytes on as they are. A dictionary it would search for tables and write out twice, for each session
anew; the whole board is the same for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pages.widgets.kanban.values import BoardUpdate, Card

_newest_base: tuple[Sequence[Card], bytes] | None = None


def encode(update: BoardUpdate, around: Mapping[str, Any]) -> bytes:
    """Return the JSON of `around` together with the update; `base` is null or {"revision", "cards"}."""
    outside = json.dumps({**around, **update.wire()}, separators=(",", ":")).encode()
    if update.base is None:
        return outside[:-1] + b',"base":null}'
    revision = str(update.base_revision).encode()
    return outside[:-1] + b',"base":{"revision":' + revision + b',"cards":' + _base_json(update.base) + b"}}"


def _base_json(cards: Sequence[Card]) -> bytes:
    global _newest_base
    newest = _newest_base
    if newest is None or newest[0] is not cards:
        newest = (cards, json.dumps([card.wire() for card in cards], separators=(",", ":")).encode())
        _newest_base = newest
    return newest[1]
