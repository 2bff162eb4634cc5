"""The database at a shell: migrate, look, connect, hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from db import schema
from db.engine import Database
from tests.ci_core.cli.conftest import Ci, Typed

PROJECT = Path(__file__).resolve().parents[3]


def test_upgrade_makes_the_tables_and_then_nothing(run: Ci, new_database: Callable[..., str]) -> None:
    url = new_database()

    first = run(url, "db", "upgrade", "--json")
    second = run(url, "db", "upgrade")

    assert first.document == {"before": None, "after": schema.head()}
    assert second.out == f"The tables are at {schema.head()} already; nothing was changed.\n"


def test_upgrade_to_a_revision_and_back_to_nothing(run: Ci, new_database: Callable[..., str]) -> None:
    url = new_database()
    oldest = schema.revisions()[0]

    assert run(url, "db", "upgrade", "--revision", oldest, "--json").document["after"] == oldest
    assert run(url, "db", "downgrade", "base", "--yes", "--json").document == {"before": oldest, "after": None}


def test_downgrade_asks_before_it_deletes(run: Ci, database: Database) -> None:
    outcome = run(database.url, "db", "downgrade", "base")

    assert outcome.status == 2
    assert "--yes" in outcome.err
    assert run(database.url, "db", "status", "--json").document["up_to_date"] is True


def test_downgrade_that_is_answered_with_no_changes_nothing(run: Ci, database: Database) -> None:
    outcome = run(database.url, "db", "downgrade", "base", stdin=Typed("n\n"))

    assert outcome.status == 1
    assert outcome.err.splitlines()[-1].endswith("error: stopped, nothing was changed")
    assert run(database.url, "db", "status", "--json").document["up_to_date"] is True


def test_status_has_stable_keys(run: Ci, database: Database) -> None:
    document = run(database.url, "db", "status", "--json").document

    assert list(document) == [
        "kind",
        "address",
        "database",
        "server_version",
        "pgvector_version",
        "revision",
        "head",
        "up_to_date",
        "size_bytes",
        "enhancements",
    ]
    assert (document["kind"], document["revision"], document["enhancements"]) == ("external", schema.head(), 0)


def test_status_of_an_empty_database_names_the_next_step(run: Ci, new_database: Callable[..., str]) -> None:
    outcome = run(new_database(), "db", "status")

    assert outcome.status == 0
    assert "run ci db upgrade" in outcome.out


@pytest.mark.parametrize("revision", [None, schema.revisions()[0]])
def test_command_on_missing_or_old_tables_names_the_remedy(
    run: Ci, new_database: Callable[..., str], revision: str | None
) -> None:
    url = new_database()
    if revision:
        run(url, "db", "upgrade", "--revision", revision)

    for command in (["enhancements", "list"], ["enhancements", "add", "--title", "x"], ["wishlist", "export"]):
        outcome = run(url, *command)
        assert (outcome.status, outcome.out) == (1, "")
        assert outcome.err.startswith("error: ")
        assert outcome.err.endswith("ci db upgrade\n")
        assert outcome.err.count("\n") == 1


def test_url_is_one_that_libpq_takes(run: Ci, database: Database) -> None:
    printed = run(database.url, "db", "url").out.strip()

    with psycopg.connect(printed) as connection:
        assert connection.execute("SELECT count(*) FROM ci_enhancements").fetchone() == (0,)
    assert run(database.url, "db", "url", "--json").document == {"url": printed}


def test_unreachable_database_is_one_line_without_the_password(run: Ci) -> None:
    began = time.monotonic()

    outcome = run("postgresql://user:secret@127.0.0.1:1/none", "enhancements", "list")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("error: The database cannot be reached: ")
    assert outcome.err.count("\n") == 1
    assert "secret" not in outcome.err
    assert time.monotonic() - began < 5


def test_address_with_a_mistake_is_one_line_without_the_password(run: Ci) -> None:
    outcome = run("postgresql://user:p@secret:x@host/db", "db", "status")

    assert outcome.status == 1
    assert "postgresql://user:password@host:5432/name" in outcome.err
    assert "secret" not in outcome.err


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder for an embedded server, with a path that is short enough for its socket."""
    with tempfile.TemporaryDirectory(prefix="magnus-test-") as folder:
        yield Path(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hold_keeps_the_embedded_server_until_interrupted(data_dir: Path, number: signal.Signals) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "DATABASE_"))}
    holder = subprocess.Popen(
        [sys.executable, "-m", "ci_core", "db", "url", "--hold"],
        cwd=PROJECT,
        env={**environment, "CI_DATA_DIR": str(data_dir), "DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with holder:
        url = holder.stdout.readline().strip()
        assert url, holder.stderr.read()
        psycopg.connect(url).close()

        holder.send_signal(number)

        assert holder.wait(30) == 0
        assert "Traceback" not in holder.stderr.read()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2).close()


def test_backup_and_restore_of_the_embedded_database(run: Ci, environment: Path) -> None:
    assert run("", "db", "upgrade").status == 0
    assert run("", "enhancements", "add", "--title", "Cache the chain").status == 0

    made = run("", "db", "backup", "--json")
    assert made.status == 0, made.err
    path = Path(made.document["path"])
    assert path.parent == environment / "data" / "backups"
    assert [entry["path"] for entry in run("", "db", "backups", "--json").document] == [str(path)]
    run("", "enhancements", "add", "--title", "Later")

    refused = run("", "db", "restore", path)
    assert refused.status == 1
    assert "--force" in refused.err
    restored = run("", "db", "restore", path, "--force", "--json")
    assert (restored.status, restored.document["needs_upgrade"]) == (0, False), restored.err

    titles = [one["title"] for one in run("", "enhancements", "list", "--json").document["enhancements"]]
    assert titles == ["Cache the chain"]


def test_a_server_of_ones_own_is_backed_up_by_its_owner(run: Ci, database: Database) -> None:
    for command in (("backup",), ("restore", "x.dump", "--force")):
        outcome = run(database.url, "db", *command)

        assert outcome.status == 1
        assert '"$(ci db url)"' in outcome.err


def test_report_shows_the_room_that_tables_take(run: Ci, database: Database) -> None:
    document = run(database.url, "db", "report", "--json").document

    assert document["database_bytes"] > 1_000_000
    assert {"ci_enhancements", "ci_audit_log"} <= {table["name"] for table in document["tables"]}
    assert document["remarks"] == []
    assert "MiB in all" in run(database.url, "db", "report").err
