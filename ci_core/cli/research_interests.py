"""`ci research interests`: what the team wants to hear of, from a shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, write, write_json, write_table
from db.enums import InterestKind

if TYPE_CHECKING:
    from ci_core.research.interests import TeamInterest

app = typer.Typer(
    help="The team's interests, keywords and unwanted words, by which findings are scored.", no_args_is_help=True
)
COLUMNS = (
    Column("ID", numeric=True),
    Column("KIND"),
    Column("WEIGHT", numeric=True),
    Column("COUNTS"),
    Column("WORDING", flexible=True),
)
IdArgument = Annotated[
    int, typer.Argument(metavar="ID", help="Number of the text, as `ci research interests list` says.", min=1)
]
KindOption = Annotated[InterestKind, typer.Option("--kind", help="What kind of text it is.")]


@app.command("list")
def list_all(
    kind: Annotated[InterestKind | None, typer.Option("--kind", help="Only those of this kind.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the texts, the weightiest of each kind first."""
    with open_door() as door:
        from ci_core.research.interests import list_interests

        with door.database.reading() as session:
            found = list_interests(session, kind)
    if as_json:
        write_json({"interests": found})
    else:
        _write(found)


@app.command()
def add(
    wording: Annotated[str, typer.Argument(metavar="TEXT", help="An interest in a sentence, or a word that counts.")],
    kind: KindOption = InterestKind.INTEREST,
    weight: Annotated[float, typer.Option("--weight", help="0–5; 1 is the usual one.")] = 1.0,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a text. Findings that come afterwards are scored with it."""
    with changing(acting_as) as (door, session):
        from ci_core.research.interests import add_interest

        added = add_interest(session, wording, kind, weight=weight, actor=door.actor)
    _tell(added, "Added", as_json=as_json)


@app.command()
def edit(
    interest_id: IdArgument,
    wording: Annotated[str | None, typer.Option("--wording", metavar="TEXT", help="Other words for it.")] = None,
    weight: Annotated[float | None, typer.Option("--weight", help="0–5; 1 is the usual one.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether it counts.")] = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a text, its weight, or whether it counts."""
    with changing(acting_as) as (door, session):
        from ci_core.research.interests import edit_interest

        edited = edit_interest(session, interest_id, wording=wording, weight=weight, enabled=enabled, actor=door.actor)
    _tell(edited, "Changed", as_json=as_json)


@app.command()
def remove(interest_id: IdArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Remove a text. `--off` of `edit` keeps it for later."""
    with changing(acting_as) as (door, session):
        from ci_core.research.interests import remove_interest

        removed = remove_interest(session, interest_id, actor=door.actor)
    _tell(removed, "Removed", as_json=as_json)


def _tell(one: TeamInterest, done: str, *, as_json: bool) -> None:
    if as_json:
        write_json(one)
        return
    counts = f"weight {one.weight:g}" if one.enabled else "does not count"
    write(clean(f"{done} the {one.kind.value} {one.id}: “{one.wording}” ({counts})."))


def _write(found: Sequence[TeamInterest]) -> None:
    write_table(
        COLUMNS,
        [(one.id, one.kind.value, one.weight, "yes" if one.enabled else "no", one.wording) for one in found],
    )
