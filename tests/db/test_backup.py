"""Backup, wipe, restore: everything is there again, or everything is as it was."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text

from db import backup, migrate
from db.backup import BEFORE, backups_in, restore_backup, take_backup
from db.embedded import EmbeddedServer
from db.engine import Database
from db.errors import BackupError, BackupUnusable, DataFolderNotWritable, RestoreRefused
from db.schema import head
from db.scratch import ONE_AT_A_TIME, scratch_names

PROJECT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 25, 2, 15, tzinfo=UTC)
FILL = """
    INSERT INTO ci_enhancements (title, description, tags) SELECT 'Cache the chain ' || n, 'as often as it', '{options}'
    FROM generate_series(1, 40) n;
    INSERT INTO ci_comments (enhancement_id, author, body) SELECT id, 'Ada', '# yes' FROM ci_enhancements;
    INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind)
    SELECT min(id), max(id), 'blocked_by' FROM ci_enhancements;
    INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, discovered_at)
    VALUES ('reddit', '', 'Rolling', 'h', now());
"""


@pytest.fixture(scope="module")
def server(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server: that of the tests, where it is one."""
    if not os.environ.get("CI_TEST_DATABASE_URL"):
        yield server_url
        return
    own = EmbeddedServer(tmp_path_factory.mktemp("server") / "postgres")
    yield own.start()
    own.stop()


@pytest.fixture(scope="module")
def template(server: str) -> Iterator[str]:
    """A migrated, filled database to copy."""
    with _made(server, "test_backup_template") as url:
        database = Database(url)
        migrate.upgrade(database.engine)
        with database.transaction("Ada") as session:
            session.execute(text(FILL))
        database.dispose()
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def filled(server: str, template: str) -> Iterator[str]:
    with _made(server, "test_backup", template) as url:
        yield url


class _made:  # noqa: N801 - reads as what it does
    """A database for a while, with those that a restore leaves beside it."""

    def __init__(self, server: str, name: str, template: str = "template1") -> None:
        self.server, self.template = server, template
        self.name = f"{name}_{os.getpid()}"

    def __enter__(self) -> str:
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')
        return make_conninfo(self.server, dbname=self.name)

    def __exit__(self, *_: object) -> None:
        for name in (self.name, self.name + BEFORE):
            self._do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())


