"""An encoder for tests: a vector per word, so that texts with the same words point the same way."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ci_core.embeddings import DIMENSIONS

SYNONYMS = {"phone": "mobile", "database": "postgres", "slow": "latency", "sluggish": "latency"}


class WordEncoder:
    """Stands in for the real encoder: deterministic, needs no model, and knows a few synonyms."""

    dimensions = DIMENSIONS

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen.extend(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or ["nothing"]:
                seed = zlib.crc32(SYNONYMS.get(word, word).encode())
                vectors[row] += np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
