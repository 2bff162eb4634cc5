"""The advisories on this machine: one SQLite file, written anew as a whole, with the moment when it was fetched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from ci_core.errors import CiError
from ci_core.health.advisories.osv import Advisory, Affected
from db.enums import Severity
from db.errors import DataFolderFull, is_disk_full

FORM = 1
FILE = "pypi.sqlite3"
# Most vulnerabilities are told of within days; what is older than this may lack some that matter.
TOO_OLD = timedelta(days=14)
HOW_TO_FETCH = "Fetch them with: ci health advisories refresh"
SCHEMA = """
    CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE advisories (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, aliases TEXT NOT NULL, summary TEXT NOT NULL, severity TEXT,
        cvss REAL, malicious INTEGER NOT NULL
    );
    CREATE TABLE affected (
        package TEXT NOT NULL, advisory INTEGER NOT NULL, ranges TEXT NOT NULL, versions TEXT NOT NULL
    );
    CREATE INDEX of_package ON affected (package);
"""
LOOK_UP = """
    SELECT a.id, a.aliases, a.summary, a.severity, a.cvss, a.malicious, f.ranges, f.versions
    FROM affected f JOIN advisories a ON a.number = f.advisory WHERE f.package = ? ORDER BY a.id
"""


class AdvisoriesMissing(CiError):
    """There are no advisories on this machine, or they cannot be read; what is vulnerable is not known then."""


@dataclass(frozen=True, slots=True)
class AdvisoriesState:
    """Which advisories are on this machine.

    Attributes:
        present: whether there are any; without, nothing is known of vulnerabilities.
        fetched_at: when they were the newest ones.
        age: since then.
        too_old: they may lack vulnerabilities that matter by now.
        unreadable: entries that could not be read and are not among them.
        source: where they came from.
        problem: why they cannot be used.
    """

    present: bool
    fetched_at: datetime | None = None
    age: timedelta | None = None
    too_old: bool = False
    advisories: int = 0
    packages: int = 0
    unreadable: int = 0
    source: str = ""
    problem: str | None = None

    @property
    def age_days(self) -> float | None:
        """How old they are, in days."""
        return None if self.age is None else round(self.age.total_seconds() / 86_400, 1)


def advisories_dir(data_dir: Path) -> Path:
    """The folder of the advisories."""
    return data_dir / "advisories"


def advisories_state(data_dir: Path, now: datetime) -> AdvisoriesState:
    """Which advisories there are, and how old they are."""
    try:
        with open_advisories(data_dir) as known:
            about = known.about
    except AdvisoriesMissing as error:
        return AdvisoriesState(present=False, problem=str(error))
    fetched = datetime.fromisoformat(about["fetched_at"])
    age = max(now - fetched, timedelta())
    return AdvisoriesState(
        present=True,
        fetched_at=fetched,
        age=age,
        too_old=age > TOO_OLD,
        advisories=int(about["advisories"]),
        packages=int(about["packages"]),
        unreadable=int(about["unreadable"]),
        source=about["source"],
    )


class Advisories:
    """The advisories in an open file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.about = dict(connection.execute("SELECT name, value FROM about"))
        if self.about.get("form") != str(FORM):
            raise AdvisoriesMissing(f"The advisories were stored by another version of this program. {HOW_TO_FETCH}")

    def of_package(self, name: str) -> tuple[tuple[Advisory, Affected], ...]:
        """The advisories that concern a package, in any version."""
        package = canonicalize_name(name)
        return tuple(_entry(package, row) for row in self._connection.execute(LOOK_UP, (package,)))


@contextmanager
def open_advisories(data_dir: Path) -> Iterator[Advisories]:
    """The advisories on this machine, for one block, which reads nothing else and writes nothing.

    Raises:
        AdvisoriesMissing: there are none, or the file cannot be read; the text says what to do.
    """
    path = advisories_dir(data_dir) / FILE
    if not path.is_file():
        raise AdvisoriesMissing(f"There are no advisories on this machine yet. {HOW_TO_FETCH}")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            yield Advisories(connection)
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise AdvisoriesMissing(f"The advisories in {path} cannot be read ({error}). {HOW_TO_FETCH}") from None


