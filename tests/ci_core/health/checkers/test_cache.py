"""What is remembered of files that did not change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ci_core.health.checkers import cache
from ci_core.health.checkers.cache import KEPT, NoCache, StoredCache, forget_unused
from ci_core.health.values import Sighting, SourceFile
from db.engine import Database
from db.tables.health import HealthCacheEntry

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
A = SourceFile("a.py", "a" * 40, 10, 1)
B = SourceFile("b.py", "b" * 40, 10, 1)
COPY = SourceFile("copy.py", A.blob, 10, 1)
FILES = {file.path: file for file in (A, B, COPY)}
FOUND = (
    Sighting("flows", "sql", "It is built of what comes from outside.", "a.py", 3, 4, 5, details={"cwe": "CWE-89"}),
    Sighting("flows", "xss", "“ö”", "a.py", 7),
)


def stored(database: Database, checker: str = "flows", now: datetime = NOW) -> StoredCache:
    return StoredCache(database, checker, FILES, now)


def test_what_was_found_in_a_content_and_place_is_known_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "BATCH", 1)

    stored(database).put("1", {"a.py": FOUND, "b.py": ()})
    stored(database).put("1", {"a.py": ()})  # another check at the same time: the first word stays

    assert stored(database).get("1", FILES.values()) == {"a.py": FOUND, "b.py": ()}
    assert stored(database).get("1", []) == {}
    assert stored(database).get("2", FILES.values()) == {}
    assert stored(database, "bandit").get("1", FILES.values()) == {}
    assert stored(database).get("1", [SourceFile("a.py", "c" * 40, 10, 1)]) == {}


def test_what_the_database_cannot_hold_is_looked_at_again(database: Database) -> None:
    odd = {"a.py": (Sighting("flows", "sql", "\udce4", "a.py", 1),), "b.py": (Sighting("flows", "sql", "\0", "b.py"),)}

    stored(database).put("1", {**odd, "copy.py": (), "elsewhere.py": ()})

    assert set(stored(database).get("1", FILES.values())) == {"copy.py"}


def test_a_database_that_does_not_answer_costs_time_only(database: Database) -> None:
    broken = Database("postgresql://nobody@127.0.0.1:1/nothing", connect_timeout_seconds=1)

    stored(broken).put("1", {"a.py": FOUND})

    assert stored(broken).get("1", FILES.values()) == {}
    broken.dispose()


def test_what_no_check_used_for_a_month_is_forgotten(database: Database) -> None:
    stored(database).put("1", {"a.py": (), "b.py": ()})
    later = NOW + timedelta(days=20)
    assert set(stored(database, now=later).get("1", [A])) == {"a.py"}

    with database.transaction("agent:health") as session:
        assert forget_unused(session, NOW + KEPT + timedelta(days=1)) == 1
        assert _count(session) == 1

    assert set(stored(database).get("1", FILES.values())) == {"a.py"}


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HealthCacheEntry)) or 0


def test_no_cache_remembers_nothing() -> None:
    none = NoCache()

    none.put("1", {"a.py": FOUND})

    assert none.get("1", [A]) == {}
