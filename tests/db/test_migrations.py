"""Up, down and up again, one at a time, and never against a server or a database that does not fit."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import text

from db import migrate, schema
from db.engine import Database
from db.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable, SchemaOutOfDate, UnsupportedServer
from db.migrations.comparison import UNMODELLED, include_object
from db.tables import Base

NewDatabase = Callable[..., str]
Fill = Callable[[str], None]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, application_name="tests")
    yield database
    database.dispose()


def names(database: Database) -> set[str]:
    """Everything of ours in the catalogue: tables, views, indexes, functions and triggers."""
    catalogue = """
        SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relname ~ '^(v_|idx_|uq_)?ci_'
        UNION SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
            WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'ci\\_%'
        UNION SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'ci\\_%'"""
    with database.reading() as session:
        return set(session.execute(text(catalogue)).scalars())


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_up_down_and_up_again_gives_the_same_schema(new_database: NewDatabase, fill: Fill, filled: bool) -> None:
    url = new_database()
    with opened(url) as database:
        assert migrate.upgrade(database.engine) == (None, schema.head())
        first = names(database)
        if filled:
            fill(url)

        assert migrate.downgrade(database.engine, "base") == (schema.head(), None)
        assert names(database) == set()
        assert migrate.upgrade(database.engine) == (None, schema.head())

        assert names(database) == first


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_every_step_down_can_be_gone_up_again(new_database: NewDatabase, fill: Fill, filled: bool) -> None:
    url = new_database()
    steps = ["base", *schema.revisions()]
    with opened(url) as database:
        migrate.upgrade(database.engine)
        whole = names(database)
        if filled:
            fill(url)

        for below, revision in reversed(list(pairwise(steps))):
            assert migrate.downgrade(database.engine, below)[1] == (None if below == "base" else below)
            migrate.upgrade(database.engine, revision)
            migrate.downgrade(database.engine, below)
        for revision in steps[1:]:
            assert migrate.upgrade(database.engine, revision)[1] == revision

        assert names(database) == whole


def test_filled_database_holds_a_row_in_every_table(new_database: NewDatabase, template_name: str, fill: Fill) -> None:
    url = new_database(template_name)

    fill(url)

    with psycopg.connect(url) as connection:
        empty = [
            table.name
            for table in Base.metadata.sorted_tables
            if connection.execute(f"SELECT NOT EXISTS (SELECT FROM {table.name})").fetchone() == (True,)
        ]
    assert empty == []


def test_models_say_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": include_object, "compare_type": True, "target_metadata": Base.metadata}
        )

        assert compare_metadata(context, Base.metadata) == []


def test_checks_of_models_are_in_the_database(database: Database) -> None:
    with database.reading() as session:
        rows = session.execute(
            text("SELECT conrelid::regclass::text, count(*) FROM pg_constraint WHERE contype = 'c' GROUP BY 1")
        )
        stored = dict(rows.all())

    for table in Base.metadata.sorted_tables:
        modelled = [item for item in table.constraints if item.__visit_name__ == "check_constraint"]
        assert len(modelled) <= stored.get(table.name, 0), table.name


def test_indexes_that_models_cannot_say_are_there(database: Database) -> None:
    with database.reading() as session:
        rows = session.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
        stored = dict(rows.all())

    assert set(stored) >= UNMODELLED
    assert "USING hnsw (embedding vector_cosine_ops)" in stored["idx_ci_enhancement_embeddings_nearest"]
    assert "WHERE (status = ANY" in stored["idx_ci_enhancements_top"]
    assert stored["idx_ci_enhancements_priority_status"].endswith("(priority, status, ai_priority_score DESC)")


def test_second_upgrade_changes_nothing(database: Database) -> None:
    assert migrate.upgrade(database.engine) == (schema.head(), schema.head())


def test_two_upgrades_at_once_both_succeed(new_database: NewDatabase) -> None:
    url = new_database()
    start = threading.Barrier(2)
    outcomes: list[object] = []

    def upgrade() -> None:
        with opened(url) as database:
            start.wait()
            try:
                outcomes.append(migrate.upgrade(database.engine))
            except DatabaseError as error:
                outcomes.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes, key=str) == [(schema.head(), schema.head()), (None, schema.head())]


def test_migration_gives_up_after_four_seconds_behind_another_one(database: Database) -> None:
    with database.connect(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [migrate.ADVISORY_LOCK])
        began = time.monotonic()

        with pytest.raises(DatabaseBusy, match="waited 4 s for a lock and gave up; nothing was changed"):
            migrate.upgrade(database.engine)

        assert 3.5 < time.monotonic() - began < 8


def test_migration_gives_up_behind_a_long_transaction_and_changes_nothing(database: Database) -> None:
    with database.connect() as other:
        other.execute("SELECT count(*) FROM ci_research_findings")

        with pytest.raises(DatabaseBusy, match="nothing was changed"):
            migrate.downgrade(database.engine, "base")

    assert migrate.current(database.engine) == schema.head()


def test_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_from_tomorrow'"))

    for attempt in (migrate.upgrade, lambda engine: migrate.downgrade(engine, "base")):
        with pytest.raises(SchemaOutOfDate, match="'9999_from_tomorrow', which this release does not know"):
            attempt(database.engine)
    with database.reading() as session, pytest.raises(SchemaOutOfDate, match="Update the program"):
        schema.check_schema(session)


def test_missing_and_old_tables_are_told_apart_and_name_the_remedy(new_database: NewDatabase) -> None:
    with opened(new_database()) as database:
        with database.reading() as session, pytest.raises(SchemaOutOfDate, match=r"no tables yet.*ci db upgrade"):
            schema.check_schema(session)
        migrate.upgrade(database.engine, schema.revisions()[0])

        with database.reading() as session, pytest.raises(SchemaOutOfDate, match=r"0001_audit_log.*ci db upgrade"):
            schema.check_schema(session)

        migrate.upgrade(database.engine)
        with database.reading() as session:
            schema.check_schema(session)


def test_unknown_revision_is_named_with_those_that_exist(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"'yesterday'.*0001_audit_log"):
        migrate.downgrade(database.engine, "yesterday")


def test_upgrade_to_an_older_revision_does_nothing(database: Database) -> None:
    assert migrate.upgrade(database.engine, schema.revisions()[0])[1] == schema.head()


def test_unreachable_server_is_no_failed_migration() -> None:
    with opened("postgresql://user:secret@127.0.0.1:1/none") as database:
        for attempt in (migrate.current, migrate.upgrade, lambda engine: migrate.downgrade(engine, "base")):
            with pytest.raises(DatabaseUnavailable, match="Connection refused"):
                attempt(database.engine)


@pytest.mark.parametrize("version", [90624, 130014, 139999])
def test_postgresql_before_14_is_refused(version: int) -> None:
    with pytest.raises(UnsupportedServer, match=f"PostgreSQL {version // 10000} is too old: version 14"):
        migrate.refuse_old_server(version)


@pytest.mark.parametrize("version", [140000, 150015, 180001])
def test_postgresql_from_14_is_welcome(version: int) -> None:
    migrate.refuse_old_server(version)


def test_server_without_pgvector_is_refused_with_the_package_that_brings_it() -> None:
    with pytest.raises(UnsupportedServer, match="package postgresql-15-pgvector"):
        migrate.refuse_pgvector(None, server_major=15)


def test_old_pgvector_is_refused() -> None:
    with pytest.raises(UnsupportedServer, match=r"pgvector 0\.4\.4; 0\.5 or newer"):
        migrate.refuse_pgvector("0.4.4", server_major=15)
    migrate.refuse_pgvector("0.10", server_major=15)


def test_user_without_rights_is_told_what_the_administrator_must_run(new_database: NewDatabase) -> None:
    url = new_database()
    role = f"poor_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, user="postgres", autocommit=True) as admin:
        admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        admin.execute(f"CREATE ROLE {role}")
        try:
            with (
                opened(make_conninfo(url, user="postgres", options=f"-c role={role}")) as database,
                pytest.raises(DatabaseError, match=r"CREATE EXTENSION vector.*GRANT CREATE ON SCHEMA public"),
            ):
                migrate.upgrade(database.engine)
        finally:
            admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_revisions_are_named_after_their_files_in_one_line() -> None:
    scripts = list(ScriptDirectory.from_config(migrate._config()).walk_revisions())

    assert tuple(script.revision for script in reversed(scripts)) == schema.revisions()


def test_plain_sql_of_both_ways_waits_for_no_lock_longer_than_migrations_do() -> None:
    for script in (migrate.upgrade_sql(), migrate.downgrade_sql()):
        assert script.index("SET LOCAL lock_timeout = '4s'") < script.index("ci_")


def test_server_that_lacks_pgvector_is_refused_before_anything_is_made(new_database: NewDatabase) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("only PostgreSQL 18 can be told to look for extensions elsewhere")
    with opened(make_conninfo(url, user="postgres", options="-c extension_control_path=/nowhere")) as database:
        with pytest.raises(UnsupportedServer, match="has no pgvector"):
            migrate.upgrade(database.engine)

        assert migrate.current(database.engine) is None


def test_a_database_in_another_encoding_is_refused_with_the_way_to_make_a_right_one(
    new_database: Callable[..., str],
) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = f"latin_{connection.info.dbname}"[:60]
        provider = "LOCALE_PROVIDER libc" if connection.info.server_version >= 150000 else ""
        connection.execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' {provider} TEMPLATE template0")
    database = Database(make_conninfo(url, dbname=name))
    try:
        with pytest.raises(UnsupportedServer, match=r"SQL_ASCII.*CREATE DATABASE magnus ENCODING 'UTF8'"):
            migrate.upgrade(database.engine)
    finally:
        database.dispose()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
