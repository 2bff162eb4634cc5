"""The process that makes an export: `python -m ci_core.embeddings.export_process SOURCE WEIGHTS_SHA256 TARGET`.

The only module that imports PyTorch. The graph holds the transformer, the mean over the tokens and the
normalisation, so that its output is the finished vector, as sentence-transformers gives it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch.export import Dim

from ci_core.embeddings.manifest import (
    ALLOWED_DIFFERENCE,
    DIMENSIONS,
    FORMAT,
    MODEL_FILE,
    MODEL_NAME,
    TOKENIZER_FILE,
    Manifest,
    describe_file,
    write_manifest,
)
from ci_core.embeddings.model import Encoder

OPSET = 18
LIBRARIES = ("sentence-transformers", "transformers", "torch", "onnx", "onnxruntime", "tokenizers")
SELF_CHECK = (
    "",
    "pool",
    "Close database connections that leak when a scan fails",
    "Größere Schrift für die Übersicht – naïve café, 日本語, emoji 🚀",
    "CREATE INDEX idx_flow ON flow (symbol, day DESC); -- [SEP] [MASK]",
    "supercalifragilistic" * 20,
    "The nightly scan of the options flow stops when one symbol has no chain. " * 40,
)


class SentenceVector(torch.nn.Module):
    """The transformer with its mean pooling and normalisation, from token ids to unit vectors."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Vectors (texts, 384) of token ids and mask, both (texts, tokens)."""
        tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, p=2, dim=1)


def write_graph(model: SentenceTransformer, path: Path) -> None:
    """Export the model for any number of texts and tokens."""
    transformer = model[0].auto_model
    assert isinstance(transformer, torch.nn.Module)  # noqa: S101 - narrows a type that torch leaves open
    ids = torch.tensor([[101, 2023, 2003, 1037, 3231, 102], [101, 3231, 102, 0, 0, 0]])
    mask = (ids != 0).to(torch.int64)
    axes = {0: Dim("texts"), 1: Dim("tokens", max=512)}
    torch.onnx.export(
        SentenceVector(transformer).eval(),
        (ids, mask),
        str(path),
        dynamo=True,
        opset_version=OPSET,
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_shapes={"input_ids": axes, "attention_mask": axes},
        external_data=False,
        verbose=False,
    )


def largest_difference(model: SentenceTransformer, export_dir: Path) -> float:
    """The largest difference in any vector component between sentence-transformers and the export."""
    expected = model.encode(list(SELF_CHECK), show_progress_bar=False, convert_to_numpy=True)
    return float(np.abs(Encoder(export_dir).encode(SELF_CHECK) - expected).max())


def main(source: Path, weights_sha256: str, target: Path) -> None:
    """Write graph, tokenizer and manifest to the folder `target`, and check them against the original."""
    model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    write_graph(model, target / MODEL_FILE)
    model.tokenizer.backend_tokenizer.save(str(target / TOKENIZER_FILE))
    manifest = Manifest(
        format=FORMAT,
        name=MODEL_NAME,
        dimensions=DIMENSIONS,
        max_tokens=int(model.max_seq_length or 0),
        weights_sha256=weights_sha256,
        files={name: describe_file(target / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        versions={library: version(library) for library in LIBRARIES},
    )
    write_manifest(target, manifest)
    difference = largest_difference(model, target)
    if difference > ALLOWED_DIFFERENCE:
        raise SystemExit(f"its vectors differ from sentence-transformers by {difference:.1e}")
    write_manifest(target, replace(manifest, max_difference=difference))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
