"""`ci db`: the tables and the way to them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_json, write_pairs, write_table
from ci_core.cli.signals import stop_on_signal

if TYPE_CHECKING:
    from ci_core.settings import Settings

app = typer.Typer(help="The database: migrate it, look at it, connect to it, back it up.", no_args_is_help=True)
MIB = 2**20
ROOM = (
    Column("TABLE", flexible=True),
    Column("MIB", numeric=True),
    Column("ROWS", numeric=True),
    Column("DEAD", numeric=True),
    Column("WASTE %", numeric=True),
)
BACKUPS = (Column("FILE", flexible=True), Column("SIZE", numeric=True))
BACK_UP_EXTERNAL = 'One by hand: pg_dump --format=custom --file=magnus.dump "$(ci db url)"'
RESTORE_EXTERNAL = (
    'By hand: pg_restore --clean --if-exists --exit-on-error --single-transaction --dbname="$(ci db url)" magnus.dump'
)


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
            ("size", f"{state.size_bytes / MIB:.1f} MiB"),
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


@app.command()
def report(as_json: JsonOption = False) -> None:
    """Show how much room tables and indexes take, and what somebody should look at. Waste is an estimate."""
    with open_door() as door:
        from db.space import space_report

        with door.database.reading() as session:
            found = space_report(session)
    if as_json:
        write_json({**asdict(found), "remarks": found.remarks})
        return
    rows = [
        (table.name, f"{table.total_bytes / MIB:.1f}", table.live_rows, table.dead_rows, table.waste_percent)
        for table in found.tables
        if table.total_bytes >= MIB
    ]
    write_table(ROOM, rows)
    for remark in found.remarks:
        say(clean(remark))
    say(f"{found.database_bytes / MIB:.1f} MiB in all; tables below 1 MiB are left out.")


@app.command()
def backup(as_json: JsonOption = False) -> None:
    """Write a backup of the embedded database, and restore it into a database of its own to see that it is whole.

    Anybody may go on working meanwhile. It goes to CI_BACKUP_DIR, of which the newest CI_BACKUPS_KEPT are kept.
    """
    with open_door() as door:
        from datetime import UTC, datetime

        from db.backup import take_backup

        _refuse_external(door.settings, BACK_UP_EXTERNAL)
        settings = door.settings
        made = take_backup(door.database.url, settings.backups_dir, now=datetime.now(UTC), keep=settings.backups_kept)
    if as_json:
        write_json(made)
    else:
        rows = sum(made.rows.values())
        write(f"{made.path} ({made.size_bytes / MIB:.1f} MiB), restored once: {rows:,} rows, all there.")


@app.command()
def backups(as_json: JsonOption = False) -> None:
    """List the backups there are, the newest first."""
    from ci_core.settings import load_settings
    from db.backup import backups_in

    found = backups_in(load_settings().backups_dir)
    if as_json:
        write_json([{"path": str(path), "size_bytes": path.stat().st_size} for path in found])
    else:
        write_table(BACKUPS, [(str(path), f"{path.stat().st_size / MIB:.1f} MiB") for path in found])


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup, as `ci db backups` lists them.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where the database holds work or is in use: it is put aside.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the embedded database: all of it, or everything stays as it was.

    Stop the app and the sidecar first. What was there before is kept beside it until the next restore.
    """
    with open_door(needs_tables=False) as door:
        from db.backup import restore_backup

        _refuse_external(door.settings, RESTORE_EXTERNAL)
        door.database.dispose()
        done = restore_backup(door.database.url, file, force=force)
    if as_json:
        write_json({**asdict(done), "needs_upgrade": done.needs_upgrade})
        return
    write(f"Restored {done.path}: {sum(done.rows.values()):,} rows.")
    if done.kept:
        say(f"What was there before is kept as the database {done.kept} until the next restore.")
    if done.needs_upgrade:
        say("Its tables are of an older release. Bring them up to date with: ci db upgrade")


def _refuse_external(settings: Settings, remedy: str) -> None:
    from ci_core.errors import NotAllowed

    if settings.external_database_url is not None:
        raise NotAllowed(f"The database is a server of your own, which has its own backups. {remedy}")
