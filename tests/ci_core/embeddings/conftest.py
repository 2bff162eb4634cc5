from __future__ import annotations

from pathlib import Path

import pytest

from ci_core.embeddings import Encoder, ensure_exported, load_encoder


@pytest.fixture(scope="session")
def models_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the real export; kept in pytest's cache, since making it takes 20 s."""
    cache = getattr(request.config, "cache", None)
    folder = Path(cache.mkdir("embedding-models")) if cache else tmp_path_factory.mktemp("models")
    ensure_exported(folder)
    return folder


@pytest.fixture(scope="session")
def export_dir(models_dir: Path) -> Path:
    return ensure_exported(models_dir)


@pytest.fixture(scope="session")
def encoder(models_dir: Path) -> Encoder:
    return load_encoder(models_dir)
