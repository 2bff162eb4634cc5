"""Backups of the embedded database: taken while everybody works, verified by restoring them, restored whole or not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from db.embedded.cluster import programs
from db.errors import BackupError, BackupUnusable, DataFolderFull, DataFolderNotWritable, RestoreRefused, is_disk_full
from db.schema import head, revisions
from db.scratch import SERVER, alone, connect, drop, name_of, scratch_database

SUFFIX = ".dump"
PARTIAL = ".part"
BEFORE = "_before_restore"
WHERE_WORK_IS = ("ci_enhancements", "ci_research_findings", "ci_comments")
# Ids of transactions are stored, and tell what came after what; those of another server may be ahead of ours.
WHERE_TRANSACTIONS_ARE = (("ci_audit_log", "transaction_id"), ("ci_enhancements", "changed_xid"))
PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
LIBPQ = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
# Each passes one id in a transaction of its own; nothing of it needs to survive a crash.
COUNT_ON = """
DO $$ BEGIN FOR i IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$
"""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was restored once to see that it can be.

    Attributes:
        revision: of the tables in it.
        rows: how many rows each table has.
    """

    path: Path
    size_bytes: int
    revision: str | None
    rows: Mapping[str, int]
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        revision: of the tables that were restored; older than the program's own where they are still to be upgraded.
        kept: the database that holds what was there before; None where nothing was.
    """

    path: Path
    revision: str | None
    rows: Mapping[str, int]
    kept: str | None

    @property
    def needs_upgrade(self) -> bool:
        """Whether `ci db upgrade` comes next."""
        return self.revision != head()


def take_backup(url: str, folder: Path, *, now: datetime, keep: int) -> Backup:
    """Write a backup, restore it into a database of its own to verify it, and delete all but the newest `keep`.

    The backup is one moment of the database, whoever writes meanwhile. Until it is verified, its file bears another
    name; one that cannot be verified is deleted, and the older ones stay.

    Args:
        url: the libpq address of a database on the embedded server.
        folder: made where it is missing; readable by its owner only.

    Raises:
        BackupUnusable: what was written cannot be restored, or holds other numbers of rows than the database.
        BackupError: another backup or restore is under way, or PostgreSQL's program failed.
        DataFolderFull, DataFolderNotWritable: the folder cannot be written.
    """
    with _writing(folder), alone(url):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"magnus-{now.astimezone(UTC):%Y%m%d-%H%M%S}{SUFFIX}"
        partial = path.with_name(path.name + PARTIAL)
        partial.touch(mode=0o600)
        try:
            with _moment(url) as (snapshot, revision, rows):
                # pgvector belongs to the server: every new database has it, and only a superuser could make it.
                options = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-extension=vector"]
                _program("pg_dump", [*options, f"--snapshot={snapshot}", f"--file={partial}"], url)
            _verify(url, partial, rows)
            _flush(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        for old in backups_in(folder)[keep:]:
            old.unlink(missing_ok=True)
        return Backup(path, path.stat().st_size, revision, rows, now)


def backups_in(folder: Path) -> list[Path]:
    """The verified backups in a folder, the newest first."""
    return sorted(folder.glob(f"magnus-*{SUFFIX}"), reverse=True)


def restore_backup(url: str, path: Path, *, force: bool = False) -> Restored:
    """Put what a backup holds in the place of the database. It is complete, or everything stays as it was.

    The backup is restored into a new database beside the present one, and then the two change places at one moment.
    What was there before is kept as a database of its own until the next restore.

    Args:
        url: the address of the database on the embedded server, which may be empty or lack its tables.
        force: also where the database holds work, or somebody is connected; they are cut off.

    Raises:
        RestoreRefused: it holds work, or somebody is connected, and `force` was not given.
        BackupUnusable: the file is no backup, or one of a newer release.
        BackupError: another backup or restore is under way, or PostgreSQL's program failed.
    """
    _readable(path)
    name = name_of(url)
    with alone(url) as server:
        if not force:
            _refuse_work(url)
            _refuse_others(server, name)
        with scratch_database(server, url) as fresh:
            _load(path, fresh)
            revision, rows = _content(fresh)
            if revision not in revisions():
                raise BackupUnusable(
                    f"{path} was made by another release (its tables are at {revision or 'no revision'}, this program "
                    f"knows up to {head()}). Update the program, then restore again."
                )
            _pass_transactions(fresh)
            kept = _change_places(server, name, str(conninfo_to_dict(fresh)["dbname"]), is_filled=_is_filled(url))
    return Restored(path, revision, rows, kept)


# -- what PostgreSQL's programs do -------------------------------------------------------------------------------


def _program(name: str, arguments: list[str], url: str) -> str:
    """Run a program of PostgreSQL on a database; the password goes by the environment, where nobody else reads it."""
    parts = conninfo_to_dict(url)
    environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    environment |= {variable: str(parts[key]) for key, variable in LIBPQ.items() if parts.get(key) is not None}
    environment |= {"PGDATABASE": str(parts["dbname"]), "PGAPPNAME": f"magnus {name}", "LC_ALL": "C"}
    program = programs() / (f"{name}.exe" if sys.platform == "win32" else name)
    with tempfile.TemporaryFile() as said:
        result = subprocess.run(  # noqa: S603 - the package's own program; names of files are arguments
            [str(program), "--no-password", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
            env=environment,
        )
        said.seek(0)
        text = said.read().decode("utf-8", errors="replace")
    if result.returncode != 0:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        told = next((line for line in lines if "error" in line.lower() or "fatal" in line.lower()), None)
        reason = told or (lines[-1] if lines else f"it ended with status {result.returncode}")
        if "No space left" in text or "Disk quota" in text:
            raise DataFolderFull(f"{name} failed: the disk is full. Free some space, or set CI_BACKUP_DIR.")
        raise BackupError(f"{name} failed: {reason}")
    return text


def _load(path: Path, url: str) -> None:
    try:
        options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
        _program("pg_restore", [*options, f"--dbname={conninfo_to_dict(url)['dbname']}", str(path)], url)
    except DataFolderFull:
        raise
    except BackupError as error:
        raise BackupUnusable(f"{path} cannot be restored: {error}") from error


def _readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(5)
    except OSError as error:
        raise BackupUnusable(
            f"{path} cannot be read: {error.strerror or error}. Name a file of `ci db backup`."
        ) from error
    if begins != b"PGDMP":
        raise BackupUnusable(f"{path} is no backup of PostgreSQL. `ci db backups` lists those there are.")


def _verify(url: str, path: Path, rows: Mapping[str, int]) -> None:
    with connect(url, SERVER) as server, scratch_database(server, url) as scratch:
        _load(path, scratch)
        _, found = _content(scratch)
    if dict(found) != dict(rows):
        other = sorted(table for table in {*rows, *found} if rows.get(table) != found.get(table))
        table = other[0]
        raise BackupUnusable(
            f"The backup does not hold what the database holds: {table} has {found.get(table)} rows instead of "
            f"{rows.get(table)}. It was deleted; the older ones are still there."
        )


# -- what is in a database ---------------------------------------------------------------------------------------


@contextmanager
def _moment(url: str) -> Iterator[tuple[str, str | None, dict[str, int]]]:
    """One moment of the database that other connections can look at too: its name, the revision, rows by table."""
    with connect(url, autocommit=False) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield (str(row[0]) if row else "", _revision(connection), _rows(connection))


def _content(url: str) -> tuple[str | None, dict[str, int]]:
    with connect(url) as connection:
        return _revision(connection), _rows(connection)


def _revision(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    if not _exists(connection, "alembic_version"):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _rows(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    counted = {}
    for (table,) in tables:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", str(table)))
        ).fetchone()
        counted[str(table)] = int(str(row[0])) if row else 0
    return counted


def _exists(connection: psycopg.Connection[tuple[object, ...]], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]).fetchone()
    return bool(row and row[0])


def _is_filled(url: str) -> bool:
    """Whether the database holds anybody's work."""
    with connect(url) as connection:
        for table in WHERE_WORK_IS:
            if _exists(connection, table):
                query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
                row = connection.execute(query).fetchone()
                if row and row[0]:
                    return True
    return False


