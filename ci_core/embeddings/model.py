"""The encoder that app, CLI and worker share: onnxruntime and tokenizers, no PyTorch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from ci_core.embeddings.manifest import MODEL_FILE, REMEDY, TOKENIZER_FILE, find_export, read_manifest
from ci_core.errors import EmbeddingModelMissing

Vectors = NDArray[np.float32]

# Attention needs memory with the square of the length: 1,024 tokens at once is as fast as more, and stays small.
BATCH_TOKENS = 1_024
BATCH_TEXTS = 64
# A megabyte of text takes a second to tokenize, and all but its first 256 tokens is then thrown away.
FIRST_CUT_CHARACTERS = 4_000
MAX_DEFAULT_THREADS = 4


class Encoder:
    """Turns texts into vectors of unit length. One instance serves any number of threads.

    Attributes:
        name: the model's name, to be stored beside every vector; vectors of different names do not compare.
        dimensions: length of a vector.
    """

    name: str
    dimensions: int

    def __init__(self, export_dir: Path, *, threads: int | None = None) -> None:
        """Load an export.

        Args:
            export_dir: a folder made by `ensure_exported`.
            threads: cores for one call of `encode`; None takes what the machine has, at most four.

        Raises:
            EmbeddingModelMissing: the folder holds no whole export.
        """
        try:
            manifest = read_manifest(export_dir)
            self._tokenizer = Tokenizer.from_file(str(export_dir / TOKENIZER_FILE))
            self._session = _open_session(export_dir / MODEL_FILE, threads or _default_threads())
        except Exception as error:  # both libraries raise plain Exception for an unreadable file
            raise EmbeddingModelMissing(
                f"The embedding model in {export_dir} cannot be read: {error}. {REMEDY}"
            ) from error
        self.name = manifest.name
        self.dimensions = manifest.dimensions
        self._max_tokens = manifest.max_tokens
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest.max_tokens)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, in their order, as an array (number of texts, 384); each has unit length.

        Longer texts count with their first 256 tokens, about 200 words. An empty text has a vector too.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        encodings = [self._tokenize(text) for text in texts]
        for places in _batches([len(encoding) for encoding in encodings]):
            vectors[places] = self._run([encodings[place] for place in places])
        return vectors

    def _tokenize(self, text: str) -> Encoding:
        """Tokens of the text as of the whole of it, though of a long one only the beginning is read.

        Words are tokenized one by one, so a cut at white space changes nothing before it.
        """
        limit = FIRST_CUT_CHARACTERS
        while limit < len(text):
            end = max(text.rfind(space, 0, limit) for space in " \n\t\r")
            if end > 0:
                encoding = self._tokenizer.encode(_without_surrogates(text[:end]))
                if len(encoding) == self._max_tokens:
                    return encoding
            limit *= 4
        return self._tokenizer.encode(_without_surrogates(text))

    def _run(self, encodings: list[Encoding]) -> Vectors:
        shape = (len(encodings), max(len(encoding) for encoding in encodings))
        ids = np.zeros(shape, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of similar length that are computed together, so that little padding is computed with them."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _without_surrogates(text: str) -> str:
    """Text that a file with a broken encoding gave may hold half characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _default_threads() -> int:
    """The cores that this process may use, within reason."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MAX_DEFAULT_THREADS)


def _open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: the CLI's stderr belongs to the person at it
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait are a fifth faster on an idle machine, but cost pages and database a third more.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


_loaded: dict[Path, Encoder] = {}
_loading = Lock()


def load_encoder(models_dir: Path) -> Encoder:
    """The encoder of this process, loaded at the first call (0.3 s) and shared by all threads.

    Raises:
        EmbeddingModelMissing: no whole export is in `models_dir`. It is not remembered: a later call looks again.
    """
    key = models_dir.resolve()
    if encoder := _loaded.get(key):
        return encoder
    with _loading:
        if key not in _loaded:
            _loaded[key] = Encoder(find_export(key))
        return _loaded[key]


def encode_query(encoder: Encoder, text: str) -> Vectors:
    """The vector (384,) of one search text; the last 256 different ones are remembered. Read-only."""
    return _remembered(encoder, " ".join(text.split()))


@lru_cache(maxsize=256)
def _remembered(encoder: Encoder, text: str) -> Vectors:
    vector: Vectors = encoder.encode([text])[0]
    vector.setflags(write=False)
    return vector
