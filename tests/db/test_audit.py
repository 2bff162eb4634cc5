"""Who changed what, when and why is recorded whatever way a change takes, and cannot be taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import text

from db.engine import Database

RECORDED = {
    "ci_enhancements",
    "ci_enhancement_dependencies",
    "ci_comments",
    "ci_enhancement_merges",
    "ci_board_columns",
    "ci_research_sources",
    "ci_research_findings",
    "ci_enhancement_followers",
    "ci_reactions",
    "ci_saved_views",
    "ci_schedules",
    "ci_default_views",
    "ci_research_interests",
    "ci_research_corrections",
    "ci_enhancement_evidence",
    "ci_prompts",
}


def entries(database: Database, table: str = "ci_enhancements") -> list[dict[str, Any]]:
    """The entries of a table, oldest first."""
    with database.connect(row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM ci_audit_log WHERE table_name = %s ORDER BY id", [table]).fetchall()


def write(database: Database, statement: str, actor: str = "tess", **context: Any) -> None:
    with database.transaction(actor, **context) as session:
        session.execute(text(statement))


@pytest.fixture
def plain(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A session of somebody at psql, who knows nothing of actors."""
    with psycopg.connect(database.url, autocommit=True, application_name="psql") as connection:
        yield connection


def test_change_carries_the_actor_the_reason_and_what_it_undoes(database: Database) -> None:
    write(database, "INSERT INTO ci_enhancements (title) VALUES ('A')", reason="asked for", undo_of=7)

    (entry,) = entries(database)
    assert (entry["actor"], entry["reason"], entry["undo_of"]) == ("tess", "asked for", 7)
    assert (entry["action"], entry["row_id"], entry["row_version"]) == ("insert", 1, 1)
    assert entry["application_name"] == "tests"


def test_actor_of_one_transaction_does_not_stick_to_the_next(database: Database, plain: psycopg.Connection) -> None:
    write(database, "INSERT INTO ci_enhancements (title) VALUES ('A')", reason="once")
    write(database, "UPDATE ci_enhancements SET title = 'B'", actor="agent:health")
    with database.engine.begin() as connection:  # the same pooled connection, without an actor
        connection.execute(text("UPDATE ci_enhancements SET title = 'C'"))

    role = plain.info.user
    assert [(entry["actor"], entry["reason"]) for entry in entries(database)] == [
        ("tess", "once"),
        ("agent:health", None),
        (f"sql:{role}", None),
    ]


def test_plain_sql_session_shows_as_its_role(database: Database, plain: psycopg.Connection) -> None:
    plain.execute("INSERT INTO ci_enhancements (title) VALUES ('A')")

    (entry,) = entries(database)
    assert entry["actor"] == f"sql:{plain.info.user}"
    assert entry["application_name"] == "psql"
    assert plain.execute("SELECT created_by FROM ci_enhancements").fetchone() == (f"sql:{plain.info.user}",)


def test_update_holds_only_the_changed_fields_before_and_after(database: Database) -> None:
    write(database, "INSERT INTO ci_enhancements (title, tags) VALUES ('A', '{wheel}')")

    write(database, "UPDATE ci_enhancements SET title = 'B', tags = '{wheel,roll}', priority = 'medium'")

    entry = entries(database)[-1]
    assert entry["changed_fields"] == ["tags", "title"]
    assert entry["before"] == {"title": "A", "tags": ["wheel"]}
    assert entry["after"] == {"title": "B", "tags": ["wheel", "roll"]}
    assert entry["row_version"] == 2


def test_update_that_changes_nothing_leaves_no_trace(database: Database) -> None:
    write(database, "INSERT INTO ci_enhancements (title) VALUES ('A')")

    write(database, "UPDATE ci_enhancements SET title = title, version = 40, updated_at = now() + '1 day'")

    assert len(entries(database)) == 1


def test_delete_keeps_the_whole_row_and_what_went_with_it(database: Database) -> None:
    write(database, "INSERT INTO ci_enhancements (title, description) VALUES ('A', 'long story')")
    write(database, "INSERT INTO ci_comments (enhancement_id, body) VALUES (1, 'yes')")

    write(database, "DELETE FROM ci_enhancements", actor="ops")

    assert entries(database)[-1]["before"]["description"] == "long story"
    comment = entries(database, "ci_comments")[-1]
    assert (comment["action"], comment["actor"], comment["before"]["body"]) == ("delete", "ops", "yes")


def test_rolled_back_change_is_not_recorded(database: Database) -> None:
    with database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))
        session.rollback()

    assert entries(database) == []


def test_all_changes_of_a_transaction_share_its_number(database: Database) -> None:
    with database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A'), ('B')"))
        session.execute(text("INSERT INTO ci_comments (enhancement_id, body) VALUES (1, 'x')"))

    numbers = {entry["transaction_id"] for entry in entries(database) + entries(database, "ci_comments")}
    assert len(numbers) == 1


def test_every_table_that_people_change_is_recorded(database: Database, fill: Callable[[str], None]) -> None:
    fill(database.url)

    with database.connect() as connection:
        rows = connection.execute("SELECT DISTINCT table_name, actor FROM ci_audit_log").fetchall()
    assert set(rows) == {(table, "tess") for table in RECORDED}


