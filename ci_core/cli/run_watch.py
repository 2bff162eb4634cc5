"""`ci runs watch`: what runs and waits now, on whichever machine, as it changes."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import Column, plain, say, write, write_table

if TYPE_CHECKING:
    from ci_core.runs.live import OpenRun, OpenRuns, Snapshot

COLUMNS = (
    Column("ID", numeric=True),
    Column("TYPE"),
    Column("STATUS"),
    Column("HOST"),
    Column("SECONDS", numeric=True),
    Column("DONE", numeric=True),
    Column("STEP", flexible=True),
)
WAIT_SECONDS = 1.0
CLEAR = "\x1b[H\x1b[2J"


def add_to(app: typer.Typer) -> None:
    """Put the command into `ci runs`."""
    app.command("watch")(watch)


def watch(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing runs or waits any more.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what runs and waits, anew whenever something of it changes, until Ctrl+C; as JSON, one document a line."""
    with open_door() as door:
        from ci_core.runs.live import LiveRuns

        live = LiveRuns(door.database)
        live.start()
        try:
            revision, problem = 0, None
            while True:
                seen = live.await_revision(revision, WAIT_SECONDS)
                if seen.problem != problem and seen.value is not None:
                    problem = seen.problem
                    say(f"Not live: {problem}" if problem else "Live again.")
                if seen.value is None or seen.revision == revision:
                    continue
                revision = seen.revision
                _show(seen, seen.value, as_json)
                if until_idle and not seen.value.runs:
                    return
        finally:
            live.stop()


def _show(seen: Snapshot[OpenRuns], value: OpenRuns, as_json: bool) -> None:
    if as_json:
        write(json.dumps({"revision": seen.revision, **plain(value)}, ensure_ascii=False))
        sys.stdout.flush()
        return
    now = datetime.now(UTC)
    if sys.stdout.isatty():
        write(f"{CLEAR}{now:%H:%M:%S} UTC: {value.running} running, {value.waiting} waiting. Ctrl+C ends it.")
    else:
        write(f"{now:%H:%M:%S}: {value.running} running, {value.waiting} waiting")
    write_table(COLUMNS, [_line(run, now) for run in value.runs])
    sys.stdout.flush()


def _line(run: OpenRun, now: datetime) -> tuple[object, ...]:
    return (
        run.id,
        run.run_type,
        "ending" if run.cancelling else run.status,
        run.host,
        "" if run.started_at is None else f"{max((now - run.started_at).total_seconds(), 0):.0f}",
        "" if run.progress_percent is None else f"{run.progress_percent:.0f} %",
        run.step or run.error,
    )
