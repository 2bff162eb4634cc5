"""`ci enhancements bulk`: change many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption
from ci_core.cli.enhancements import query_of
from ci_core.cli.output import clean, say, write, write_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ci_core.backlog.bulk import BulkResult
    from ci_core.cli.door import Door

NAMES = {
    "area": "feature_area",
    "hours": "estimated_hours",
    "completion": "completion_percentage",
    "pull_request": "pull_request_url",
}
LISTED = 20


def add_to(app: typer.Typer) -> None:
    """Put this command beside those for one enhancement."""
    app.command()(bulk)


def bulk(
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="Every enhancement that fits this query.")] = "",
    ids: Annotated[str | None, typer.Option(metavar="ID,ID…", help="These ones, by number.")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="May be repeated; an empty value takes the field away."),
    ] = None,
    add_tags: Annotated[list[str] | None, typer.Option("--add-tag", help="May be repeated.")] = None,
    remove_tags: Annotated[list[str] | None, typer.Option("--remove-tag", help="May be repeated.")] = None,
    move: Annotated[str | None, typer.Option(metavar="STATUS", help="Move to this column.")] = None,
    assign: Annotated[str | None, typer.Option(metavar="NAME", help='Who works on it; "" for nobody.')] = None,
    reject: Annotated[str | None, typer.Option(metavar="REASON", help="Reject, for this reason.")] = None,
    snooze_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Out of the inbox until then.")
    ] = None,
    snooze_for: Annotated[
        int | None, typer.Option(metavar="ID", help="Out of the inbox until this one is done.", min=1)
    ] = None,
    merge_into: Annotated[
        int | None, typer.Option(metavar="ID", help="Merge all into this one instead.", min=1)
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept in the history of each.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change many enhancements in one transaction, which one undo takes back.

    What the lifecycle or a blocker forbids is left as it is and named, and the exit status is 1; the rest is done.
    """
    given = {"add_tags": add_tags, "remove_tags": remove_tags, "status": move, "assignee": assign}
    changes = {name: value for name, value in given.items() if value is not None} | _values(values or [])
    if reject is not None:
        changes |= {"status": "rejected", "rejection_reason": reject}
    if snooze_until is not None:
        changes["snoozed_until"] = _moment(snooze_until)
    if snooze_for is not None:
        changes["snoozed_for_id"] = snooze_for
    if bool(changes) == (merge_into is not None):
        raise typer.BadParameter("Say what to change, such as --set priority=high, or --merge-into an original.")
    if bool(query.strip()) == (ids is not None):
        raise typer.BadParameter('Name the enhancements: by a query such as "area:Alerts is:open", or by --ids 3,4,5.')
    with changing(acting_as, reason) as (door, session), session.begin_nested() as trial:
        result = _carry_out(door, session, _numbers(ids) if ids is not None else query, changes, merge_into, reason)
        if dry_run:
            trial.rollback()
    _report(result, dry_run=dry_run, as_json=as_json)
    if result.problems:
        raise typer.Exit(1)


def _carry_out(
    door: Door,
    session: Session,
    wanted: str | Sequence[int],
    changes: Mapping[str, Any],
    merge_into: int | None,
    reason: str | None,
) -> BulkResult:
    from ci_core.backlog.bulk import change_many, merge_many

    found = _found(session, wanted, door.actor) if isinstance(wanted, str) else wanted
    cards = [(item, None) for item in found]
    if merge_into is not None:
        return merge_many(session, cards, merge_into, actor=door.actor, reason=reason, policy=door.policy)
    return change_many(session, cards, changes, actor=door.actor, reason=reason, policy=door.policy)


def _found(session: Session, query: str, actor: str) -> list[int]:
    from ci_core.backlog.bulk import MOST_CARDS
    from ci_core.backlog.listing import list_enhancements
    from ci_core.errors import InvalidInput

    page = list_enhancements(session, query_of(query, []), limit=MOST_CARDS, actor=actor)
    if page.total > MOST_CARDS:
        raise InvalidInput(
            "query", f"{page.total:,} enhancements fit; {MOST_CARDS:,} are changed at once at most. Narrow the query."
        )
    return [one.id for one in page.enhancements]


def _numbers(ids: str) -> list[int]:
    parts = [part.strip().removeprefix("#") for part in ids.split(",")]
    wrong = next((part for part in parts if not (part.isascii() and part.isdigit())), None)
    if wrong is not None:
        raise typer.BadParameter(f"{wrong!r} is no number of an enhancement.", param_hint="--ids")
    return [int(part) for part in parts]


def _values(pairs: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not separator:
            raise typer.BadParameter(f"{pair!r} is not FIELD=VALUE.", param_hint="--set")
        found[NAMES.get(name, name)] = _typed(NAMES.get(name, name), value)
    return found


def _typed(name: str, value: str) -> Any:
    if name == "tags":
        return [tag for tag in value.split(",") if tag.strip()]
    if name == "completion_percentage" and value.strip().isdigit():
        return int(value)
    return value


def _moment(given: datetime) -> datetime:
    """A day begins where the person is, and so does every other time they type."""
    return given.astimezone()


def _report(result: BulkResult, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        write_json(result)
    else:
        verb = "would be changed" if dry_run else "changed"
        write(f"{len(result.changed)} {verb}, {len(result.unchanged)} as they should be already.")
        if result.transaction_id and not dry_run:
            write(f"To take it back: ci enhancements undo --transaction {result.transaction_id}")
    if not result.problems:
        return
    say(f"error: {len(result.problems)} were not changed:" if not dry_run else f"{len(result.problems)} would not be:")
    for problem in result.problems[:LISTED]:
        say(f"  {clean(problem.line)}")
    if len(result.problems) > LISTED:
        say(f"  … and {len(result.problems) - LISTED} more; --json names them all.")
