"""The last step of a check: the board follows it, and what is in the way of that takes nothing back of the check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from ci_core.errors import CiError
from ci_core.health import store
from ci_core.health.proposals import AGENT
from ci_core.logs import get_logger
from db.engine import Database
from db.errors import DatabaseError

log = get_logger(__name__)


@contextmanager
def board_in_step(database: Database, check_id: int) -> Iterator[Session]:
    """A transaction that brings the board in step with a check; an expected failure in it is noted on the check."""
    try:
        with database.transaction(AGENT, reason=f"Health check {check_id}") as session:
            yield session
    except (CiError, DatabaseError) as error:
        log.warning("health_proposals_failed", check_id=check_id, error=str(error))
        with database.transaction(AGENT) as session:
            store.note_problem(session, check_id, f"Nothing was proposed on the board: {error}")
