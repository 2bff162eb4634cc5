"""Changes made through the library's own doors and then dated back, as if people had made them on those days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancement, move_enhancement, undo_transaction
from db.engine import Database

THIS_TRANSACTION = text("SELECT pg_current_xact_id()::text::bigint")
GUARD = "ALTER TABLE ci_audit_log {} TRIGGER ci_audit_log_refuse_change"


class Past:
    """A team whose changes bear the times that the test says."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, at: datetime, action: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, int]:
        """Run an action of the library in a transaction of its own; gives its result and the transaction's id."""
        with self.database.transaction("ada") as session:
            result = action(session, *arguments, actor="ada", **named)
            transaction = session.scalars(THIS_TRANSACTION).one()
        self._date_back(transaction, at)
        return result, transaction

    def add(self, at: datetime, title: str = "Wish", **fields: Any) -> int:
        """A new enhancement; gives its id."""
        return int(self.do(at, create_enhancement, NewEnhancement(title=title, **fields))[0].id)

    def move(self, at: datetime, enhancement_id: int, status: str) -> int:
        """Move it; gives the transaction's id."""
        return self.do(at, move_enhancement, enhancement_id, status)[1]

    def undo(self, at: datetime, transaction: int) -> int:
        """Take a transaction back; gives the id of the undo."""
        return self.do(at, undo_transaction, transaction)[1]

    def work(self, title: str, *steps: tuple[datetime, str], **fields: Any) -> int:
        """An enhancement with its whole way; the first step is its creation in that status."""
        (created, status), *moves = steps
        made = self.add(created, title, status=status, **fields)
        for at, target in moves:
            self.move(at, made, target)
        return made

    def _date_back(self, transaction: int, at: datetime) -> None:
        with self.database.transaction("ada") as session:
            session.execute(text(GUARD.format("DISABLE")))
            session.execute(
                text("UPDATE ci_audit_log SET occurred_at = :at WHERE transaction_id = :id"),
                {"at": at, "id": transaction},
            )
            session.execute(text(GUARD.format("ENABLE ALWAYS")))


def delete(session: Session, enhancement_id: int, *, actor: str) -> None:
    """What a person does with plain SQL."""
    session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": enhancement_id})
