"""One database with one worker in a thread, for all tests of a file that only ask for jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from db.engine import Database
from tests.ci_core.jobs.working import working


@pytest.fixture(scope="module")
def served(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database whose jobs a worker carries out, twelve at once."""
    database = Database(new_database(template_name), application_name="tests")
    with working(database, concurrency=12):
        yield database
    database.dispose()
