"""A move that PostgreSQL gives up, because two changes wait for each other, is tried again and happens once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event, text

from ci_core.backlog.board import BoardMove, apply_moves
from ci_core.backlog.operations import OutcomeKind
from db.engine import Database
from db.enums import Status

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"
ADD = "INSERT INTO ci_enhancements (title) VALUES ('Pool'), ('Cache'), ('Dark mode') RETURNING id"
LOCK = "SELECT 1 FROM ci_enhancements WHERE id = %s FOR UPDATE"
# A process looks for a deadlock once, when it has waited for the deadlock timeout.
WAITS = """
    SELECT pid FROM pg_locks WHERE NOT granted AND :holder = ANY (pg_blocking_pids(pid))
    AND clock_timestamp() - waitstart > :looks * current_setting('deadlock_timeout')::interval
"""
STORED = """
    SELECT e.status, count(a.id) FROM ci_enhancements e
    LEFT JOIN ci_audit_log a ON a.table_name = 'ci_enhancements' AND a.row_id = e.id AND a.action = 'update'
    GROUP BY e.id ORDER BY e.id
"""


def test_a_move_that_lost_a_deadlock_is_tried_again_and_happens_once(database: Database) -> None:
    with database.transaction("ann") as session:
        first, second, third = session.scalars(text(ADD)).all()
    move = BoardMove(1, ((first, 1), (second, 1), (third, 1)), Status.APPROVED)
    failures: list[str | None] = []
    event.listen(database.engine, "handle_error", lambda failed: failures.append(failed.original_exception.sqlstate))

    with database.connect() as gate, database.connect() as other, ThreadPoolExecutor(2) as pool:
        gate.execute(LOCK, [second])
        other.execute(LOCK, [third])
        moving = pool.submit(apply_moves, database, CLIENT, [move], actor="ann")
        mover = waits(database, gate.info.backend_pid)  # it holds the first card
        locking = pool.submit(other.execute, LOCK, [first])
        # The other one looks for a deadlock before there is one, and not again: it is the move that finds and loses it.
        waits(database, mover, looks=1.5)
        gate.rollback()
        locking.result(30)
        other.rollback()
        (outcome,) = moving.result(30)

    assert failures == ["40P01"]
    assert outcome.kind is OutcomeKind.APPLIED
    with database.reading() as session:
        assert session.execute(text(STORED)).all() == [("approved", 1)] * 3


def waits(database: Database, holder: int, looks: float = 0.0) -> int:
    """The process that waits for `holder`, as soon as it has waited for so many times the deadlock timeout."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with database.reading() as session:
            found = session.execute(text(WAITS), {"holder": holder, "looks": looks}).scalar()
        if found is not None:
            return int(found)
        time.sleep(0.02)
    raise AssertionError(f"nobody has waited for process {holder}")
