"""Learning in the background: each part is done once, and nothing is loaded where nothing waits."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from ci_core.errors import EmbeddingModelMissing
from ci_core.jobs.tasks.learning import embed_enhancements, learn
from ci_core.research import scan_parts
from ci_core.research.scan_parts import Parts
from ci_core.research.window import SharedWindow
from ci_core.settings import Settings
from db.engine import Database
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW, Marks, Near, Words, as_person, findings


@pytest.fixture(autouse=True)
def _standins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_parts, "SharedWindow", partial(SharedWindow, make=Near))


def test_findings_get_vectors_and_scores(database: Database, begin: Begin) -> None:
    as_person(
        database,
        "INSERT INTO ci_research_findings "
        "(source_type, source_url, source_title, content, content_hash, discovered_at) "
        "SELECT 'reddit', '', 'rolling ' || n, 'short puts', 'h' || n, :now FROM generate_series(1, 5) n",
        now=NOW,
    )
    parts = Parts(encoder=Words(), scorer=Marks(), clock=lambda: NOW)  # type: ignore[arg-type]
    first = begin("learning")

    counts = learn(first, parts)
    again = learn(begin(again=first), parts)

    assert counts == {"learned_from": 0, "embedded": 5, "scored": 5}
    assert again == {"learned_from": 0, "embedded": 0, "scored": 0}
    assert {found["relevance_score"] for found in findings(database)} == {70}


def test_enhancements_get_their_vectors(database: Database, begin: Begin) -> None:
    as_person(database, "INSERT INTO ci_enhancements (title) VALUES ('Cache the chain'), ('Roll earlier')")
    first = begin("embeddings")

    assert embed_enhancements(first, Words()) == {"embedded": 2}  # type: ignore[arg-type]
    assert embed_enhancements(begin(again=first), Words()) == {"embedded": 0}  # type: ignore[arg-type]

    with database.reading() as session:
        count = session.execute(text("SELECT count(*) FROM ci_enhancement_embeddings WHERE NOT stale")).scalar_one()
    assert count == 2


def test_without_anything_to_do_no_model_is_needed_and_else_its_lack_is_told(
    database: Database, begin: Begin, tmp_path: object
) -> None:
    settings = Settings(_env_file=None, **{"CI_DATA_DIR": tmp_path})  # type: ignore[arg-type]
    first = begin("embeddings", settings=settings)
    assert embed_enhancements(first) == {"embedded": 0}

    as_person(database, "INSERT INTO ci_enhancements (title) VALUES ('Cache the chain')")
    with pytest.raises(EmbeddingModelMissing):
        embed_enhancements(begin(again=first))
