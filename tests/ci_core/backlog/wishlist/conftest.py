"""A wishlist in a repository, and the import of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci_core.backlog.wishlist.importer import import_wishlists
from ci_core.backlog.wishlist.report import ImportReport
from db.engine import Database
from tests.ci_core.backlog.wishlist.desk import WISHES, Import


@pytest.fixture
def wishlist(tmp_path: Path) -> Path:
    path = tmp_path / "repo" / "WISHLIST.md"
    path.parent.mkdir()
    path.write_text(WISHES, encoding="utf-8")
    return path


@pytest.fixture
def run_import(database: Database, wishlist: Path) -> Import:
    def run(*paths: Path, **options: Any) -> ImportReport:
        return import_wishlists(database, paths or [wishlist], root=wishlist.parent, actor="ines", **options)

    return run
