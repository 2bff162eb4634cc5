"""`ci db`: the tables and the way to them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import say, write, write_json, write_pairs
from ci_core.cli.signals import stop_on_signal

app = typer.Typer(help="The database: migrate it, look at it, connect to it.", no_args_is_help=True)


@app.command()
def upgrade(
    revision: Annotated[str, typer.Option(help="Stop at this revision.")] = "head",
    as_json: JsonOption = False,
) -> None:
    """Make the tables, or bring them up to date. Does nothing when they already are."""
    with open_door(needs_tables=False) as door:
        from db import migrate

        before, after = migrate.upgrade(door.database.engine, revision)
    _report(before, after, as_json=as_json)


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help='Go back to this revision; "base" removes every table.')],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take migrations back. The data of the tables that they made is lost."""
    if not yes:
        _confirm(revision)
    with open_door(needs_tables=False) as door:
        from db import migrate

        before, after = migrate.downgrade(door.database.engine, revision)
    _report(before, after, as_json=as_json)


def _confirm(revision: str) -> None:
    question = f"Going back to {revision!r} deletes the data of every table made since."
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{question} Say --yes to do it.")
    typer.confirm(f"{question} Go on?", abort=True, err=True)


def _report(before: str | None, after: str | None, *, as_json: bool) -> None:
    if as_json:
        write_json({"before": before, "after": after})
    elif before == after:
        write(f"The tables are at {after or 'no revision'} already; nothing was changed.")
    else:
        write(f"The tables went from {before or 'nothing'} to {after or 'nothing'}.")


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show which server it is, and whether the tables fit this program."""
    with open_door(needs_tables=False) as door:
        from ci_core.doctor import database_state

        state = database_state(door.settings, door.database)
    if as_json:
        write_json(state)
        return
    write_pairs(
        [
            ("server", f"PostgreSQL {state.server_version} ({state.kind})"),
            ("address", state.address),
            ("database", state.database),
            ("pgvector", state.pgvector_version or "missing"),
            ("tables", _fit(state.revision, state.head, up_to_date=state.up_to_date)),
            ("size", f"{state.size_bytes / 1024 / 1024:.1f} MiB"),
            ("enhancements", state.enhancements),
        ]
    )


def _fit(revision: str | None, head: str, *, up_to_date: bool) -> str:
    if up_to_date:
        return f"{revision} (up to date)"
    return f"{revision or 'none'}, needed is {head}: run ci db upgrade"


@app.command()
def url(
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep the embedded server running until Ctrl+C or SIGTERM.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the libpq address, for psql and other clients: psql "$(ci db url)". It may hold a password."""
    released = stop_on_signal() if hold else None
    with open_door(needs_tables=False) as door:
        if as_json:
            write_json({"url": door.database.url})
        else:
            write(door.database.url)
        sys.stdout.flush()
        if released:
            say("Holding the database. Ctrl+C lets it go.")
            while not released.wait(0.5):  # a wait without an end cannot be interrupted on Windows
                pass