def test_scans_of_a_source_are_not_edits_of_it(database: Database) -> None:
    write(database, "INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options')")

    write(database, "UPDATE ci_research_sources SET last_scan_at = now()", actor="agent:research")
    write(database, "UPDATE ci_research_sources SET enabled = false")

    assert [entry["changed_fields"] for entry in entries(database, "ci_research_sources")[1:]] == [["enabled"]]


def administrator(url: str) -> psycopg.Connection[Any]:
    """The server's administrator, where we can be that (the embedded server lets whoever started it)."""
    try:
        return psycopg.connect(url, user="postgres", autocommit=True, application_name="psql")
    except psycopg.OperationalError:
        pytest.skip("no superuser on the server that was given")


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with administrator(database.url) as connection:
        yield connection


@pytest.fixture(scope="module")
def history(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database with one entry in its history, which no test can change."""
    database = Database(new_database(template_name), application_name="tests")
    write(database, "INSERT INTO ci_enhancements (title) VALUES ('A')")
    yield database
    database.dispose()


FORBIDDEN = [
    "UPDATE ci_audit_log SET actor = 'nobody'",
    "UPDATE ci_audit_log SET actor = 'nobody' WHERE false",
    "DELETE FROM ci_audit_log",
    "TRUNCATE ci_audit_log",
    "TRUNCATE ci_audit_log CASCADE",
    "INSERT INTO ci_audit_log (actor, action, table_name, changed_fields, transaction_id) "
    "VALUES ('nobody', 'insert', 'ci_enhancements', '{}', 1)",
    "WITH gone AS (DELETE FROM ci_audit_log RETURNING 1) SELECT count(*) FROM gone",
    "MERGE INTO ci_audit_log a USING (VALUES (1)) v (id) ON a.id = v.id WHEN MATCHED THEN DELETE",
]


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_history_is_neither_changed_nor_forged_even_by_a_superuser(
    history: Database, statement: str, role: str
) -> None:
    with administrator(history.url) as superuser:
        superuser.execute("SELECT set_config('session_replication_role', %s, false)", [role])

        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            superuser.execute(statement)

    assert [entry["actor"] for entry in entries(history)] == ["tess"]


def test_rows_cannot_be_copied_into_the_history(history: Database) -> None:
    with (
        history.connect() as plain,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
        plain.cursor().copy("COPY ci_audit_log (actor, action, table_name) FROM STDIN") as copy,
    ):
        copy.write_row(["nobody", "insert", "ci_enhancements"])


def test_superuser_who_switches_triggers_off_is_still_recorded(
    database: Database, superuser: psycopg.Connection
) -> None:
    superuser.execute("SET session_replication_role = replica")

    superuser.execute("INSERT INTO ci_enhancements (title) VALUES ('A')")
    superuser.execute("UPDATE ci_enhancements SET title = 'B', version = version")
    superuser.execute("DELETE FROM ci_enhancements")

    assert [entry["action"] for entry in entries(database)] == ["insert", "update", "delete"]


def test_temporary_table_of_the_same_name_does_not_catch_the_entries(
    database: Database, plain: psycopg.Connection
) -> None:
    plain.execute("CREATE TEMP TABLE ci_audit_log (LIKE public.ci_audit_log INCLUDING ALL)")
    plain.execute("SET search_path = pg_temp, public")

    plain.execute("INSERT INTO ci_enhancements (title) VALUES ('A')")

    assert len(entries(database)) == 1


@pytest.mark.parametrize("table", sorted(RECORDED))
def test_truncate_of_a_recorded_table_is_refused_because_it_would_leave_no_entry(history: Database, table: str) -> None:
    with history.connect() as plain, pytest.raises(psycopg.errors.InsufficientPrivilege, match="bypass the audit log"):
        plain.execute(f"TRUNCATE {table} CASCADE")


def test_role_without_rights_on_the_log_still_leaves_entries(database: Database, superuser: psycopg.Connection) -> None:
    role = f"clerk_{superuser.info.dbname}"
    superuser.execute(f"CREATE ROLE {role}")
    try:
        superuser.execute(f"GRANT SELECT, INSERT, UPDATE ON ci_enhancements, ci_enhancement_embeddings TO {role}")
        superuser.execute(f"SET ROLE {role}")
        superuser.execute("INSERT INTO ci_enhancements (title) VALUES ('A')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            superuser.execute("SELECT * FROM ci_audit_log")

        superuser.execute("RESET ROLE")
        assert len(entries(database)) == 1
    finally:
        superuser.execute("RESET ROLE")
        superuser.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_time_is_that_of_the_change_and_not_of_the_transaction(database: Database) -> None:
    with database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))
        session.execute(text("SELECT pg_sleep(0.02)"))
        session.execute(text("UPDATE ci_enhancements SET title = 'B'"))

    first, second = entries(database)
    assert (second["occurred_at"] - first["occurred_at"]).total_seconds() >= 0.02
