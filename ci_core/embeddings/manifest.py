"""What an export folder holds, and how one sees that it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ci_core.errors import EmbeddingModelMissing

MODEL_NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "manifest.json"
FORMAT = 1  # raise it when the graph or the manifest changes, and every machine makes its export anew
REMEDY = "Prepare it with: python -m ci_core setup"
ALLOWED_DIFFERENCE = 1e-5  # per vector component, between sentence-transformers and the export


@dataclass(frozen=True)
class StoredFile:
    """Size and content hash of one file of the export."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything that is known about an export; stored beside it as JSON.

    Attributes:
        weights_sha256: hash of the weights it was made from.
        max_tokens: longer texts are cut to this many tokens, [CLS] and [SEP] included.
        max_difference: largest difference to sentence-transformers in any vector component; None while it is made.
        versions: of the libraries that made it.
    """

    format: int
    name: str
    dimensions: int
    max_tokens: int
    weights_sha256: str
    files: Mapping[str, StoredFile]
    versions: Mapping[str, str]
    max_difference: float | None = None


def sha256_of(path: Path) -> str:
    """The hash of a file's content as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def describe_file(path: Path) -> StoredFile:
    """Size and hash of a file as it is now."""
    return StoredFile(size_bytes=path.stat().st_size, sha256=sha256_of(path))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Store the manifest in its folder."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export folder.

    Raises:
        ValueError: it is absent, unreadable, of another format, or not one of ours.
    """
    try:
        content = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        files = {name: StoredFile(**entry) for name, entry in content.pop("files").items()}
        manifest = Manifest(files=files, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{MANIFEST_FILE} is unreadable ({error})") from error
    if manifest.format != FORMAT or manifest.name != MODEL_NAME or not {MODEL_FILE, TOKENIZER_FILE} <= files.keys():
        raise ValueError(f"{MANIFEST_FILE} is of another format")
    return manifest


def damage(folder: Path, *, hashes: bool = False) -> str | None:
    """Why the export in this folder cannot be used, or None when it can.

    Args:
        hashes: also compare the content of the files with their hashes (0.2 s), not only their sizes.
    """
    try:
        manifest = read_manifest(folder)
        if manifest.max_difference is None or manifest.max_difference > ALLOWED_DIFFERENCE:
            return "its self-check did not finish"
        for name, expected in manifest.files.items():
            path = folder / name
            if path.stat().st_size != expected.size_bytes or (hashes and sha256_of(path) != expected.sha256):
                return f"{name} is damaged"
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename} cannot be read ({error.strerror})"
    return None


def find_export(models_dir: Path) -> Path:
    """The folder of the whole export in `models_dir`.

    Raises:
        EmbeddingModelMissing: there is none; the text says why and names the remedy.
    """
    reason = f"none in {models_dir}"
    for folder in sorted(models_dir.glob(f"{MODEL_NAME}-*")):
        fault = damage(folder)
        if fault is None:
            return folder
        reason = f"{folder}: {fault}"
    raise EmbeddingModelMissing(f"The embedding model {MODEL_NAME} is not ready ({reason}). {REMEDY}")
