"""What a run says stands in its log in the database, without secrets, bounded, and through outages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core.logs import Logging, configure_logging, get_logger, run_context
from ci_core.runs import log_writer
from ci_core.runs.history import LogLine, run_log
from ci_core.runs.log_writer import RunLogWriter, kept_run_logs
from ci_core.settings import Settings
from db.engine import Database
from db.errors import DatabaseUnavailable
from tests.ci_core.runs.runs_made import made

log = get_logger("ci_core.tests")


@pytest.fixture
def run_id(database: Database) -> int:
    with database.transaction("tess") as session:
        return made(session, "running")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logging]:
    with configure_logging(Settings(_env_file=None, data_dir=tmp_path), process="test", terminal=False) as logs:
        yield logs


@pytest.fixture
def writer(database: Database, logs: Logging) -> RunLogWriter:
    handler = RunLogWriter(database, logs.redactor)
    logs.add(handler)
    return handler


def lines(database: Database, run_id: int) -> tuple[LogLine, ...]:
    with database.reading() as session:
        return run_log(session, run_id)


def test_lines_of_a_run_are_stored_with_their_fields_and_attempt(
    database: Database, writer: RunLogWriter, run_id: int
) -> None:
    log.info("of_no_run")
    with run_context(run_id, attempt=2):
        log.debug("too_small")
        log.info("scan_finished", source="r/options", new=12, url="https://x/?token=abc123", nul="a\0b \ud800")
        logging.getLogger("foreign").warning("%s", "plain", extra={"items": 3})
    writer.flush()

    first, second = lines(database, run_id)
    assert (first.level, first.event, first.attempt) == ("info", "scan_finished", 2)
    assert first.fields == {"source": "r/options", "new": 12, "url": "https://x/?token=[secret]", "nul": "ab ?"}
    assert (second.level, second.event, second.fields) == ("warning", "plain", {"items": 3})


def test_an_exception_is_there_and_too_much_is_cut(database: Database, writer: RunLogWriter, run_id: int) -> None:
    with run_context(run_id):
        try:
            raise ValueError("password=hunter2")
        except ValueError:
            log.exception("failed", many=["x" * 900] * 90, few=1)
        log.error("y" * 3_000)
        log.error("")
    writer.flush()

    failed, long, empty = lines(database, run_id)
    assert "ValueError: password=[secret]" in failed.fields["exception"]
    assert (failed.fields["few"], failed.fields["cut"], "many" in failed.fields) == (1, True, False)
    assert long.event == "y" * 2_000
    assert empty.event == "ci_core.tests"


def test_a_run_that_says_too_much_is_told_to_have_done_so(
    database: Database, writer: RunLogWriter, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "MOST_OF_A_RUN", 3)

    with run_context(run_id):
        for number in range(10):
            log.info("again", number=number)
    writer.flush()

    assert [(line.event, line.level) for line in lines(database, run_id)] == [
        ("again", "info"),
        ("again", "info"),
        ("log_full", "warning"),
    ]


def test_lines_wait_while_the_database_is_away(
    database: Database, writer: RunLogWriter, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refused = database.transaction, []

    def away(*_: object, **__: object) -> object:
        if len(refused) < 2:
            refused.append(1)
            raise DatabaseUnavailable("away")
        return real("agent:log")

    monkeypatch.setattr(database, "transaction", away)
    with run_context(run_id):
        log.info("first")
        log.info("second")
    writer.flush()

    assert [line.event for line in lines(database, run_id)] == ["first", "second"]
    assert len(refused) == 2


def test_a_run_that_was_deleted_takes_no_other_lines_with_it(
    database: Database, writer: RunLogWriter, run_id: int
) -> None:
    with run_context(999_999):
        log.info("of_nobody")
    with run_context(run_id):
        log.info("of_the_run")
    writer.flush()

    assert [line.event for line in lines(database, run_id)] == ["of_the_run"]
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM ci_run_log")).scalar_one() == 1


def test_closing_writes_what_is_left(database: Database, logs: Logging, run_id: int) -> None:
    logs.add(RunLogWriter(database, logs.redactor))
    with run_context(run_id):
        log.info("last_words")

    logs.close()

    assert [line.event for line in lines(database, run_id)] == ["last_words"]


def test_a_process_keeps_logs_of_one_database_once(database: Database, logs: Logging, run_id: int) -> None:
    settings = Settings(_env_file=None, data_dir=logs.path.parent)
    with kept_run_logs(database, settings):
        with kept_run_logs(database, settings), run_context(run_id):
            log.info("in_both")
        with run_context(run_id):
            log.info("in_the_outer_one")
    with run_context(run_id):
        log.info("in_neither")

    assert [line.event for line in lines(database, run_id)] == ["in_both", "in_the_outer_one"]