def note_moment(data_dir: Path, at: datetime) -> None:
    """Note that the advisories that are here were the newest ones at a moment.

    Raises:
        AdvisoriesMissing: there are none that can be read.
    """
    path = advisories_dir(data_dir) / FILE
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection, connection:
            connection.execute(
                "UPDATE about SET value = ? WHERE name = 'fetched_at'", (at.astimezone(UTC).isoformat(),)
            )
    except sqlite3.Error as error:
        raise AdvisoriesMissing(f"The advisories in {path} cannot be written ({error}). {HOW_TO_FETCH}") from None


def write_advisories(
    data_dir: Path,
    entries: Iterable[tuple[Advisory, tuple[Affected, ...]]],
    *,
    fetched_at: datetime,
    source: str,
    unreadable: list[str],
) -> AdvisoriesState:
    """Write the file anew; whoever reads it meanwhile, or after a failure, has the one before, whole.

    Args:
        unreadable: names of entries that could not be read; looked at when `entries` is used up.

    Raises:
        DataFolderFull: the disk is full.
        CiError: the file cannot be written.
    """
    folder = advisories_dir(data_dir)
    fresh = folder / f"{FILE}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with closing(sqlite3.connect(fresh)) as connection, connection:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA}")
            _fill(connection, entries)
            _note(connection, fetched_at.astimezone(UTC), source, unreadable)
        fresh.replace(folder / FILE)
    except sqlite3.Error as error:
        fresh.unlink(missing_ok=True)
        if "full" in str(error):
            raise DataFolderFull(f"Cannot write {fresh}: the disk is full. Free some space.") from error
        raise CiError(f"Cannot write {fresh}: {error}. Make the folder writable for yourself.") from error
    except OSError as error:
        if is_disk_full(error):
            raise DataFolderFull(f"Cannot write {fresh}: the disk is full. Free some space.") from error
        raise CiError(
            f"Cannot write {fresh}: {error.strerror or error}. Make the folder writable for yourself."
        ) from error
    return advisories_state(data_dir, fetched_at)


def _fill(connection: sqlite3.Connection, entries: Iterable[tuple[Advisory, tuple[Affected, ...]]]) -> None:
    for number, (advisory, affected) in enumerate(entries):
        connection.execute(
            "INSERT INTO advisories VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                number, advisory.id, json.dumps(advisory.aliases), advisory.summary, advisory.severity, advisory.cvss,
                advisory.malicious,
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO affected VALUES (?, ?, ?, ?)",
            [(one.package, number, json.dumps(one.ranges), json.dumps(one.versions)) for one in affected],
        )


def _note(connection: sqlite3.Connection, fetched_at: datetime, source: str, unreadable: list[str]) -> None:
    (advisories,) = connection.execute("SELECT count(*) FROM advisories").fetchone()
    (packages,) = connection.execute("SELECT count(DISTINCT package) FROM affected").fetchone()
    about = {
        "form": FORM,
        "fetched_at": fetched_at.isoformat(),
        "source": source,
        "advisories": advisories,
        "packages": packages,
        "unreadable": len(unreadable),
    }
    connection.executemany("INSERT INTO about VALUES (?, ?)", [(name, str(value)) for name, value in about.items()])


def _entry(package: str, row: tuple[Any, ...]) -> tuple[Advisory, Affected]:
    identifier, aliases, summary, severity, cvss, malicious, ranges, versions = row
    advisory = Advisory(
        identifier, tuple(json.loads(aliases)), summary, Severity(severity) if severity else None, cvss, bool(malicious)
    )
    events = tuple(tuple((kind, at) for kind, at in one) for one in json.loads(ranges))
    return advisory, Affected(package, events, tuple(json.loads(versions)))
