"""A new installation is ready after one run; a second run changes nothing and is quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core import embeddings
from ci_core.errors import EmbeddingModelMissing
from ci_core.jobs import KINDS
from ci_core.jobs.default_schedules import DEFAULT_SCHEDULES
from ci_core.settings import PROJECT, Settings, load_settings
from ci_core.setup import SAMPLE, Prepared, first_wishlists, prepare
from db import schema
from db.engine import Database

WISHLIST = "# Wishlist\n\n### 1. Warn before an early assignment\n\n### 2. Remember the filters\n"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings of a new installation, with a repository of its own."""
    monkeypatch.setenv("CI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CI_REPO_PATH", str(tmp_path / "repository"))
    (tmp_path / "repository").mkdir()
    return load_settings()


@pytest.fixture
def empty(new_database: Callable[..., str]) -> Iterator[Database]:
    """A database without any table."""
    database = Database(new_database(), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The export of the model fails, as it does without memory or weights."""

    def fail(*_: object, **__: object) -> Path:
        raise EmbeddingModelMissing("The weights are not installed. Install them with: pip install weights")

    monkeypatch.setattr(embeddings, "ensure_exported", fail)


def counts(database: Database) -> tuple[int, ...]:
    tables = ("ci_enhancements", "ci_research_sources", "ci_audit_log", "ci_wishlist_items")
    with database.reading() as session:
        return tuple(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables)


def run(settings: Settings, database: Database) -> tuple[Prepared, list[str]]:
    lines: list[str] = []
    return prepare(settings, database, lines.append), lines


@pytest.mark.usefixtures("no_model")
def test_empty_database_gets_tables_sources_and_the_sample(settings: Settings, empty: Database) -> None:
    prepared, lines = run(settings, empty)

    assert (prepared.migrated_from, prepared.revision, prepared.sources_added) == (None, schema.head(), 9)
    assert prepared.wishlists is not None
    assert prepared.wishlists.failed == 0
    assert prepared.wishlists.created == 15
    assert [line.split(":")[0] for line in lines] == [
        "Database",
        "Research sources",
        "Prompts of chat models",
        "Research interests",
        "Schedules",
        "Embedding model",
        "Wishlists",
    ]
    assert prepared.prompts_added > 0
    assert prepared.schedules_added == sum(schedule.kind in KINDS for schedule in DEFAULT_SCHEDULES) > 0


@pytest.mark.usefixtures("no_model")
def test_model_that_cannot_be_made_is_reported_and_the_rest_goes_on(settings: Settings, empty: Database) -> None:
    prepared, lines = run(settings, empty)

    assert not prepared.model_ready
    assert prepared.problems == ("The weights are not installed. Install them with: pip install weights",)
    assert any("NOT ready" in line and "pip install weights" in line for line in lines)
    assert counts(empty)[0] == 15


@pytest.mark.usefixtures("no_model")
def test_wishlists_of_the_repository_come_instead_of_the_sample(settings: Settings, empty: Database) -> None:
    folder = settings.repo_path / "features" / "scanner"
    folder.mkdir(parents=True)
    (folder / "WISHLIST.md").write_text(WISHLIST, encoding="utf-8")

    prepared, _ = run(settings, empty)

    assert prepared.wishlists is not None
    assert [(file.path, file.created) for file in prepared.wishlists.files] == [("features/scanner/WISHLIST.md", 2)]


@pytest.mark.usefixtures("no_model")
def test_second_run_changes_nothing_and_is_quick(settings: Settings, empty: Database) -> None:
    run(settings, empty)
    before = counts(empty)
    began = time.process_time()  # a busy machine does not change it

    prepared, _ = run(settings, empty)

    assert time.process_time() - began < 0.5
    assert counts(empty) == before
    assert (prepared.sources_added, prepared.wishlists, prepared.embedded) == (0, None, 0)


@pytest.mark.usefixtures("no_model")
def test_backlog_that_people_emptied_stays_empty(settings: Settings, empty: Database) -> None:
    run(settings, empty)
    with empty.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_enhancements"))
        session.execute(text("DELETE FROM ci_research_sources"))

    run(settings, empty)

    assert counts(empty)[:2] == (0, 0)


@pytest.mark.usefixtures("no_model")
def test_two_first_runs_at_once_import_once(settings: Settings, empty: Database) -> None:
    outcomes: list[Prepared] = []
    threads = [threading.Thread(target=lambda: outcomes.append(run(settings, empty)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(prepared.sources_added for prepared in outcomes) == [0, 9]
    assert sorted(prepared.interests_added > 0 for prepared in outcomes) == [False, True]
    assert [prepared.wishlists is not None for prepared in outcomes].count(True) == 1
    assert counts(empty)[0] == 15


@pytest.mark.usefixtures("no_model")
def test_what_was_set_up_is_recorded_as_the_agent_s_doing(settings: Settings, empty: Database) -> None:
    run(settings, empty)

    with empty.reading() as session:
        actors = set(session.scalars(text("SELECT DISTINCT actor FROM ci_audit_log")))
    assert actors == {"agent:setup"}


def test_sample_is_what_a_new_user_should_see() -> None:
    from ci_core.backlog.wishlist.parser import parse_wishlist
    from ci_core.backlog.wishlist.reading import read_wishlist

    parsed = parse_wishlist(read_wishlist(SAMPLE), default_feature_area=None)

    assert len(parsed.items) == 15
    assert {item.feature_area for item in parsed.items} >= {"Positions", "Scanner", "Risk", "Platform"}
    assert sum(item.priority == "critical" for item in parsed.items) == 3


def test_project_itself_gives_its_sample_and_not_its_manuals() -> None:
    assert first_wishlists(PROJECT) == ([SAMPLE], PROJECT)
    assert first_wishlists(PROJECT / "no" / "such" / "folder") == ([SAMPLE], PROJECT)
