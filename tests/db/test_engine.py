"""What a caller meets when connections run out, a server goes away or a statement takes too long."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError, ProgrammingError

from db.embedded import embedded_database
from db.embedded.cluster import Cluster
from db.engine import Database
from db.errors import DatabaseBusy, DatabaseUnavailable, PoolExhausted, SchemaOutOfDate, StatementTimeout

NOWHERE = "postgresql://user:secret@127.0.0.1:1/none"


@pytest.fixture
def opened(database: Database) -> Iterator[Callable[..., Database]]:
    """Opens the test's database with other settings."""
    made: list[Database] = []

    def open_with(**settings: Any) -> Database:
        made.append(Database(database.url, **settings))
        return made[-1]

    yield open_with
    for one in made:
        one.dispose()


def count(database: Database) -> int:
    with database.reading() as session:
        return session.execute(text("SELECT count(*) FROM ci_enhancements")).scalar_one()


def add(database: Database, title: str = "A") -> None:
    with database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES (:title)"), {"title": title})


def test_transaction_is_committed_at_its_end_and_rolled_back_by_an_error(database: Database) -> None:
    add(database)
    with pytest.raises(ZeroDivisionError), database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('B')"))
        _ = 1 / 0

    assert count(database) == 1


@pytest.mark.parametrize("actor", ["", "  "])
def test_transaction_without_an_actor_is_refused(database: Database, actor: str) -> None:
    with pytest.raises(ValueError, match="needs an actor"), database.transaction(actor):
        pass


def test_reading_cannot_write_and_leaves_the_connection_able_to(opened: Callable[..., Database]) -> None:
    database = opened(pool_size=1)
    with pytest.raises(InternalError, match="read-only transaction"), database.reading() as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))

    add(database)

    assert count(database) == 1


def test_an_error_of_the_database_is_logged_but_not_by_everybody_who_meets_it(caplog: pytest.LogCaptureFixture) -> None:
    database = Database("postgresql://nobody:hunter2@127.0.0.1:1/none")

    with caplog.at_level(logging.ERROR, logger="db.engine"):
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                database.ping()

    (record,) = caplog.records
    assert record.getMessage().startswith(
        "database_error kind=DatabaseUnavailable reason=The database cannot be reached"
    )
    assert "hunter2" not in record.getMessage()


def test_exhausted_pool_is_a_clear_error_and_no_hang(opened: Callable[..., Database]) -> None:
    database = opened(pool_size=1, pool_timeout_seconds=0.3)
    began = time.monotonic()

    with (
        database.reading() as session,
        pytest.raises(PoolExhausted, match=r"^Database connection pool exhausted: all 1 connections are in use"),
    ):
        session.execute(text("SELECT 1"))
        database.ping()

    assert time.monotonic() - began < 3
    database.ping()


def test_waiting_request_gets_the_connection_that_comes_back(opened: Callable[..., Database]) -> None:
    database = opened(pool_size=1, pool_timeout_seconds=5)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        waiting = threading.Thread(target=add, args=[database])
        waiting.start()
        time.sleep(0.2)

    waiting.join(5)
    assert count(database) == 1


def test_connections_name_the_program_and_speak_utc(opened: Callable[..., Database]) -> None:
    with opened(application_name="magnus board").reading() as session:
        row = session.execute(text("SELECT current_setting('application_name'), current_setting('timezone')")).one()

    assert tuple(row) == ("magnus board", "UTC")


def test_options_of_the_address_stay_in_force(database: Database) -> None:
    other = Database(make_conninfo(database.url, options="-c work_mem=7MB"), statement_timeout_seconds=9)

    with other.reading() as session:
        row = session.execute(text("SELECT current_setting('work_mem'), current_setting('statement_timeout')")).one()

    assert tuple(row) == ("7MB", "9s")
    other.dispose()


def test_statement_that_takes_too_long_is_cancelled_and_the_connection_stays_good(
    opened: Callable[..., Database],
) -> None:
    database = opened(pool_size=1, statement_timeout_seconds=0.2)
    began = time.monotonic()

    with pytest.raises(StatementTimeout, match="took too long"), database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))
        session.execute(text("SELECT pg_sleep(30)"))

    assert time.monotonic() - began < 5
    assert count(database) == 0


def test_a_transaction_that_the_server_gave_up_is_told_and_the_next_one_works(
    opened: Callable[..., Database],
) -> None:
    database = opened(pool_size=1)

    with pytest.raises(DatabaseUnavailable, match="stood still"), database.transaction("tess") as session:
        session.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '50', true)"))
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))
        time.sleep(0.5)
        session.execute(text("SELECT 1"))

    assert count(database) == 0