def _refuse_work(url: str) -> None:
    if _is_filled(url):
        raise RestoreRefused(
            "The database holds work, and a restore would take its place. Say --force to do it; what is there now is "
            "kept as a database of its own until the next restore."
        )


def _refuse_others(server: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    # A connection of ours that was just closed may still be listed; nobody else's backup can be under way.
    query = (
        "SELECT DISTINCT application_name FROM pg_stat_activity "
        "WHERE datname = %s AND application_name NOT IN ('', 'magnus backup')"
    )
    found = [str(row[0]) for row in server.execute(query, [name])]
    if found:
        raise RestoreRefused(
            f"The database is in use by {', '.join(sorted(found))}. Stop the app and the sidecar first "
            "(`ci scheduler stop`), or say --force to cut them off."
        )


def _pass_transactions(url: str) -> None:
    """Let this server count past every transaction that the backup tells of, so that new ones come after them."""
    with connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        newest = 0
        for table, column in WHERE_TRANSACTIONS_ARE:
            if _exists(connection, table):
                query = sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(
                    sql.Identifier(column), sql.Identifier(table)
                )
                row = connection.execute(query).fetchone()
                newest = max(newest, int(str(row[0])) if row else 0)
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        behind = newest + 1 - (int(str(row[0])) if row else 0)
        if behind > 0:
            connection.execute(COUNT_ON.format(count=behind).encode())


def _change_places(
    server: psycopg.Connection[tuple[object, ...]], name: str, fresh: str, *, is_filled: bool
) -> str | None:
    """Let the new database bear the old one's name, at one moment; gives the old one's new name, if it stays."""
    old = f"{name}{BEFORE}"
    present, new, kept = sql.Identifier(name), sql.Identifier(fresh), sql.Identifier(old)
    drop(server, old)
    for last in (False, False, False, True):
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            # Both names in one transaction: a kill leaves the old database where it was.
            with server.transaction():
                server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(present, kept))
                server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, present))
            break
        except psycopg.Error as error:
            if last or not isinstance(error, psycopg.errors.ObjectInUse):  # somebody came back at this moment
                raise BackupError(f"The restored database could not take its place: {str(error).strip()}") from error
    if is_filled:
        return old
    drop(server, old)
    return None


# -- files -------------------------------------------------------------------------------------------------------


def _flush(path: Path) -> None:
    """Let the disk have it, before it bears the name of a backup."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turns what the system says about the folder into one line with a remedy."""
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        if is_disk_full(error):
            raise DataFolderFull(
                f"Cannot write {place}: the disk is full. Free some space, or set CI_BACKUP_DIR."
            ) from error
        raise DataFolderNotWritable(
            f"Cannot write {place}: {error.strerror}. Make the folder writable for yourself, or set CI_BACKUP_DIR."
        ) from error
