"""What was completed long ago is archived, recorded, and undone like every change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import archiving
from ci_core.backlog.undo import undo_transaction
from ci_core.errors import InvalidInput
from ci_core.jobs.tasks.archive import archive_completed
from db.engine import Database
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW, as_person

LONG_DONE = """
    INSERT INTO ci_enhancements (title, status, completed_at)
    SELECT 'Long done ' || n, 'completed', :long_ago FROM generate_series(1, 5) n
"""
OTHERS = """
    INSERT INTO ci_enhancements (title, status, completed_at) VALUES
        ('Just done', 'completed', :lately), ('Talked about', 'completed', :long_ago), ('Open', 'approved', NULL)
"""
TALK = """
    INSERT INTO ci_comments (enhancement_id, author, body, created_at)
    SELECT id, 'Ada', 'Does it still work?', :lately FROM ci_enhancements WHERE title = 'Talked about'
"""
NEWEST = text("""
    SELECT actor, reason, transaction_id FROM ci_audit_log WHERE action = 'update' ORDER BY id DESC LIMIT 1
""")


@pytest.fixture
def done(database: Database) -> Database:
    long_ago, lately = NOW - timedelta(days=400), NOW - timedelta(days=3)
    as_person(database, LONG_DONE, long_ago=long_ago)
    as_person(database, OTHERS, long_ago=long_ago, lately=lately)
    as_person(database, TALK, lately=lately)
    return database


def archived(database: Database) -> list[str]:
    with database.reading() as session:
        found = session.scalars(text("SELECT title FROM ci_enhancements WHERE status = 'archived' ORDER BY id"))
        return list(found)


def test_what_was_completed_long_ago_is_archived_once(
    done: Database, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin("archive_completed")

    counts = archive_completed(first)
    again = archive_completed(begin(again=first))

    assert (counts, again) == ({"archived": 5, "left": 0}, {"archived": 0, "left": 0})
    assert archived(done) == [f"Long done {n}" for n in range(1, 6)]
    with done.reading() as session:
        entry = session.execute(NEWEST).one()
        links = session.execute(text("SELECT jsonb_array_length(links) FROM ci_automation_runs")).scalar_one()
    assert (entry.actor, entry.reason) == ("agent:upkeep", "Completed more than 180 days ago")
    assert links == 5

    with done.transaction("Ada") as session:
        undo_transaction(session, entry.transaction_id, actor="Ada")
    assert archived(done) == []


def test_it_goes_through_many_in_small_transactions(done: Database) -> None:
    last: int | None = 0
    sizes = []
    while last is not None:
        with done.transaction("agent:upkeep") as session:
            result, last = archiving.archive_long_done(
                session, before=NOW - timedelta(days=9), actor="agent:upkeep", reason="Old", after_id=last, most=2
            )
        sizes.append(len(result.changed))

    assert sizes == [2, 2, 1, 0]


@pytest.mark.parametrize(("days", "found"), [(1, 7), (3660, 0)])
def test_how_long_ago_can_be_said(done: Database, begin: Begin, days: int, found: int) -> None:
    assert archive_completed(begin("archive_completed", {"days": days}))["archived"] == found


@pytest.mark.parametrize("days", [0, -1, 4000, "90", None])
def test_nonsense_is_refused(begin: Begin, days: Any) -> None:
    with pytest.raises(InvalidInput, match="Say after how many days"):
        archive_completed(begin("archive_completed", {"days": days}))
