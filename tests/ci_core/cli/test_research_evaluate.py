"""`ci research evaluate` at a shell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ci_core import embeddings
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.research.duplicates.builders import vector_of


class Encoder:
    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([vector_of(text) for text in texts])


@pytest.fixture(autouse=True)
def _words_for_an_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "load_encoder", lambda _directory: Encoder(), raising=False)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.tsv"
    file.write_text("label\ta\tb\n1\tBees count to four\tBees can count to four\n0\tBees count\tFed cuts rates\n")
    return file


def test_figures_of_pairs_are_one_document(ci: Ci, pairs: Path) -> None:
    figures = ci("research", "evaluate", "--dedup", pairs, "--json").document

    assert list(figures) == ["pairs", "auc", "recall_at_precision", "decided"]
    assert (figures["pairs"], figures["auc"]) == (2, 1.0)
    assert figures["recall_at_precision"] == {"0.90": 1.0, "0.95": 1.0}
    assert figures["decided"] == {"precision": 1.0, "recall": 1.0}


def test_a_person_reads_a_table(ci: Ci, pairs: Path) -> None:
    out = ci("research", "evaluate", "--dedup", pairs).out

    assert "recall at precision 0.95" in out
    assert "decided recall" in out


def test_a_bad_line_is_one_line_and_no_traceback(ci: Ci, tmp_path: Path) -> None:
    file = tmp_path / "stream.jsonl"
    file.write_text('{"id": 1}\n')

    refused = ci("research", "evaluate", "--dedup", file)

    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert 'line 1 has no "created"' in refused.err


@pytest.mark.parametrize("given", [(), ("--dedup", "a", "--relevance", "b")])
def test_one_kind_of_file_is_measured_at_once(ci: Ci, given: tuple[str, ...]) -> None:
    assert ci("research", "evaluate", *given).status == 2
