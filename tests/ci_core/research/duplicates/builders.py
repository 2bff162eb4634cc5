"""Items and vectors for tests of duplicates, without an encoder."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from ci_core.research.duplicates.words import words_of
from ci_core.research.normalise import normalise
from ci_core.research.values import Item, NormalItem, Vector

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers = count(1)


def an_item(title: str, text: str = "", **fields: object) -> NormalItem:
    """A post that nobody has seen before; every one has an id and an address of its own."""
    number = next(_numbers)
    given: dict[str, object] = {
        "source_type": "hacker_news",
        "external_id": f"id-{number}",
        "url": f"https://news.ycombinator.com/item?id={number}",
    }
    return normalise(Item(title=title, text=text, **(given | fields)))  # type: ignore[arg-type]


def vector_of(*texts: str) -> Vector:
    """A vector near those of texts with the same words, as the sum of one random direction for each word."""
    total = np.zeros(384)
    for word in words_of(" ".join(texts)):
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).normal(size=384)
    return (total / max(float(np.linalg.norm(total)), 1e-9)).astype(np.float32)


def later(days: float) -> datetime:
    """So many days after noon of the first day."""
    return NOON + timedelta(days=days)
