"""`ci runs log`: what a run said, and with --follow what it says now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.choices import one_of
from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import clean, plain, say, write

if TYPE_CHECKING:
    from ci_core.runs.history import LogLine
    from db.engine import Database
    from db.enums import LogLevel

EVERY_SECONDS = 0.7
# A line of another process may become visible after one with a later number.
LOOKED_BACK = 200


def add_to(app: typer.Typer) -> None:
    """Put the command into `ci runs`."""
    app.command("log")(log)


def log(
    run_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the run.", min=1)],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the run has ended.")] = False,
    level: Annotated[str, typer.Option("--level", help="Only from here on: debug, info, warning, error.")] = "debug",
    attempt: Annotated[int | None, typer.Option("--attempt", help="Only of this attempt.", min=0)] = None,
    limit: Annotated[int, typer.Option(help="At most so many of the newest lines.", min=1, max=5000)] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Show what a run said; as JSON, one document a line."""
    with open_door() as door:
        from db.enums import LogLevel

        least = one_of(LogLevel, level, "level")
        shown = 0
        for line in _lines(door.database, run_id, least, attempt, limit, follow):
            write(json.dumps(plain(line), ensure_ascii=False) if as_json else _readable(line))
            shown += 1
    if not shown:
        say("This run has said nothing that would be kept.")


def _lines(
    database: Database, run_id: int, level: LogLevel, attempt: int | None, limit: int, follow: bool
) -> Iterator[LogLine]:
    from ci_core.runs import run_with_steps
    from ci_core.runs.history import run_log

    seen: dict[int, None] = {}
    last, over = 0, False
    while True:
        with database.reading() as session:
            # What it said at its end is written within a moment after it: it is looked once more.
            was_over, over = over, not follow or not run_with_steps(session, run_id).run.is_open
            lines = run_log(
                session, run_id, level=level, attempt=attempt, after_id=max(last - LOOKED_BACK, 0), limit=limit
            )
        fresh = [line for line in lines if line.id not in seen]
        seen |= dict.fromkeys(line.id for line in fresh)
        for old in list(seen)[: -5 * LOOKED_BACK]:
            del seen[old]
        last = max([last, *(line.id for line in fresh)])
        yield from fresh
        if was_over or not follow:
            return
        time.sleep(EVERY_SECONDS)


def _readable(line: LogLine) -> str:
    fields = " ".join(f"{name}={value}" for name, value in line.fields.items() if name != "exception")
    first = f"{line.logged_at:%Y-%m-%d %H:%M:%S} {line.level:<8} {line.event}"
    text = f"{first} {fields}".rstrip()
    trace = line.fields.get("exception")
    return clean(f"{text}\n{trace}" if trace else text)
