"""Removing a source: only one that has found nothing, and with a way back."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.undo import undo_last
from ci_core.errors import NotAllowed, NotFound
from ci_core.research.source_removal import remove_source
from db.engine import Database
from db.tables import ResearchFinding, ResearchSource


def stored(session: Session) -> list[str]:
    return list(session.scalars(select(ResearchSource.source_name)))


def source(session: Session) -> ResearchSource:
    added = ResearchSource(source_type="reddit", source_name="r/options", search_queries=["wheel"])
    session.add(added)
    session.flush()
    return added


def test_a_source_goes_and_comes_back_with_all_it_had(database: Database) -> None:
    with database.transaction("tess") as session:
        number = source(session).id
    with database.transaction("tess") as session:
        remove_source(session, number, actor="tess")
        assert stored(session) == []

    with database.transaction("tess") as session:
        undo_last(session, actor="tess")
        back = session.get_one(ResearchSource, number)

    assert (back.source_name, back.search_queries) == ("r/options", ["wheel"])


def test_one_that_has_found_something_stays(session: Session) -> None:
    kept = source(session)
    session.add(
        ResearchFinding(
            source_type="reddit", source_id=kept.id, source_url="https://a.example", source_title="x", content_hash="x"
        )
    )
    session.flush()

    with pytest.raises(NotAllowed, match=r"has found 1, .* Switch it off"):
        remove_source(session, kept.id, actor="tess")

    assert stored(session) == ["r/options"]


def test_one_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        remove_source(session, 999, actor="tess")
