"""`ci research sources`: the places that are scanned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from ci_core.research.source_health import SourceOverview
    from ci_core.research.sources import SourceConfig, SourceReading

app = typer.Typer(help="The places that are scanned: what for, how often, and how each does.", no_args_is_help=True)
FAILED = 1
SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="Its name or number, as `list` says.")]
UrlOption = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where people find it, such as the subreddit.")]
QueryOption = Annotated[
    list[str] | None,
    typer.Option("--query", "-q", metavar="WORDS", help='May be repeated; replaces those there are ("" for none).'),
]
FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        metavar="NAME=VALUE",
        help="May be repeated; replaces that filter (NAME= takes it away). Lists are joined by commas.",
    ),
]
HoursOption = Annotated[int | None, typer.Option("--every", metavar="HOURS", help="How often it is scanned.")]
MostOption = Annotated[int | None, typer.Option("--max-results", metavar="N", help="Items of one scan, 1–1000.")]
RateOption = Annotated[
    int | None, typer.Option("--max-per-minute", metavar="N", help="Requests a minute, below what the site allows.")
]
COLUMNS = (
    Column("ID", numeric=True),
    Column("KIND"),
    Column("NAME"),
    Column("STANDS"),
    Column("EVERY", numeric=True),
    Column("LAST SCAN"),
    Column("NEXT"),
    Column("FOUND", numeric=True),
    Column("PROBLEM", flexible=True),
)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the sources with how each does."""
    with open_door() as door:
        from ci_core.research.source_health import sources_overview
        from ci_core.web.client import utc_now

        with door.database.reading() as session:
            found = sources_overview(session, now=utc_now())
    if as_json:
        write_json({"sources": found})
        return
    write_table(COLUMNS, [_line(source) for source in found])


