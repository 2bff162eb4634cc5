"""What a checker found in files that did not change since, so that it need not look again."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.health.values import Sighting, SourceFile
from ci_core.logs import get_logger
from db.engine import Database
from db.errors import DatabaseError
from db.tables.health import HealthCacheEntry

log = get_logger(__name__)

ACTOR = "agent:health"
BATCH = 1_000
# An entry's last use is noted once a day; what was not used for this long is forgotten.
NOTE_USE_AFTER = timedelta(days=1)
KEPT = timedelta(days=30)


class NoCache:
    """Remembers nothing."""

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:  # noqa: ARG002
        """Nothing."""
        return {}

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        """Forget it."""


class StoredCache:
    """One checker's memory in the database. What cannot be read or written costs time, never a check.

    An entry belongs to a content and its place: rules may treat a test, or a package's first file, in another way.

    Args:
        checker: its name.
        files: all of the target, by path.
        now: the time of the check.
    """

    def __init__(self, database: Database, checker: str, files: Mapping[str, SourceFile], now: datetime) -> None:
        self._database = database
        self._checker = checker
        self._files = files
        self._now = now
        self._lock = threading.Lock()

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:
        """The sightings by path, for those of the files that are known."""
        by_key = {_key(file): file.path for file in files}
        if not by_key:
            return {}
        try:
            with self._lock, self._database.transaction(ACTOR) as session:
                stored = self._read(session, version, list(by_key))
        except DatabaseError as error:
            log.warning("health_cache_unreadable", checker=self._checker, error=str(error))
            return {}
        return {by_key[key]: _sightings(by_key[key], entries) for key, entries in stored.items()}

    def _read(self, session: Session, version: str, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
        table = HealthCacheEntry
        mine = (table.checker == self._checker, table.version == version)
        stored: dict[str, list[dict[str, Any]]] = {}
        stale: list[str] = []
        for place in range(0, len(keys), BATCH):
            wanted = table.blob.in_(keys[place : place + BATCH])
            for key, entries, used_at in session.execute(
                select(table.blob, table.sightings, table.used_at).where(*mine, wanted)
            ):
                stored[key] = entries
                if used_at < self._now - NOTE_USE_AFTER:
                    stale.append(key)
        for place in range(0, len(stale), BATCH):
            used = table.blob.in_(stale[place : place + BATCH])
            session.execute(update(table).where(*mine, used).values(used_at=self._now))
        return stored

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        """Remember what was found, by path; a file without sightings too."""
        rows = [
            {
                "checker": self._checker,
                "version": version,
                "blob": _key(self._files[path]),
                "sightings": [_entry(sighting) for sighting in sightings],
                "used_at": self._now,
            }
            for path, sightings in sorted(found.items())
            if path in self._files and _storable(sightings)
        ]
        try:
            with self._lock, self._database.transaction(ACTOR) as session:
                for place in range(0, len(rows), BATCH):
                    statement = insert(HealthCacheEntry).values(rows[place : place + BATCH])
                    session.execute(statement.on_conflict_do_nothing())
        except DatabaseError as error:
            log.warning("health_cache_unwritable", checker=self._checker, error=str(error))


def forget_unused(session: Session, now: datetime) -> int:
    """Delete what no check used for 30 days; the number of entries."""
    done = session.execute(delete(HealthCacheEntry).where(HealthCacheEntry.used_at < now - KEPT))
    return done.rowcount if isinstance(done, CursorResult) else 0


def _key(file: SourceFile) -> str:
    place = hashlib.sha256(file.path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"{file.blob}:{place}"


def _storable(sightings: Iterable[Sighting]) -> bool:
    """Whether PostgreSQL's JSON can hold them: no zero byte, no half of a pair of surrogates."""
    text = json.dumps([_entry(sighting) for sighting in sightings], ensure_ascii=False)
    return "\\u0000" not in text and text.encode("utf-8", "replace").decode() == text


def _entry(sighting: Sighting) -> dict[str, Any]:
    fields = asdict(sighting)
    del fields["path"]
    return {name: value for name, value in fields.items() if value not in (None, {})}


def _sightings(path: str, entries: Iterable[Mapping[str, Any]]) -> tuple[Sighting, ...]:
    return tuple(Sighting(path=path, **entry) for entry in entries)
