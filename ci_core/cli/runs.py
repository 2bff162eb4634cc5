"""`ci runs`: what the agents did, run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from ci_core.runs import Run, RunWithSteps

app = typer.Typer(help="What the agents did: every run with its steps.", no_args_is_help=True)
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


@app.command("list")
def list_(
    run_type: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only these: research_scan, …")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    offset: Annotated[int, typer.Option(help="Leave out so many first.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    with open_door() as door:
        from datetime import UTC, datetime

        from ci_core.runs import end_killed_runs, runs

        with door.database.transaction(door.actor) as session:
            end_killed_runs(session, now=datetime.now(UTC))
            found = runs(session, run_type=run_type, limit=limit, offset=offset)
    if as_json:
        write_json(found)
        return
    write_table(COLUMNS, [_line(run) for run in found.runs])
    say(f"{len(found.runs)} of {found.total} runs")


@app.command()
def show(
    run_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the run.", min=1)],
    as_json: JsonOption = False,
) -> None:
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


def _line(run: Run) -> tuple[object, ...]:
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None
    return (
        run.id,
        run.run_type,
        run.status,
        run.trigger,
        run.actor,
        f"{run.started_at:%Y-%m-%d %H:%M}" if run.started_at else "",
        "" if seconds is None else f"{seconds:.1f}",
        run.error or counted(run.counts),
    )


def _write(found: RunWithSteps) -> None:
    run = found.run
    write(clean(f"run {run.id}: {run.run_type}, {run.status}"))
    write_pairs(
        [
            ("trigger", run.trigger),
            ("by", run.actor),
            ("started", run.started_at and f"{run.started_at:%Y-%m-%d %H:%M:%S}"),
            ("ended", run.ended_at and f"{run.ended_at:%Y-%m-%d %H:%M:%S}"),
            ("progress", None if run.progress_percent is None else f"{run.progress_percent:.0f} %"),
            ("counts", counted(run.counts)),
            ("cost", f"{run.cost_usd:.4f} USD" if run.cost_usd else None),
            ("error", run.error),
        ]
    )
    if found.steps:
        write_heading("Steps")
        write_table(
            STEP_COLUMNS,
            [(step.name, step.status, counted(step.counts), step.message) for step in found.steps],
        )


def counted(counts: object) -> str:
    """Counts in words, those that are not 0: "3 new, 1 duplicate"."""
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{value} {name}" for name, value in counts.items() if value)