def ask(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else None


def content(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""
    tables = [row[0] for row in ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {table: sorted(str(row[0]) for row in ask(url, f'SELECT t::text FROM "{table}" t')) for table in tables}


def shape(url: str) -> list[Any]:
    """Tables, columns, indexes, triggers with how they are enabled, constraints and functions."""
    return [
        sorted(str(row) for row in ask(url, query))
        for query in (
            "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns "
            "WHERE table_schema = 'public'",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint",
            "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang <> 13",
        )
    ]


def databases(url: str) -> set[str]:
    return {row[0] for row in ask(url, "SELECT datname FROM pg_database")}


def test_backup_wipe_and_restore_bring_everything_back(filled: str, tmp_path: Path) -> None:
    before, shape_before = content(filled), shape(filled)
    made = take_backup(filled, tmp_path / "backups", now=NOW, keep=3)
    database = Database(filled)
    migrate.downgrade(database.engine, "base")
    database.dispose()

    done = restore_backup(filled, made.path)

    assert (done.revision, done.needs_upgrade, done.kept) == (head(), False, None)
    assert content(filled) == before
    assert shape(filled) == shape_before
    assert made.rows["ci_enhancements"] == done.rows["ci_enhancements"] == 40
    # What was restored works: triggers write the history, sequences go on.
    database = Database(filled)
    with database.transaction("Bo") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('After it')"))
    with database.reading() as session:
        newest = session.execute(text("SELECT actor, action FROM ci_audit_log ORDER BY id DESC LIMIT 1")).one()
    database.dispose()
    assert tuple(newest) == ("Bo", "insert")


def test_only_its_owner_can_read_a_backup_and_the_newest_are_kept(filled: str, tmp_path: Path) -> None:
    for days in range(3):
        take_backup(filled, tmp_path / "backups", now=NOW + timedelta(days=days), keep=2)

    kept = backups_in(tmp_path / "backups")

    assert [path.name for path in kept] == ["magnus-20261127-021500.dump", "magnus-20261126-021500.dump"]
    assert sorted(path.name for path in (tmp_path / "backups").iterdir()) == sorted(path.name for path in kept)
    if os.name == "posix":
        assert kept[0].stat().st_mode & 0o077 == 0
    assert not [name for name in databases(filled) if name.startswith(scratch_names(filled))]


def test_a_backup_is_one_moment_while_others_write(filled: str, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(filled, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO ci_enhancements (title) VALUES ('Meanwhile')")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        made = take_backup(filled, tmp_path, now=NOW, keep=3)
    finally:
        stop.set()
        writing.join(30)

    assert 40 <= made.rows["ci_enhancements"] < ask(filled, "SELECT count(*) FROM ci_enhancements")[0][0]


def test_a_backup_that_does_not_hold_everything_is_no_backup(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_backup(filled, tmp_path, now=NOW, keep=1)
    run = backup._program

    def leave_out(name: str, arguments: list[str], url: str) -> str:
        left_out = ["--exclude-table-data=ci_comments"] if name == "pg_dump" else []
        return run(name, [*left_out, *arguments], url)

    monkeypatch.setattr(backup, "_program", leave_out)
    with pytest.raises(BackupUnusable, match="ci_comments has 0 rows instead of 40"):
        take_backup(filled, tmp_path, now=NOW + timedelta(days=1), keep=1)

    assert [path.name for path in tmp_path.iterdir()] == ["magnus-20261125-021500.dump"]


def test_work_is_not_overwritten_and_what_is_forced_away_is_kept(filled: str, tmp_path: Path) -> None:
    made = take_backup(filled, tmp_path, now=NOW, keep=1)
    ask(filled, "UPDATE ci_enhancements SET title = 'Newer'")

    with pytest.raises(RestoreRefused, match=r"holds work.*--force"):
        restore_backup(filled, made.path)
    assert ask(filled, "SELECT DISTINCT title FROM ci_enhancements") == [("Newer",)]

    with psycopg.connect(filled, autocommit=True) as somebody:
        somebody.execute("SELECT 1")
        done = restore_backup(filled, made.path, force=True)
        with pytest.raises(psycopg.OperationalError):
            somebody.execute("SELECT 1")

    assert ("Newer",) not in ask(filled, "SELECT DISTINCT title FROM ci_enhancements")
    assert done.kept is not None
    assert ask(make_conninfo(filled, dbname=done.kept), "SELECT DISTINCT title FROM ci_enhancements") == [("Newer",)]


def test_a_database_in_use_is_not_taken_away(server: str, filled: str, tmp_path: Path) -> None:
    made = take_backup(filled, tmp_path, now=NOW, keep=1)
    with (
        _made(server, "test_backup_empty") as empty,
        psycopg.connect(empty, application_name="the app", autocommit=True),
        pytest.raises(RestoreRefused, match="in use by the app"),
    ):
        restore_backup(empty, made.path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20_000])


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("PGDMX")


def test_a_restore_that_is_killed_changes_nothing_and_can_be_repeated(filled: str, tmp_path: Path) -> None:
    made = take_backup(filled, tmp_path, now=NOW, keep=1)
    ask(filled, "UPDATE ci_enhancements SET title = 'Newer'")
    before = content(filled)
    code = (
        "import sys; from pathlib import Path; from db import backup\n"
        "def wait(*_): print('loaded', flush=True); sys.stdin.read()\n"
        "backup._pass_transactions = wait\n"
        "backup.restore_backup(sys.argv[1], Path(sys.argv[2]), force=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, filled, str(made.path)], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline().strip() == b"loaded"
        process.kill()
        process.wait()

    assert content(filled) == before
    restore_backup(filled, made.path, force=True)
    assert ("Newer",) not in ask(filled, "SELECT DISTINCT title FROM ci_enhancements")
    assert not [name for name in databases(filled) if name.startswith(scratch_names(filled))]


@pytest.mark.parametrize("spoil", [_cut, _nothing, _text, Path.unlink])
def test_a_file_that_is_no_whole_backup_changes_nothing(
    filled: str, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    made = take_backup(filled, tmp_path, now=NOW, keep=1)
    before = content(filled)
    spoil(made.path)

    with pytest.raises(BackupUnusable, match=made.path.name):
        restore_backup(filled, made.path, force=True)

    assert content(filled) == before
    assert not [name for name in databases(filled) if name.startswith(scratch_names(filled))]


def test_a_backup_of_a_newer_release_is_refused(filled: str, tmp_path: Path) -> None:
    ask(filled, "UPDATE alembic_version SET version_num = '9999_later'")
    made = take_backup(filled, tmp_path, now=NOW, keep=1)

    with pytest.raises(BackupUnusable, match=r"9999_later.*Update the program"):
        restore_backup(filled, made.path, force=True)


def test_new_changes_come_after_those_of_a_server_that_was_ahead(filled: str, tmp_path: Path) -> None:
    ahead = int(ask(filled, "SELECT pg_current_xact_id()::text")[0][0]) + 5_000
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute("ALTER TABLE ci_enhancements DISABLE TRIGGER USER")
        connection.execute(f"UPDATE ci_enhancements SET changed_xid = {ahead} WHERE id = 1".encode())
        connection.execute("ALTER TABLE ci_enhancements ENABLE TRIGGER USER")
    made = take_backup(filled, tmp_path, now=NOW, keep=1)

    restore_backup(filled, made.path, force=True)

    assert int(ask(filled, "SELECT pg_current_xact_id()::text")[0][0]) > ahead


def test_one_at_a_time_and_what_a_kill_left_is_cleared_away(server: str, filled: str, tmp_path: Path) -> None:
    left = f"{scratch_names(filled)}left"
    ask(server, f"CREATE DATABASE {left}")
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [ONE_AT_A_TIME, conninfo_to_dict(filled)["dbname"]])
        with pytest.raises(BackupError, match="under way"):
            take_backup(filled, tmp_path, now=NOW, keep=1)

    take_backup(filled, tmp_path, now=NOW, keep=1)

    assert left not in databases(server)


def test_a_folder_that_cannot_be_written_is_told(filled: str, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")

    with pytest.raises(DataFolderNotWritable, match="CI_BACKUP_DIR"):
        take_backup(filled, tmp_path / "backups", now=NOW, keep=1)


def test_the_password_is_not_among_the_arguments(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def note(command: list[str], **options: Any) -> Any:
        seen.append((command, options["env"]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.subprocess, "run", note)
    with pytest.raises(backup.DataFolderFull):
        take_backup(make_conninfo(filled, password="hunter2"), tmp_path, now=NOW, keep=1)

    ((command, environment),) = seen
    assert "hunter2" not in " ".join(command)
    assert environment["PGPASSWORD"] == "hunter2"
