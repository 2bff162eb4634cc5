"""Vectors at a shell: computed on demand or in the background, and what they are good for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci_core.settings import load_settings
from ci_core.setup import prepare
from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.embeddings.conftest import models_dir  # noqa: F401 - a fixture

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def model(environment: Path, models_dir: Path) -> Path:  # noqa: F811 - that fixture
    """The data folder of the test, with the exported model in it."""
    target = environment / "data" / "models"
    shutil.copytree(models_dir, target)
    return target


@pytest.mark.usefixtures("model")
def test_refresh_catches_up_and_status_counts(run: Ci, database: Database) -> None:
    for title in ("Stop losing data at night", "Colour of the header"):
        run(database.url, "enhancements", "add", "--title", title)

    before = run(database.url, "embeddings", "status", "--json").document
    refreshed = run(database.url, "embeddings", "refresh", "--json").document
    after = run(database.url, "embeddings", "status", "--json").document

    assert before == {"total": 2, "ready": 0, "waiting": 2}
    assert refreshed == {"embedded": 2}
    assert after == {"total": 2, "ready": 2, "waiting": 0}


@pytest.mark.usefixtures("model")
def test_search_finds_by_meaning_what_shares_no_word(run: Ci, database: Database) -> None:
    for title in ("Protect accounts by a password", "Export closed trades as CSV"):
        run(database.url, "enhancements", "add", "--title", title)
    run(database.url, "embeddings", "refresh")

    outcome = run(database.url, "enhancements", "search", "secure the login", "--json")

    assert outcome.err == ""
    assert outcome.document["enhancements"][0]["title"] == "Protect accounts by a password"


@pytest.mark.usefixtures("model")
def test_import_computes_the_vectors_too(run: Ci, database: Database, environment: Path) -> None:
    (environment / "WISHLIST.md").write_text("# W\n\n### 1. One wish\n\n### 2. Another wish\n", encoding="utf-8")

    run(database.url, "wishlist", "import", environment)

    assert run(database.url, "embeddings", "status", "--json").document == {"total": 2, "ready": 2, "waiting": 0}


@pytest.mark.usefixtures("model")
def test_setup_with_the_model_there_embeds_what_it_imports(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)

    first = prepare(load_settings(), database, lambda _: None)
    second = prepare(load_settings(), database, lambda _: None)

    assert first.model_ready
    assert first.problems == ()
    assert first.wishlists is not None
    assert first.embedded == first.wishlists.created > 0
    assert second.embedded == 0


@pytest.mark.usefixtures("model")
def test_doctor_finds_everything_well(run: Ci, database: Database) -> None:
    outcome = run(database.url, "doctor", "--json")

    assert outcome.status == 0
    assert outcome.document["ok"] is True
    worse = {check["name"]: check["outcome"] for check in outcome.document["checks"] if check["outcome"] != "ok"}
    # There are no sources before the set-up, nothing runs beside the app, and nothing is there to be checked.
    lacking = ("research sources", "scheduler", "workers", "health advisories", "health repository")
    assert worse == dict.fromkeys(lacking, "warning")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.usefixtures("model")
def test_run_stays_embeds_what_comes_and_ends_with_success(run: Ci, database: Database) -> None:
    run(database.url, "db", "status")  # leaves the address of the database in the environment
    worker = subprocess.Popen(
        [sys.executable, "-m", "ci_core", "embeddings", "run"],
        cwd=PROJECT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    )
    with worker:
        try:
            assert "Waiting for changes" in worker.stderr.readline()
            run(database.url, "enhancements", "add", "--title", "Came later")
            deadline = time.monotonic() + 30
            while run(database.url, "embeddings", "status", "--json").document["waiting"]:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            worker.send_signal(signal.SIGTERM)

        assert worker.wait(30) == 0
        assert "Traceback" not in worker.stderr.read()


def test_refresh_without_a_model_is_one_line_with_the_remedy(run: Ci, database: Database) -> None:
    outcome = run(database.url, "embeddings", "refresh")

    assert (outcome.status, outcome.out) == (1, "")
    assert "ci_core setup" in outcome.err
    assert outcome.err.count("\n") == 1
