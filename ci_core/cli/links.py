"""`ci enhancements`: what waits for what, and what is the same thing twice."""

from __future__ import annotations

from typing import Annotated

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption
from ci_core.cli.enhancements import IdArgument
from ci_core.cli.output import clean, say, write, write_json


def add_to(app: typer.Typer) -> None:
    """Put these commands beside those that only look."""
    for command in (depend, merge, unmerge):
        app.command()(command)


def depend(
    enhancement_id: IdArgument,
    on: Annotated[list[int] | None, typer.Option("--on", help="It waits for this one; may be repeated.")] = None,
    related: Annotated[list[int] | None, typer.Option(help="It belongs to this one; may be repeated.")] = None,
    duplicate_of: Annotated[list[int] | None, typer.Option(help="It says the same as this one.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take these away instead.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an enhancement waits for, or is related to."""
    wanted = [
        (other, kind)
        for kind, others in (("blocked_by", on), ("related", related), ("duplicate_of", duplicate_of))
        for other in others or []
    ]
    if not wanted:
        raise typer.BadParameter("Say --on ID, --related ID or --duplicate-of ID.")
    with changing(acting_as) as (door, session):
        from ci_core.backlog import add_dependency, dependencies_of, remove_dependency

        change = remove_dependency if remove else add_dependency
        for other, kind in wanted:
            change(session, enhancement_id, other, kind, actor=door.actor, policy=door.policy)
        dependencies = dependencies_of(session, enhancement_id)
    if as_json:
        write_json({"enhancement_id": enhancement_id, "dependencies": dependencies})
        return
    waits = ", ".join(f"#{linked.id} {linked.title}" for linked in dependencies.blocked_by) or "nothing"
    write(clean(f"#{enhancement_id} waits for {waits}."))


def merge(
    duplicate_id: Annotated[int, typer.Argument(metavar="DUPLICATE", help="The one to archive.", min=1)],
    original_id: Annotated[int, typer.Argument(metavar="ORIGINAL", help="The one that stays.", min=1)],
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge a duplicate into its original.

    Comments, evidence and dependencies move to the original; the duplicate stays as an archived signpost.
    """
    with changing(acting_as) as (door, session):
        from ci_core.backlog import merge_duplicate

        merged = merge_duplicate(session, duplicate_id, original_id, actor=door.actor, policy=door.policy)
    if as_json:
        write_json(merged)
        return
    write(clean(f"#{merged.duplicate.id} is merged into #{merged.original.id} {merged.original.title}."))
    for dropped in merged.dropped:
        say(clean(f"dropped: {dropped}"))


def unmerge(
    duplicate_id: Annotated[int, typer.Argument(metavar="DUPLICATE", help="The one that was merged.", min=1)],
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a merge apart again."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog import take_apart

        apart = take_apart(session, duplicate_id, actor=door.actor, policy=door.policy)
    if as_json:
        write_json(apart)
    else:
        write(f"#{duplicate_id} stands on its own again.")
