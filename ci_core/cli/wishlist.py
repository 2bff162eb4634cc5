"""`ci wishlist`: from markdown to the backlog and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import ActorOption, Door, JsonOption, open_door
from ci_core.cli.enhancements import query_of
from ci_core.cli.output import Column, clean, plain, say, write, write_json, write_table

if TYPE_CHECKING:
    from ci_core.backlog.wishlist.report import FileReport, ImportReport

app = typer.Typer(help="Wishlists: import markdown, export markdown.", no_args_is_help=True)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, or folders searched for *WISHLIST*.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")] = False,
    no_embeddings: Annotated[
        bool, typer.Option("--no-embeddings", help="Leave the vectors for the search to `ci embeddings`.")
    ] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import wishlists. The same files again change nothing; what people changed on the board stays."""
    with open_door(acting_as) as door:
        from ci_core.backlog.wishlist.importer import import_wishlists

        report = import_wishlists(
            door.database,
            paths,
            root=door.settings.repo_path,
            actor=door.actor,
            dry_run=dry_run,
            policy=door.policy,
        )
        if report.created + report.updated and not dry_run and not no_embeddings:
            _embed(door)
    if as_json:
        write_json(report_document(report))
    else:
        _write_report(report)
    if report.failed:
        reasons = "; ".join(f"{file.path}: {file.error}" for file in report.files if file.error)
        say(f"error: {report.failed} of {len(report.files)} could not be imported: {clean(' '.join(reasons.split()))}")
        raise typer.Exit(1)


def report_document(report: ImportReport) -> dict[str, Any]:
    """The report with the keys that scripts rely on; a dry run also tells its plan."""
    document: dict[str, Any] = {
        "files": [_file_document(file, dry_run=report.dry_run) for file in report.files],
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "failed": report.failed,
    }
    return document | ({"dry_run": True} if report.dry_run else {})


def _file_document(file: FileReport, *, dry_run: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": file.path,
        "created": file.created,
        "updated": file.updated,
        "unchanged": file.unchanged,
        "skipped": [{"line": part.line, "title": part.title, "reason": part.reason} for part in file.skipped],
        "error": file.error,
    }
    return document | ({"changes": plain(file.changes)} if dry_run else {})


def _write_report(report: ImportReport) -> None:
    write_table(
        [
            Column("NEW", numeric=True),
            Column("UPDATED", numeric=True),
            Column("UNCHANGED", numeric=True),
            Column("SKIPPED", numeric=True),
            Column("FILE", flexible=True),
        ],
        [
            (file.created, file.updated, file.unchanged, len(file.skipped), file.error or file.path)
            if not file.error
            else ("", "", "", "", f"{file.path}: {file.error}")
            for file in report.files
        ],
    )
    for file in report.files:
        for change in file.changes if report.dry_run else (*file.kept, *file.missing):
            fields = f" ({', '.join(change.fields)})" if change.fields else ""
            write(clean(f"{file.path}:{change.line}: {change.kind}: {change.title}{fields}"))
    verb = "would be" if report.dry_run else "were"
    write(f"{report.created} {verb} created, {report.updated} updated, {report.unchanged} unchanged.")


def _embed(door: Door) -> None:
    from ci_core.backlog.embedder import embed_stale
    from ci_core.embeddings import load_encoder
    from ci_core.errors import EmbeddingModelMissing

    try:
        encoder = load_encoder(door.settings.models_dir)
    except EmbeddingModelMissing as error:
        say(f"note: imported without vectors. {error}")
        return
    embed_stale(door.database, encoder)


@app.command()
def export(
    query: Annotated[str, typer.Option("--query", "-q", metavar="QUERY", help="Only what fits this query.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write this file instead of stdout.")] = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write enhancements as markdown that imports to the same thing."""
    with open_door(acting_as) as door:
        from ci_core.backlog.wishlist.exporter import export_wishlist

        with door.database.reading() as session:
            markdown = export_wishlist(session, query_of(query, []))
    if output is not None:
        _store(output, markdown)
    if as_json:
        write_json({"output": output, "markdown": markdown})
    elif output is None:
        write(markdown.rstrip("\n"))
    else:
        say(f"Written to {output}.")


def _store(path: Path, text: str) -> None:
    from ci_core.errors import InvalidInput

    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InvalidInput("output", f"Cannot write {path}: {error.strerror}. Choose another file.") from error
