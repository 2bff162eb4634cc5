"""People at the product's doors, for tests of what one does to the work of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    UndoResult,
    create_enhancement,
    get_enhancement,
    undo_transaction,
    update_enhancement,
)
from db.engine import Database

STATE = """
    SELECT to_jsonb(e) - '{version,updated_at,changed_xid,search_vector}'::text[] FROM ci_enhancements e ORDER BY id
"""


class Team:
    """People at the product's doors: each call is one committed transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, actor: str, action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.transaction(actor) as session:
            return action(session, *arguments, actor=actor, **named)

    def create(self, actor: str = "ada", title: str = "Wish", **fields: Any) -> Enhancement:
        made: Enhancement = self.do(actor, create_enhancement, NewEnhancement(title=title, **fields))
        return made

    def edit(self, actor: str, item: Enhancement, **changes: Any) -> Enhancement:
        edited: Enhancement = self.do(actor, update_enhancement, item.id, changes, expected_version=None)
        return edited

    def undo(self, actor: str, transaction: int | None = None) -> UndoResult:
        transaction = self.last() if transaction is None else transaction
        result: UndoResult = self.do(actor, undo_transaction, transaction)
        return result

    def last(self) -> int:
        """The newest recorded transaction."""
        return int(
            self.read(lambda s: s.scalar(text("SELECT transaction_id FROM ci_audit_log ORDER BY id DESC LIMIT 1")))
        )

    def read(self, question: Callable[[Session], Any]) -> Any:
        with self.database.reading() as session:
            return question(session)

    def now(self, item: Enhancement) -> Enhancement:
        found: Enhancement = self.read(lambda session: get_enhancement(session, item.id))
        return found

    def state(self) -> list[Any]:
        """Everything about every enhancement, but versions and the times of the last change."""
        return list(self.read(lambda session: session.scalars(text(STATE)).all()))


def created_by(team: Team, item: Enhancement) -> int:
    query = """
        SELECT transaction_id FROM ci_audit_log
        WHERE action = 'insert' AND row_id = :id AND table_name = 'ci_enhancements'
    """
    return int(team.read(lambda s: s.scalars(text(query), {"id": item.id}).one()))
