"""What a job says stands in its run's log and in the file, wherever it is carried out, without secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_core.runs.history import LogLine, run_log
from db.engine import Database
from tests.ci_core.jobs.working import ask, ended, working


def log_of(database: Database, run_id: int) -> tuple[LogLine, ...]:
    with database.reading() as session:
        return run_log(session, run_id)


@pytest.mark.parametrize("kind", ["fail", "fail_apart"])
def test_a_job_that_fails_says_where_in_its_run_s_log(database: Database, kind: str, tmp_path: Path) -> None:
    with working(database, data_dir=tmp_path):
        run_id = ask(database, kind, how="a bug", until=2)
        assert ended(database, run_id).status == "completed"

    said = log_of(database, run_id)
    (failed,) = [line for line in said if line.event == "job_failed"]
    assert (failed.level, failed.attempt, failed.fields["kind"]) == ("error", 1, kind)
    assert "RuntimeError: a bug" in failed.fields["exception"]
    assert [line.attempt for line in said if line.event == "run_tried_again"] == [1]


def test_a_job_in_a_process_of_its_own_writes_to_the_file_that_all_share(database: Database, tmp_path: Path) -> None:
    with working(database, data_dir=tmp_path):
        run_id = ask(database, "fail_apart", how="a bug", until=2)
        ended(database, run_id)

    written = [json.loads(line) for line in (tmp_path / "logs" / "ci.log").read_text().splitlines()]
    assert [(line["event"], line["run_id"], line["attempt"], line["process"]) for line in written] == [
        ("job_failed", run_id, 1, "job")
    ]
