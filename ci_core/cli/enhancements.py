"""`ci enhancements`: look at the backlog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, plain, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from ci_core.backlog import Enhancement
    from ci_core.backlog.dependencies import Dependencies
    from ci_core.backlog.history import HistoryEntry
    from ci_core.backlog.query_syntax import Query
    from ci_core.health.proposals import Behind

app = typer.Typer(
    help='The backlog: look at it, change it, search it. A QUERY is words and filters, such as "priority:high pool".',
    no_args_is_help=True,
)

IdArgument = Annotated[int, typer.Argument(metavar="ID", help="Number of the enhancement.", min=1)]
LimitOption = Annotated[int, typer.Option(help="At most this many.", min=0)]
OffsetOption = Annotated[int, typer.Option(help="Leave out this many first.", min=0)]
ISSUE_FIELDS = (
    "id", "severity", "status", "rule", "title", "file_path", "line_number", "repository", "first_detected_at",
)  # fmt: skip
COLUMNS = (
    Column("ID", numeric=True),
    Column("STATUS"),
    Column("PRIORITY"),
    Column("SCORE", numeric=True),
    Column("HOURS", numeric=True),
    Column("CATEGORY"),
    Column("TITLE", flexible=True),
)


@app.command("list")
def list_(
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    status: Annotated[
        list[str] | None, typer.Option(metavar="STATUS", help="Only these; may be repeated or joined by commas.")
    ] = None,
    query: Annotated[str, typer.Option("--query", "-q", metavar="QUERY", help="Only what fits this query.")] = "",
    sort: Annotated[
        str, typer.Option(help="priority, score, board, updated, created, title or hours.", metavar="ORDER")
    ] = "priority",
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """List enhancements, the most urgent first."""
    with open_door(acting_as) as door:
        from ci_core.backlog.listing import list_enhancements

        wanted = query_of(query, status or [])
        order = _order(sort)
        with door.database.reading() as session:
            page = list_enhancements(session, wanted, limit=limit, offset=offset, sort=order, actor=door.actor)
    show_page(page.total, page.enhancements, offset, as_json=as_json)


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="QUERY…", help='Words and filters: "pool status:open".')],
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search by words and by meaning, the best first."""
    with open_door(acting_as) as door:
        from ci_core.backlog.search import search_enhancements

        query = query_of(" ".join(words), [])
        encoder = _encoder(door.settings.models_dir)
        with door.database.reading() as session:
            page = search_enhancements(session, query, encoder=encoder, actor=door.actor, limit=limit, offset=offset)
    if page.note:
        say(f"note: {clean(page.note)}")
    show_page(page.total, page.enhancements, offset, as_json=as_json)


