"""An encoder that knows nothing but words: texts are near to each other as far as they share them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from ci_core.embeddings import DIMENSIONS
from ci_core.research.scoring.words import STOP_WORDS, stems
from ci_core.research.values import Vector


class WordEncoder:
    """As `ci_core.embeddings.Encoder`, without a model."""

    name = "stems of words"  # no other encoder's: vectors of interests are remembered by it for the whole process
    dimensions = DIMENSIONS

    def encode(self, texts: Sequence[str]) -> Vector:
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.01
            for word in stems(text):
                if word not in STOP_WORDS:
                    vectors[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1
        made: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return made


@pytest.fixture(scope="session")
def words() -> WordEncoder:
    return WordEncoder()
