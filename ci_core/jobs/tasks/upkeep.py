"""Keeps the database in order: statistics, old rows, a look at the room it takes, and backups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.sql import TextClause

from ci_core.backlog.notifications import forget_old_notifications
from ci_core.errors import CiError
from ci_core.health.checkers.cache import forget_unused
from ci_core.jobs import upkeep_queries as queries
from ci_core.jobs.context import JobContext
from ci_core.logs import get_logger
from db.backup import take_backup
from db.enums import StepStatus
from db.errors import BackupError
from db.space import space_report

BATCH = 2_000
MOST_BATCHES = 500
JOBS_KEPT = timedelta(days=7)
LOG_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=400)
STATEMENT_SECONDS = 3_600
MOST_REMARKS = 20
EXTERNAL = (
    "The database is a server of your own, which has its own backups. "
    'One by hand: pg_dump --format=custom --file=magnus.dump "$(ci db url)"'
)

log = get_logger(__name__)


class NotBackedUp(CiError):
    """There is no new backup; the text says why. The older ones are still there."""


def tidy(context: JobContext) -> Mapping[str, Any]:
    """Delete what is too old, clear dead rows away, let the planner know what is in the tables, report the room taken.

    Each part can be done again without harm, and a second attempt finds less to do. The history of what people did
    (`ci_audit_log`) is never deleted.
    """
    now = context.clock()
    deleted = {
        "jobs": _delete(context, queries.OLD_JOBS, now - JOBS_KEPT),
        "log_lines": _delete(context, queries.OLD_LOG, now - LOG_KEPT),
        "runs": _delete(context, queries.OLD_RUNS, now - RUNS_KEPT),
    }
    with context.transaction() as session:
        deleted["notifications"] = forget_old_notifications(session)
        deleted["checkers_memory"] = forget_unused(session, now)
    context.note("old rows", deleted)
    vacuumed = _vacuum(context)
    analyzed = _analyze(context)
    with context.database.reading() as session:
        report = space_report(session)
    for remark in report.remarks:
        log.warning("database_space", remark=remark)
    largest = {table.name: round(table.total_bytes / 2**20, 1) for table in report.tables[:10]}
    room = {"database_mib": round(report.database_bytes / 2**20, 1), "largest_mib": largest}
    told = " ".join(report.remarks[:MOST_REMARKS]) or None
    context.note("room", room, status=StepStatus.DEGRADED if told else StepStatus.COMPLETED, message=told)
    return {
        "deleted": sum(deleted.values()),
        "vacuumed": vacuumed,
        "analyzed": analyzed,
        "remarks": len(report.remarks),
        "database_mib": room["database_mib"],
    }


def back_up(context: JobContext) -> Mapping[str, Any]:
    """Back the embedded database up, verified by restoring it; a server of somebody's own is left to them.

    Raises:
        NotBackedUp: it failed, or another one is under way.
        DataFolderFull, DataFolderNotWritable: the folder of backups cannot be written.
    """
    settings = context.settings
    if settings.external_database_url is not None:
        return context.note("backup", {"skipped": 1}, status=StepStatus.SKIPPED, message=EXTERNAL)
    if (before := context.done("backup")) is not None:
        return before
    context.progress(None)
    try:
        made = take_backup(context.database.url, settings.backups_dir, now=context.clock(), keep=settings.backups_kept)
    except BackupError as error:
        raise NotBackedUp(f"No backup was made. {error}") from error
    log.info("backup_made", file=str(made.path), size_bytes=made.size_bytes)
    return context.note(
        "backup",
        {"file": made.path.name, "mib": round(made.size_bytes / 2**20, 1), "rows": sum(made.rows.values())},
    )


def _delete(context: JobContext, statement: TextClause, before: Any) -> int:
    """Delete in batches, each a transaction of its own, so that nobody waits long; gives how many rows."""
    deleted = 0
    for _ in range(MOST_BATCHES):
        with context.transaction(reason="Upkeep of the database") as session:
            some = len(session.execute(statement, {"before": before, "batch": BATCH}).all())
        deleted += some
        if some < BATCH:
            break
        context.progress(None)
    return deleted


def _vacuum(context: JobContext) -> int:
    with context.database.reading() as session:
        tables = [table.name for table in space_report(session).tables if table.needs_vacuum]
    return _for_each(context, "VACUUM", tables, 0, 50)


def _analyze(context: JobContext) -> int:
    with context.database.reading() as session:
        tables = list(session.scalars(queries.OUR_TABLES))
    return _for_each(context, "ANALYZE", tables, 50, 100)


def _for_each(context: JobContext, command: str, tables: list[str], begin: float, end: float) -> int:
    """Carry the command out for each table, outside of transactions; names are PostgreSQL's own, quoted by it."""
    with context.database.connect(autocommit=True) as connection:
        connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        for number, table in enumerate(tables):
            context.progress(begin + (end - begin) * number / len(tables))
            connection.execute(f"{command} {table}")
    return len(tables)