@app.command()
def show(enhancement_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one enhancement with everything that belongs to it."""
    with open_door() as door:
        from ci_core.backlog import allowed_transitions, comments_of, dependencies_of, get_enhancement, history_of
        from ci_core.backlog.followers import followers_of
        from ci_core.backlog.reactions import voters_of
        from ci_core.health.proposals import behind

        with door.database.reading() as session:
            enhancement = get_enhancement(session, enhancement_id)
            dependencies = dependencies_of(session, enhancement_id)
            comments = comments_of(session, enhancement_id)
            history = history_of(session, enhancement_id)
            voters = voters_of(session, enhancement_id)
            followers = followers_of(session, enhancement_id)
            issues = behind(session, enhancement_id)
        allowed = allowed_transitions(enhancement.status)
    if as_json:
        write_json(
            plain(enhancement)
            | {
                "allowed_transitions": allowed,
                "dependencies": dependencies,
                "votes": len(voters),
                "voters": voters,
                "followers": followers,
                "issues_behind": {
                    "total": issues.total,
                    "active": issues.active,
                    "fixed": issues.fixed,
                    "issues": [{name: getattr(one, name) for name in ISSUE_FIELDS} for one in issues.issues],
                },
                "comments": comments,
                "history": history,
            }
        )
        return
    _write_enhancement(enhancement, allowed, voters, followers)
    _write_dependencies(dependencies)
    if issues.total:
        _write_issues(issues)
    if comments:
        write_heading("Comments")
    for comment in comments:
        write(f"{comment.created_at:%Y-%m-%d %H:%M} {clean(comment.author)} (comment {comment.id}):")
        write(_indented(comment.body))
    write_heading("History")
    write_history(history[:10])
    if len(history) > 10:
        write(f"… {len(history) - 10} older: ci enhancements history {enhancement_id}")


@app.command()
def history(
    enhancement_id: IdArgument,
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """Show who changed what and when, the newest first."""
    with open_door() as door:
        from ci_core.backlog import history_of
        from ci_core.errors import NotFound

        with door.database.reading() as session:
            entries = history_of(session, enhancement_id, limit=limit)
        if not entries and limit:
            raise NotFound(f"There is no enhancement #{enhancement_id}, and there never was.")
    if as_json:
        write_json({"enhancement_id": enhancement_id, "history": entries})
    else:
        write_history(entries)


def query_of(text: str, statuses: Sequence[str]) -> Query:
    """The query that was typed, narrowed to the statuses that were named.

    Raises:
        QueryError: a part of it means nothing.
    """
    from ci_core.backlog.query_syntax import parse_query

    named = ",".join(name.strip().replace(" ", "_") for status in statuses for name in status.split(","))
    return parse_query(f"{text} status:{named}" if named else text)


def _order(name: str) -> Any:
    from ci_core.backlog.listing import Sort

    try:
        return Sort(name.lower())
    except ValueError:
        raise typer.BadParameter(f"{name!r} is no order; there are {', '.join(Sort)}.", param_hint="--sort") from None


def _encoder(models_dir: Any) -> Any:
    """The encoder; None where it was not prepared, and the search goes by words."""
    from ci_core.embeddings import load_encoder
    from ci_core.errors import EmbeddingModelMissing

    try:
        return load_encoder(models_dir)
    except EmbeddingModelMissing as error:
        say(f"note: {error}")
        return None


def show_page(total: int, found: Sequence[Enhancement], offset: int, *, as_json: bool) -> None:
    """One page of enhancements, as JSON or as a table."""
    if as_json:
        write_json({"total": total, "enhancements": found})
        return
    write_table(
        COLUMNS,
        [
            (item.id, item.status, item.priority, _score(item), item.estimated_hours, item.category, item.title)
            for item in found
        ],
    )
    if total > len(found):
        say(f"{offset + 1}–{offset + len(found)} of {total}" if found else f"none of {total}")


def _score(enhancement: Enhancement) -> str:
    return "" if enhancement.ai_priority_score is None else f"{enhancement.ai_priority_score:.1f}"


def _snooze(item: Enhancement) -> str | None:
    if item.snoozed_for_id is not None:
        return f"#{item.snoozed_for_id} is done"
    return None if item.snoozed_until is None else f"{item.snoozed_until:%Y-%m-%d %H:%M} UTC"


def _write_enhancement(
    item: Enhancement, allowed: Sequence[str], voters: Sequence[str], followers: Sequence[str]
) -> None:
    write(f"#{item.id}  {clean(item.title)}")
    write()
    merged = f" (merged into #{item.merged_into_id})" if item.merged_into_id else ""
    write_pairs(
        [
            ("status", f"{item.status}{merged}, since {item.status_entered_at:%Y-%m-%d}"),
            ("rejected because", item.rejection_reason),
            ("snoozed until", _snooze(item)),
            ("may become", ", ".join(allowed)),
            ("priority", item.priority),
            ("category", item.category),
            ("complexity", item.complexity),
            ("area", item.feature_area),
            ("assignee", item.assignee),
            ("estimated", f"{item.estimated_hours:g} h" if item.estimated_hours is not None else None),
            ("actual", f"{item.actual_hours:g} h" if item.actual_hours is not None else None),
            ("completed", f"{item.completion_percentage} %" if item.completion_percentage else None),
            ("tags", ", ".join(item.tags)),
            ("votes", f"{len(voters)}: {', '.join(voters)}" if voters else None),
            ("followed by", ", ".join(followers)),
            ("source", f"{item.source} {item.source_url or ''}"),
            ("branch", item.branch),
            ("pull request", item.pull_request_url),
            ("created", f"{item.created_at:%Y-%m-%d %H:%M} by {item.created_by}"),
            ("version", item.version),
        ]
    )
    if item.description.strip():
        write_heading("Description")
        write(clean(item.description).strip())
    write_heading(f"Score {_score(item) or 'none'}")
    if item.ai_reasoning:
        write(clean(item.ai_reasoning))


def write_breakdown(item: Enhancement) -> None:
    """Each component with what it adds to the score and why."""
    overridden = item.score_overrides or {}
    parts = item.score_breakdown if isinstance(item.score_breakdown, list) else []
    write_table(
        [
            Column("COMPONENT"),
            Column("SCORE", numeric=True),
            Column("POINTS", numeric=True),
            Column("BY"),
            Column("REASONS", flexible=True),
        ],
        [
            (
                part["component"],
                f"{part['score']:.0f}",
                f"{part['points']:+.1f}",
                overridden[part["component"]]["by"] if part["component"] in overridden else item.scored_by,
                "; ".join(_reason(reason) for reason in part.get("reasons", [])),
            )
            for part in parts
        ],
    )
    if "total" in overridden:
        write(clean(f"The total was set to {overridden['total']['value']:g} by {overridden['total']['by']}."))


def _reason(reason: Any) -> str:
    return str(reason[0] if isinstance(reason, list | tuple) else reason)


def _write_issues(found: Behind) -> None:
    write_heading(f"Health issues: {found.active} to be repaired of {found.total}")
    write_table(
        [
            Column("ID", numeric=True),
            Column("SEVERITY"),
            Column("STATUS"),
            Column("PLACE"),
            Column("TITLE", flexible=True),
        ],
        [(one.id, one.severity, one.status, one.place, one.title) for one in found.issues],
    )
    if found.total > len(found.issues):
        write(f"… and {found.total - len(found.issues)} more")


def _write_dependencies(dependencies: Dependencies) -> None:
    shown = [
        (label, linked)
        for label, group in (
            ("waits for", dependencies.blocked_by),
            ("holds up", dependencies.blocks),
            ("related to", dependencies.related),
            ("duplicate of", dependencies.duplicate_of),
            ("has duplicate", dependencies.duplicates),
        )
        for linked in group
    ]
    if shown:
        write_heading("Dependencies")
        write_pairs((label, f"#{linked.id} {linked.title} ({linked.status})") for label, linked in shown)


def write_history(entries: Sequence[HistoryEntry]) -> None:
    """Who did what when; the transaction is what `undo --transaction` takes."""
    write_table(
        [Column("WHEN"), Column("WHO"), Column("TRANSACTION", numeric=True), Column("WHAT", flexible=True)],
        [
            (
                f"{entry.occurred_at:%Y-%m-%d %H:%M}",
                entry.actor,
                entry.transaction_id,
                f"{entry.summary} ({entry.reason})" if entry.reason else entry.summary,
            )
            for entry in entries
        ],
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in clean(text).splitlines())