def test_two_transactions_that_wait_for_each_other_are_told_to_try_again(database: Database) -> None:
    add(database, "A")
    add(database, "B")
    both_hold_one = threading.Barrier(2)
    outcomes: list[BaseException | None] = []

    def touch(first: int, second: int) -> None:
        try:
            with database.transaction("tess") as session:
                update = text("UPDATE ci_enhancements SET description = 'x' WHERE id = :id")
                session.execute(update, {"id": first})
                both_hold_one.wait()
                session.execute(update, {"id": second})
            outcomes.append(None)
        except DatabaseBusy as error:
            outcomes.append(error)

    threads = [threading.Thread(target=touch, args=ids) for ids in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DatabaseBusy", "NoneType"]


def test_missing_table_names_the_command_that_makes_it(new_database: Callable[..., str]) -> None:
    database = Database(new_database())

    with pytest.raises(SchemaOutOfDate, match="ci db upgrade"):
        count(database)
    database.dispose()


def test_wrong_statement_is_no_lost_database(database: Database) -> None:
    with pytest.raises(ProgrammingError), database.reading() as session:
        session.execute(text("SELEC 1"))
    with pytest.raises(IntegrityError), database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('')"))


def test_connection_that_died_in_the_pool_is_replaced_unnoticed(opened: Callable[..., Database]) -> None:
    database = opened(pool_size=3)
    with database.reading() as session, database.connect(autocommit=True) as other:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.connect(autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    add(database)

    assert count(database) == 1


def test_connection_that_dies_in_a_transaction_is_a_clear_error_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="terminating connection"), database.transaction("tess") as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.connect(autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A')"))

    add(database)

    assert count(database) == 1


def test_unreachable_server_is_reported_at_once_in_one_line_without_the_password() -> None:
    database = Database(NOWHERE)
    began = time.monotonic()

    with pytest.raises(DatabaseUnavailable) as caught:
        database.ping()

    assert time.monotonic() - began < 2
    assert str(caught.value).startswith("The database cannot be reached: connection failed: connection to server at")
    assert "Connection refused" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not leaked(caught.value)
    assert "secret" not in repr(database)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:secret@no-such-host.invalid/none",
        "host=/nowhere dbname=none password=secret",
        "postgresql://user:secret@127.0.0.1,127.0.0.1:1,1/none",
    ],
)
def test_no_form_of_address_tells_the_password_in_an_error(address: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        Database(address, connect_timeout_seconds=2).ping()

    assert "\n" not in str(caught.value)
    assert "?" not in str(caught.value)
    assert not leaked(caught.value)


def leaked(error: BaseException | None) -> bool:
    while error is not None:
        if "secret" in f"{error!s} {error!r}":
            return True
        error = error.__cause__ or error.__context__
    return False


def test_crowd_of_requests_makes_one_attempt_to_bring_the_server_back(database: Database) -> None:
    attempts: list[float] = []

    def revive() -> str:
        attempts.append(time.monotonic())
        time.sleep(0.3)
        return database.url

    lost = Database(NOWHERE, revive=revive)
    crowd = [threading.Thread(target=add, args=[lost]) for _ in range(5)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(10)

    assert len(attempts) == 1
    assert count(database) == 5
    lost.dispose()


def test_server_that_cannot_be_brought_back_is_not_tried_all_the_time() -> None:
    attempts: list[float] = []

    def revive() -> str:
        attempts.append(time.monotonic())
        return NOWHERE

    lost = Database(NOWHERE, revive=revive)
    for _ in range(5):
        with pytest.raises(DatabaseUnavailable):
            lost.ping()

    assert len(attempts) == 1


def test_restarted_server_is_used_again_without_anybody_noticing() -> None:
    with tempfile.TemporaryDirectory(prefix="magnus-test-") as folder, embedded_database(Path(folder)) as url:
        database = Database(url, pool_size=2)
        database.ping()
        kill_server(Path(folder), url)

        database.ping()
        database.dispose()


def kill_server(folder: Path, url: str) -> None:
    """Kill the embedded server and wait until its keeper has brought it back."""
    postmaster = Cluster(folder).postmaster()
    assert postmaster is not None
    postmaster.kill()
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_listening_connection_is_outside_the_pool(opened: Callable[..., Database]) -> None:
    database = opened(pool_size=1)
    with database.reading() as session:
        session.execute(text("SELECT 1"))

        with database.connect(autocommit=True) as listening:
            listening.execute("LISTEN ci_changes")
            assert listening.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
