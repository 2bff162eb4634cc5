"""`ci enhancements export`: what a query finds as a document to take away."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ci_core.cli.door import ActorOption, open_door
from ci_core.cli.enhancements import query_of
from ci_core.cli.output import say

MOST_ROWS = 100_000
FormatOption = Annotated[
    str | None,
    typer.Option("--format", "-f", metavar="FORMAT", help="md, csv, json or xlsx. Default: as the file's name ends."),
]


def add_to(app: typer.Typer) -> None:
    """Put the command beside those that only look."""
    app.command()(export)


def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: stdout.")] = None,
    format: FormatOption = None,
    query: Annotated[str, typer.Option("--query", "-q", metavar="QUERY", help="Only what fits this query.")] = "",
    status: Annotated[
        list[str] | None, typer.Option(metavar="STATUS", help="Only these; may be repeated or joined by commas.")
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="ORDER",
            help="priority, id, title, status, category, complexity, area, assignee, estimate, spent, score, age, "
            "updated, created or source; -ORDER from the other end.",
        ),
    ] = "priority",
    acting_as: ActorOption = None,
) -> None:
    """Write enhancements as markdown, CSV, JSON or a workbook.

    In CSV a text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    from ci_core.backlog.export import ENHANCEMENT_COLUMNS, checked_format, export_rows
    from ci_core.backlog.table_rows import RowOrder, table_rows

    kind = checked_format(format or (output.suffix.lstrip(".") if output else "") or "md")
    if output is None and kind == "xlsx":
        raise typer.BadParameter("A workbook needs a file: say -o FILE.xlsx.", param_hint="--output")
    try:
        order = RowOrder(sort.removeprefix("-").lower())
    except ValueError:
        raise typer.BadParameter(
            f"{sort!r} is no order; there are {', '.join(RowOrder)}.", param_hint="--sort"
        ) from None
    with open_door(acting_as) as door, door.database.reading() as session:
        found = table_rows(
            session, query_of(query, status or []), order=order, reverse=sort.startswith("-"), limit=MOST_ROWS,
            actor=door.actor,
        )  # fmt: skip
    document = export_rows(ENHANCEMENT_COLUMNS, found.rows, kind, "Enhancements")
    _write(document, output)
    if found.total > len(found.rows):
        say(f"note: {len(found.rows):,} of {found.total:,} were written; narrow the query for the others")
    elif output is not None:
        noun = "enhancement was" if len(found.rows) == 1 else "enhancements were"
        say(f"{len(found.rows):,} {noun} written to {output}")


def _write(document: bytes, output: Path | None) -> None:
    if output is None:
        # As it is: with line ends of its own, and in UTF-8 whatever the terminal speaks.
        if (binary := getattr(sys.stdout, "buffer", None)) is not None:
            sys.stdout.flush()
            binary.write(document)
            binary.flush()
        else:
            sys.stdout.write(document.decode())
        return
    try:
        output.write_bytes(document)
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}.", param_hint="--output") from None
