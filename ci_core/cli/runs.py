"""`ci runs`: what the agents did, run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli import run_log, run_watch
from ci_core.cli.choices import one_of
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from datetime import datetime

    from ci_core.runs import Run, RunWithSteps

app = typer.Typer(help="What the agents did: every run with its steps and its log.", no_args_is_help=True)
run_log.add_to(app)
run_watch.add_to(app)
COLUMNS = (
    Column("ID", numeric=True),
    Column("TYPE"),
    Column("STATUS"),
    Column("TRIGGER"),
    Column("BY"),
    Column("STARTED"),
    Column("SECONDS", numeric=True),
    Column("TOLD", flexible=True),
)
STEP_COLUMNS = (Column("STEP", flexible=True), Column("STATUS"), Column("COUNTS"), Column("MESSAGE", flexible=True))
CAUSE_COLUMNS = (
    Column("CAUSE"),
    Column("FAILED", numeric=True),
    Column("STILL", numeric=True),
    Column("NEWEST", numeric=True),
    Column("ERROR", flexible=True),
    Column("REMEDY", flexible=True),
)
RunId = Annotated[int, typer.Argument(metavar="ID", help="The number of the run.", min=1)]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Only since then: 12h, 1d, 2w, or a date.")
]


@app.command("list")
def list_(
    run_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only these: research_scan, … (repeatable).")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="Only these: queued, running, completed, failed, cancelled (repeatable)."),
    ] = None,
    trigger: Annotated[
        list[str] | None, typer.Option("--trigger", help="Only these: scheduled, manual, api_call, event (repeatable).")
    ] = None,
    cause: Annotated[
        list[str] | None, typer.Option("--cause", help="Only what failed so: rate_limited, … (repeatable).")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Only what this person or agent asked for.")
    ] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    offset: Annotated[int, typer.Option(help="Leave out so many first.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    with open_door() as door:
        from datetime import UTC, datetime

        from ci_core.runs import end_killed_runs
        from ci_core.runs.history import RunFilter, find_runs
        from db.enums import RunStatus, RunTrigger

        now = datetime.now(UTC)
        wanted = RunFilter(
            run_types=tuple(run_type or ()),
            statuses=tuple(one_of(RunStatus, value, "status") for value in status or ()),
            triggers=tuple(one_of(RunTrigger, value, "trigger") for value in trigger or ()),
            error_kinds=tuple(cause or ()),
            actor=by,
            since=_moment(since, now),
        )
        with door.database.transaction(door.actor) as session:
            end_killed_runs(session, now=now)
            found = find_runs(session, wanted, limit=limit, offset=offset)
    if as_json:
        write_json(found)
        return
    write_table(COLUMNS, [_line(run) for run in found.runs])
    say(f"{len(found.runs)} of {found.total} runs")


@app.command()
def show(run_id: RunId, as_json: JsonOption = False) -> None:
    """Show a run with its steps."""
    with open_door() as door:
        from datetime import UTC, datetime

        from ci_core.runs import end_killed_runs, run_with_steps

        with door.database.transaction(door.actor) as session:
            end_killed_runs(session, now=datetime.now(UTC))
            found = run_with_steps(session, run_id)
    if as_json:
        write_json(found)
    else:
        _write(found)


@app.command()
def retry(run_id: RunId, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Enter a new run with what a run that has ended was called with."""
    with open_door(acting_as) as door:
        from datetime import UTC, datetime

        from ci_core.jobs import retry_run

        with door.database.transaction(door.actor) as session:
            entered = retry_run(session, run_id, actor=door.actor, now=datetime.now(UTC))
    if as_json:
        write_json(entered)
    elif entered.created:
        write(f"Run {entered.run_id} waits for a worker. `ci runs log {entered.run_id} --follow` shows what it does.")
    else:
        write(f"Run {entered.run_id}, which does the same, has not ended yet; no further one was entered.")


@app.command()
def cancel(run_id: RunId, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Cancel a run: one that waits at once, one that runs within seconds."""
    with open_door(acting_as) as door:
        from datetime import UTC, datetime

        from ci_core.jobs import cancel_run
        from db.enums import RunStatus

        with door.database.transaction(door.actor) as session:
            stood = cancel_run(session, run_id, actor=door.actor, now=datetime.now(UTC))
    if as_json:
        write_json({"run_id": run_id, "was": stood})
    elif stood is RunStatus.QUEUED:
        write(f"Run {run_id} is cancelled; it had not begun.")
    else:
        write(f"Run {run_id} was told to end, which takes it some seconds.")


@app.command()
def causes(since: SinceOption = "2w", as_json: JsonOption = False) -> None:
    """Show why runs failed, and what can be done about it."""
    with open_door() as door:
        from datetime import UTC, datetime, timedelta

        from ci_core.jobs.failures import REMEDIES
        from ci_core.runs.history import causes_of_failure

        now = datetime.now(UTC)
        began = _moment(since, now) or now - timedelta(weeks=2)
        with door.database.reading() as session:
            found = causes_of_failure(session, since=began, until=now + timedelta(seconds=1), remedies=REMEDIES)
    if as_json:
        write_json(found)
        return
    rows = [(one.kind, one.failed, one.still, one.newest_run_id, one.newest_error, one.remedy) for one in found]
    write_table(CAUSE_COLUMNS, rows)
    say(f"{sum(one.failed for one in found)} runs failed, {sum(one.still for one in found)} of them still do")


def _moment(words: str | None, now: datetime) -> datetime | None:
    from ci_core.overview import period_from

    return None if words is None else period_from(words, now, None).since


def _line(run: Run) -> tuple[object, ...]:
    return (
        run.id,
        run.run_type,
        run.status,
        run.trigger,
        run.actor,
        f"{run.started_at:%Y-%m-%d %H:%M}" if run.started_at else "",
        "" if run.seconds is None else f"{run.seconds:.1f}",
        run.error or counted(run.counts),
    )


def _write(found: RunWithSteps) -> None:
    run = found.run
    write(clean(f"run {run.id}: {run.run_type}, {run.status}"))
    write_pairs(
        [
            ("trigger", run.trigger),
            ("by", run.actor),
            ("due", run.due_at and run.is_open and f"{run.due_at:%Y-%m-%d %H:%M:%S}"),
            ("started", run.started_at and f"{run.started_at:%Y-%m-%d %H:%M:%S}"),
            ("ended", run.ended_at and f"{run.ended_at:%Y-%m-%d %H:%M:%S}"),
            ("progress", None if run.progress_percent is None else f"{run.progress_percent:.0f} %"),
            ("counts", counted(run.counts)),
            ("cost", f"{run.cost_usd:.4f} USD" if run.cost_usd else None),
            ("host", run.host),
            ("attempt", run.attempt if run.attempt > 1 else None),
            ("repeats", f"run {run.retry_of_id}" if run.retry_of_id else None),
            ("cancelled by", run.cancel_requested_by),
            ("error", run.error),
            ("cause", run.error_kind),
            ("remedy", _remedy(run)),
            ("made", ", ".join(f"{link['kind']} {link['id']}" for link in run.links[:20])),
        ]
    )
    if found.steps:
        write_heading("Steps")
        write_table(
            STEP_COLUMNS,
            [(step.name, step.status, counted(step.counts), step.message) for step in found.steps],
        )


def _remedy(run: Run) -> str | None:
    if run.error_kind is None:
        return None
    from ci_core.jobs.failures import REMEDIES

    return REMEDIES.get(run.error_kind)


def counted(counts: object) -> str:
    """Counts in words, those that are not 0: "3 new, 1 duplicate"."""
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{value} {name}" for name, value in counts.items() if value)
