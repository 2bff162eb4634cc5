"""`ci research`: scans, items from a file, vectors, and learning anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_json, write_table

if TYPE_CHECKING:
    from ci_core.research.ingest import IngestResult
    from ci_core.research.intake import Counts
    from ci_core.research.scan_result import ScanResult, SourceResult

COLUMNS = (
    Column("SITE"),
    Column("SOURCE"),
    Column("STATUS"),
    Column("FETCHED", numeric=True),
    Column("NEW", numeric=True),
    Column("DUPLICATE", numeric=True),
    Column("RELATED", numeric=True),
    Column("SEEN", numeric=True),
    Column("TOLD", flexible=True),
)
ASKED = (Column("RUN", numeric=True), Column("SITE"), Column("SOURCE", flexible=True), Column("STATE"))
MOST_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Put these commands under `ci research`."""
    for command in (scan, ingest, reembed, retrain):
        app.command()(command)


def scan(
    source_type: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="Only these kinds of sites: reddit, github, …")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only the sources of these names, also disabled ones.")
    ] = None,
    max_results: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many items of each source.", min=1, max=1000)
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Only those whose time has come.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Only ask for it: workers carry it out, one run for each source.")
    ] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Scan sources now, all sites at once, and take in what is new.

    Without options every enabled source is scanned. Exit status 1 when every one failed.
    """
    if queue:
        _ask(source_type, source, max_results, due, acting_as, as_json)
        return
    with open_door(acting_as) as door:
        from ci_core.research.scan import scan as scan_sources

        result = scan_sources(
            door.database,
            door.settings,
            source_types=source_type,
            names=source,
            due_only=due,
            max_results=max_results,
            actor=door.actor,
            progress=_tell_source,
        )
    if as_json:
        write_json(scan_document(result))
    else:
        _write_scan(result)
    if result.status == "failed":
        raise typer.Exit(1)


def _ask(
    types: list[str] | None,
    names: list[str] | None,
    max_results: int | None,
    due: bool,
    acting_as: str | None,
    as_json: bool,
) -> None:
    with open_door(acting_as) as door:
        from datetime import UTC, datetime

        from ci_core.jobs.scans import ask_for_scans

        with door.database.transaction(door.actor) as session:
            asked = ask_for_scans(
                session,
                source_types=types,
                names=names,
                due_only=due,
                max_results=max_results,
                actor=door.actor,
                now=datetime.now(UTC),
            )
    if as_json:
        write_json({"scans": asked.scans, "served": asked.served})
        return
    write_table(ASKED, [(one.run_id, one.source_type, one.source_name, one.state) for one in asked.scans])
    say(asked.in_words)


def ingest(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Items as JSON lines; - reads them from stdin.")],
    local_only: Annotated[bool, typer.Option("--local-only", help="Score without a chat model.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in items from a file, as if each came from its site at its date. The same file twice adds nothing.

    A line is {"id", "source_type", "url"?, "title", "text"?, "author"?, "date"?, "score"?, "comments"?}; the date is
    ISO 8601 or Unix seconds. A bad line is told with its number, and the rest is taken in.
    """
    with open_door(acting_as) as door:
        from ci_core.research.ingest import ingest as ingest_lines

        lines = _read(file)
        result = ingest_lines(
            door.database,
            door.settings,
            lines,
            name="stdin" if str(file) == "-" else file.name,
            actor=door.actor,
            local_only=local_only,
            progress=None if as_json else _tell_counts,
        )
    if as_json:
        write_json(result)
    else:
        _write_ingest(result)
    if result.status == "failed":
        raise typer.Exit(1)


def reembed(as_json: JsonOption = False) -> None:
    """Give findings whose vector is missing or of another model one of the present model. Goes on where it stopped."""
    with open_door() as door:
        from ci_core.embeddings import load_encoder
        from ci_core.research.reembedding import reembed as embed_anew

        encoder = load_encoder(door.settings.models_dir)
        done = embed_anew(door.database, encoder, progress=lambda count: say(f"{count} done"))
    if as_json:
        write_json({"model": encoder.name, "embedded": done})
    else:
        write(f"{done} findings got their vector.")


def retrain(as_json: JsonOption = False) -> None:
    """Learn anew from what people accepted and rejected. A scan does so by itself when there are new answers."""
    with open_door() as door:
        from datetime import UTC, datetime

        from ci_core.embeddings import load_encoder
        from ci_core.research.scoring import retrain as learn

        encoder = load_encoder(door.settings.models_dir)
        with door.database.transaction(door.actor) as session:
            learned = learn(session, encoder, datetime.now(UTC))
    answers, accepted = (learned.answers, learned.accepted) if learned else (0, 0)
    if as_json:
        write_json({"answers": answers, "accepted": accepted})
    elif learned:
        write(f"Learned from {answers} answers, {accepted} of them a yes.")
    else:
        write("Nobody has answered yet: there is nothing to learn from.")


def scan_document(result: ScanResult) -> dict[str, Any]:
    """The result as `--json` prints it; `failed` counts sources, and `seen` what was there already."""
    return {
        "run_id": result.run_id,
        "status": result.status,
        "sources": result.sources,
        "new": result.new,
        "duplicate": result.duplicate,
        "related": result.related,
        "failed": result.failed,
    }


def _read(file: Path) -> list[bytes]:
    from ci_core.errors import InvalidInput

    if str(file) == "-":
        stream = getattr(sys.stdin, "buffer", None)
        return list(stream) if stream else [line.encode() for line in sys.stdin]
    try:
        with file.open("rb") as stream:
            return list(stream)
    except OSError as error:
        raise InvalidInput(
            "file", f"{file} cannot be read: {error.strerror or error}. Name a file of JSON lines."
        ) from None


def _tell_source(source: SourceResult) -> None:
    told = f": {source.error}" if source.error else ""
    say(clean(f"{source.source_type} {source.source_name}: {source.status}, {source.fetched} fetched{told}"))


def _tell_counts(counts: Counts) -> None:
    say(f"{counts.total} done")


def _write_scan(result: ScanResult) -> None:
    write_table(
        COLUMNS,
        [
            (
                source.source_type,
                source.source_name,
                source.status,
                source.fetched,
                source.new,
                source.duplicate,
                source.related,
                source.seen,
                source.error,
            )
            for source in result.sources
        ],
    )
    failed = f"; {result.failed} of {len(result.sources)} sources failed" if result.failed else ""
    say(f"run {result.run_id}: {result.new} new, {result.related} related, {result.duplicate} duplicates{failed}")


def _write_ingest(result: IngestResult) -> None:
    for problem in result.problems[:MOST_SHOWN]:
        say(clean(f"line {problem.line}: {problem.error}"))
    if len(result.problems) > MOST_SHOWN:
        say(f"… and {len(result.problems) - MOST_SHOWN} more; --json names all")
    write(
        f"run {result.run_id}: {result.read} lines: {result.new} new, {result.related} related, "
        f"{result.duplicate} duplicates, {result.seen} seen before, {result.failed} failed"
    )
