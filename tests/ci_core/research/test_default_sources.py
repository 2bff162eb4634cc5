"""A new installation knows where to look; what people decide about it stays."""

from __future__ import annotations

import threading

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ci_core.research import DEFAULT_SOURCES, ensure_default_sources
from db.engine import Database
from db.tables import AuditEntry, ResearchSource


def stored(session: Session) -> dict[str, ResearchSource]:
    return {source.source_name: source for source in session.scalars(select(ResearchSource))}


def test_nine_sources_are_filled_in_with_queries_and_frequency(session: Session) -> None:
    assert ensure_default_sources(session, actor="tess") == 9

    hours = {name: source.scan_frequency_hours for name, source in stored(session).items()}
    assert hours == {
        "r/options": 12,
        "r/algotrading": 12,
        "r/Python": 24,
        "Trading Platforms": 24,
        "Python Finance": 24,
        "Quantitative Finance": 168,
        "Hacker News": 12,
        "Stack Overflow": 24,
        "quant.stackexchange": 24,
    }
    assert all(source.enabled and source.search_queries for source in stored(session).values())


def test_second_time_adds_nothing_and_overwrites_nothing(session: Session) -> None:
    ensure_default_sources(session, actor="tess")
    session.execute(update(ResearchSource).values(enabled=False, search_queries=["mine"]))

    assert ensure_default_sources(session, actor="tess") == 0
    assert all(source.search_queries == ["mine"] for source in stored(session).values())


def test_sources_that_people_deleted_do_not_come_back(session: Session) -> None:
    ensure_default_sources(session, actor="tess")
    session.execute(delete(ResearchSource))

    assert ensure_default_sources(session, actor="tess") == 0
    assert stored(session) == {}


def test_sources_that_people_had_already_keep_the_defaults_away(session: Session) -> None:
    session.add(ResearchSource(source_type="reddit", source_name="r/thetagang"))
    session.flush()

    assert ensure_default_sources(session, actor="tess") == 0


def test_history_names_who_filled_them_in(session: Session) -> None:
    ensure_default_sources(session, actor="agent:setup")

    actors = session.scalars(select(AuditEntry.actor).where(AuditEntry.table_name == "ci_research_sources"))
    assert list(actors) == ["agent:setup"] * len(DEFAULT_SOURCES)


def test_two_setups_at_once_fill_them_in_once(database: Database) -> None:
    added: list[int] = []

    def setup() -> None:
        with database.transaction("setup") as session:
            added.append(ensure_default_sources(session, actor="setup"))

    threads = [threading.Thread(target=setup) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(added) == [0, 0, 9]
