"""A worker carries out what is asked for: in a thread or a process of its own, once, and ends when told to."""

from __future__ import annotations

import os

from db.engine import Database
from tests.ci_core.jobs.working import ask, ended, one, working


def test_a_job_is_carried_out_in_a_thread_and_says_what_it_did(database: Database) -> None:
    with working(database):
        done = ended(database, ask(database, "add", numbers=[1, 2, 39]))

    assert (done.status, done.progress_percent, done.error) == ("completed", 100, None)
    assert done.counts == {"sum": 42, "pid": os.getpid(), "asked_by": "Ada", "attempt": 1}
    assert done.host


def test_a_job_is_carried_out_in_a_process_of_its_own(database: Database) -> None:
    with working(database):
        done = ended(database, ask(database, "add_apart", numbers=[1, 2]))

    assert (done.status, done.counts["sum"]) == ("completed", 3)
    assert done.counts["pid"] != os.getpid()


def test_a_worker_is_known_while_it_works_and_forgotten_afterwards(database: Database) -> None:
    with working(database, queues=["samples"], concurrency=3, has_clock=True):
        worker = one(database, "SELECT * FROM ci_workers")

    assert (worker.pid, worker.queues, worker.concurrency, worker.has_clock) == (os.getpid(), ["samples"], 3, True)
    assert one(database, "SELECT count(*) FROM procrastinate_workers")[0] == 0
