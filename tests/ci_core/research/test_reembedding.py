"""Vectors follow the model: old ones are replaced, newest first, and nothing is lost when it is interrupted."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from sqlalchemy import text

from ci_core.research.pipeline import take_in
from ci_core.research.reembedding import reembed, waiting_for_vectors
from db.engine import Database
from tests.ci_core.research.standins import NOW, Words, an_intake, an_item, as_person


def models(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT model FROM ci_research_embeddings ORDER BY finding_id")))


def test_vectors_follow_the_model_newest_first_and_go_on_where_they_stopped(database: Database) -> None:
    old = an_item(0, "zero", published_at=NOW - timedelta(days=50))
    take_in(an_intake(database, replay=True), [old, *(an_item(n, f"title{n}") for n in range(1, 5))])
    newest = "(SELECT max(finding_id) FROM ci_research_embeddings)"
    as_person(database, f"DELETE FROM ci_research_embeddings WHERE finding_id = {newest}")
    new = Words("better")
    assert waiting_for_vectors(database, "better") == 5

    stopped = Event()
    stopped.set()
    assert reembed(database, new, stop=stopped) == 0
    assert reembed(database, new, limit=2) == 2
    assert models(database) == ["words", "words", "words", "better", "better"]

    assert reembed(database, new, since=NOW - timedelta(days=30)) == 2
    assert models(database) == ["words", "better", "better", "better", "better"]

    told: list[int] = []
    assert reembed(database, new, progress=told.append) == 1
    assert (reembed(database, new), told, waiting_for_vectors(database, "better")) == (0, [1], 0)
    with database.reading() as session:
        first = session.execute(text("SELECT min(appeared_at) FROM ci_research_embeddings")).scalar_one()
    assert first == NOW - timedelta(days=50)
