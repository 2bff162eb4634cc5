"""One change by the person at the page: one transaction, and words instead of a traceback when it is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from ci_core.errors import CiError
from db.errors import DatabaseError
from pages.widgets.session import Backend, actor
from pages.widgets.visit import note_visit

log = logging.getLogger(__name__)
LINKS = ("ci_enhancement_dependencies", "ci_enhancement_similarities")


def act(
    shared: Backend, change: Callable[[Any], object], *, reason: str | None = None, tables: Iterable[str] = ()
) -> str | None:
    """Run `change` with a session in one transaction; give None, or in words why nothing was changed.

    `tables` names the tables beside ci_enhancements that it touches and that the board shows something of.
    """
    try:
        with shared.database.transaction(actor(), reason=reason) as session:
            change(session)
    except (CiError, DatabaseError) as refusal:
        return str(refusal)
    show_own_change(shared, tables)
    return None


def show_own_change(shared: Backend, tables: Iterable[str] = ()) -> None:
    """Take what was just stored into the board at once, instead of a moment later with everybody else's."""
    note_visit(shared)
    try:
        shared.store.refresh(tables)
    except DatabaseError as error:
        log.warning("own_change_seen_later reason=%s", error)
