"""What concerns the person at the page, read again only after something changed."""

from __future__ import annotations

import logging
from functools import lru_cache

from ci_core.backlog.board_listener import BoardListener
from ci_core.backlog.notifications import notifications_for, unread_count
from db.engine import Database
from db.errors import DatabaseError
from pages.widgets.header.values import Bell
from pages.widgets.session import Backend

log = logging.getLogger(__name__)
TABLE = "ci_notifications"
MOST_LISTED = 20


def bell_of(shared: Backend, person: str) -> Bell:
    """The unread count and the newest notifications of `person`; without a change it costs no query.

    A database that is gone is a bell that says so: the page below tells more.
    """
    try:
        return _read(shared.database, shared.listener, shared.listener.revision_of(TABLE), person)
    except DatabaseError as error:
        log.info("bell_unknown reason=%s", error)
        return Bell(problem="What concerns you cannot be read at the moment.")


# One answer per revision and person serves all of the person's pages.
@lru_cache(maxsize=512)
def _read(database: Database, listener: BoardListener, revision: tuple[int, int], person: str) -> Bell:  # noqa: ARG001
    with database.reading() as session:
        return Bell(unread_count(session, person), notifications_for(session, person, MOST_LISTED))
