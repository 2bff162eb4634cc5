"""Digests for those who do not open the app every day: a file for each, and a line at the bell."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.notifications import notify
from ci_core.errors import CiError
from ci_core.jobs.context import JobContext
from ci_core.overview import digest as digests
from ci_core.overview import period_from
from db.enums import NotificationKind
from db.errors import DataFolderFull

# Who was not here for so long is not written to.
HERE_WITHIN = timedelta(days=60)
KEPT = timedelta(days=60)
READERS = text("SELECT person FROM ci_visits WHERE active_at >= :since AND ci_is_person(person) ORDER BY lower(person)")


@dataclass(frozen=True, slots=True)
class _Rhythm:
    name: str
    period: str


DAILY, WEEKLY = _Rhythm("daily", "1d"), _Rhythm("weekly", "1w")


def daily(context: JobContext) -> Mapping[str, Any]:
    """Tell everybody who was here lately what changed within a day, and what needs them."""
    return _deliver(context, DAILY)


def weekly(context: JobContext) -> Mapping[str, Any]:
    """Tell everybody who was here lately what changed within a week, and what needs them."""
    return _deliver(context, WEEKLY)


def digests_dir(data_dir: Path) -> Path:
    """Where the files of digests lie."""
    return data_dir / "digests"


def file_of(data_dir: Path, person: str, rhythm: str, day: datetime) -> Path:
    """Where a person's digest of a day lies; two names never share a file, however they are written."""
    plain = unicodedata.normalize("NFKD", person).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "person"
    return digests_dir(data_dir) / f"{day:%Y-%m-%d}-{rhythm}-{safe}-{zlib.crc32(person.encode()):08x}.html"


def _deliver(context: JobContext, rhythm: _Rhythm) -> Mapping[str, Any]:
    now = context.clock()
    with context.database.reading() as session:
        readers = list(session.scalars(READERS, {"since": now - HERE_WITHIN}))
    told = 0
    for number, person in enumerate(readers):

        def tell(session: Session, person: str = person) -> Mapping[str, Any]:
            return _tell(session, context, person, rhythm, now)

        told += int(context.once(f"digest of {person}"[:200], tell)["told"])
        context.progress(100 * (number + 1) / len(readers))
    return {"people": len(readers), "told": told, "deleted": _forget_old(digests_dir(context.settings.data_dir), now)}


def _tell(session: Session, context: JobContext, person: str, rhythm: _Rhythm, now: datetime) -> Mapping[str, Any]:
    """One person's digest; nothing is said where nothing changed and nothing waits."""
    made = digests.digest(session, person, period_from(rhythm.period, now), now)
    if not made.overview.needs and not made.overview.people.total and not made.overview.agents.total:
        return {"told": 0}
    path = file_of(context.settings.data_dir, person, rhythm.name, now)
    _write(path, digests.as_html(made, context.settings.app_url))
    said = made.subject.partition(": ")[2] or made.subject
    notify(session, person, NotificationKind.DIGEST, f"wrote your {rhythm.name} digest: {said}")
    return {"told": 1, "file": path.name}


def _write(path: Path, html: str) -> None:
    """A file that only its owner reads: it tells what everybody does."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.touch(mode=0o600)
        fresh.write_text(html, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        if error.errno == 28:  # the same number on every system
            raise DataFolderFull(f"Cannot write {path}: the disk is full. Free some space.") from error
        raise CiError(
            f"Cannot write {path}: {error.strerror or error}. Make the folder writable for yourself."
        ) from error


def _forget_old(folder: Path, now: datetime) -> int:
    """Delete files of digests that are older than two months; gives how many."""
    if not folder.is_dir():
        return 0
    first = f"{now - KEPT:%Y-%m-%d}"
    old = [path for path in folder.glob("????-??-??-*.html") if path.name[:10] < first]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