@app.command()
def show(named: SourceArgument, as_json: JsonOption = False) -> None:
    """Show one source with its queries and filters, and the filters that its kind of site knows."""
    with open_door() as door:
        from ci_core.research.source_health import sources_overview
        from ci_core.research.source_settings import find_source
        from ci_core.web.client import utc_now

        with door.database.reading() as session:
            wanted = find_source(session, named).id
            source = next(one for one in sources_overview(session, now=utc_now()) if one.id == wanted)
    if as_json:
        write_json(source)
        return
    _write_source(source)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    kind: Annotated[
        str, typer.Option("--type", "-t", metavar="KIND", help="reddit, github, arxiv, hacker_news or stack_overflow.")
    ],
    url: UrlOption = None,
    query: QueryOption = None,
    filters: FilterOption = None,
    hours: HoursOption = None,
    most: MostOption = None,
    rate: RateOption = None,
    untested: Annotated[bool, typer.Option("--untested", help="Save it without reading from it first.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a source, after it has given something: its newest items are shown first."""
    with open_door(acting_as) as door:
        from ci_core.errors import NotAllowed
        from ci_core.research.source_settings import add_source, try_source
        from ci_core.research.sources import SourceConfig
        from db.enums import SourceHealth

        source = SourceConfig(kind, name, **_given(url, query, _filters({}, filters), hours, most, rate))
        if not untested:
            reading = try_source(door.database, door.settings, source)
            if reading.health is SourceHealth.FAILED:
                why = (reading.message or "It gave nothing").rstrip(".")
                raise NotAllowed(f"Nothing was saved. {why}. With --untested it is saved anyhow.")
            if not as_json:
                _write_reading(reading)
        with door.database.transaction(door.actor) as session:
            source = add_source(session, source, actor=door.actor)
    _report(source, f"Added source {source.id}", as_json=as_json)


@app.command()
def edit(
    named: SourceArgument,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Another name.")] = None,
    url: UrlOption = None,
    query: QueryOption = None,
    filters: FilterOption = None,
    hours: HoursOption = None,
    most: MostOption = None,
    rate: RateOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a source; what is not named stays."""
    with changing(acting_as) as (door, session):
        from ci_core.research.source_settings import edit_source, find_source

        before = find_source(session, named)
        changes = _given(url, query, _filters(before.search_filters, filters), hours, most, rate)
        if filters is None:
            changes.pop("search_filters", None)
        if name is not None:
            changes["source_name"] = name
        if not changes:
            raise typer.BadParameter("Name at least one thing to change, such as --every 24.")
        source = edit_source(session, before.id or 0, changes, actor=door.actor)
    _report(source, f"Changed source {source.id}", as_json=as_json)


@app.command()
def enable(named: SourceArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Let a source be scanned again."""
    _switch(named, True, acting_as, as_json=as_json)


@app.command()
def disable(named: SourceArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Do not scan a source any more; what it found stays."""
    _switch(named, False, acting_as, as_json=as_json)


@app.command("test")
def try_(named: SourceArgument, as_json: JsonOption = False) -> int:
    """Read the newest three items of a source, and store nothing."""
    with open_door() as door:
        from ci_core.research.source_settings import find_source, try_source
        from db.enums import SourceHealth

        with door.database.reading() as session:
            source = find_source(session, named)
        reading = try_source(door.database, door.settings, source)
    if as_json:
        write_json(reading)
        if reading.message:
            say(clean(reading.message))
    else:
        _write_reading(reading)
    return FAILED if reading.health is SourceHealth.FAILED else 0


def _switch(named: str, enabled: bool, acting_as: str | None, *, as_json: bool) -> None:
    with changing(acting_as) as (door, session):
        from ci_core.research.source_settings import set_enabled

        source = set_enabled(session, named, enabled, actor=door.actor)
    _report(source, f"Source {source.id} is {'scanned again' if enabled else 'not scanned any more'}", as_json=as_json)


def _given(
    url: str | None,
    queries: Sequence[str] | None,
    filters: Mapping[str, Any],
    hours: int | None,
    most: int | None,
    rate: int | None,
) -> dict[str, Any]:
    given = {
        "source_url": url,
        "search_queries": None if queries is None else tuple(query for query in queries if query.strip()),
        "search_filters": filters,
        "scan_frequency_hours": hours,
        "max_results": most,
        "max_requests_per_minute": rate,
    }
    return {name: value for name, value in given.items() if value is not None}


def _filters(before: Mapping[str, Any], pairs: Sequence[str] | None) -> dict[str, Any]:
    """Filters with those that were typed; a value is read as JSON where it is some, and as a list where commas join."""
    filters = dict(before)
    for pair in pairs or ():
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE.", param_hint="--filter")
        filters.pop(name.strip(), None)
        if value.strip():
            filters[name.strip()] = _value(name.strip(), value.strip())
    return filters


def _value(name: str, typed: str) -> Any:
    try:
        value = json.loads(typed)
    except ValueError:
        value = typed
    listed = {"topics", "repositories", "include", "categories", "kinds", "tags", "flairs"}
    if name in listed and not isinstance(value, list):
        return [part.strip() for part in typed.split(",") if part.strip()]
    return value


def _line(source: SourceOverview) -> tuple[object, ...]:
    return (
        source.id,
        source.source_type,
        source.source_name,
        source.standing.replace("_", " "),
        f"{source.scan_frequency_hours} h",
        "" if source.last_scan_at is None else f"{source.last_scan_at:%Y-%m-%d %H:%M}",
        "" if source.next_scan_at is None else f"{source.next_scan_at:%Y-%m-%d %H:%M}",
        source.found,
        source.problem or "",
    )


def _write_source(source: SourceOverview) -> None:
    from ci_core.research.sources import SITES

    write(clean(f"Source {source.id}: {source.source_name} ({source.source_type})"))
    write_pairs(
        [
            ("address", source.source_url),
            ("stands", source.standing.replace("_", " ")),
            ("problem", source.problem),
            ("queries", " | ".join(source.search_queries)),
            ("every", f"{source.scan_frequency_hours} h"),
            ("items of a scan", source.max_results),
            ("requests a minute", source.max_requests_per_minute),
            ("last scan", source.last_scan_at),
            ("next scan", source.next_scan_at),
            ("not before", source.retry_at),
            ("found in 90 days", source.found),
        ]
    )
    if source.search_filters:
        write_heading("filters")
        write_pairs((name, json.dumps(value, ensure_ascii=False)) for name, value in source.search_filters.items())
    if site := SITES.get(source.source_type):
        say(f"Filters that {site.label} knows: {', '.join(site.filters.model_fields)}")


def _write_reading(reading: SourceReading) -> None:
    for item in reading.items:
        when = f"{item.published_at:%Y-%m-%d}" if item.published_at else "no date"
        write(clean(f"{when}  {item.title}"))
        write(clean(f"            {item.url}"))
    if reading.message:
        say(clean(reading.message))
    elif not reading.items:
        say("It can be read, and has nothing that fits.")


def _report(source: SourceConfig, sentence: str, *, as_json: bool) -> None:
    if as_json:
        write_json(source)
    else:
        write(clean(f"{sentence}: {source.source_name} ({source.source_type})."))
