"""`ci enhancements`: say something, vote, follow; and `ci notifications`: what concerns you."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.enhancements import IdArgument
from ci_core.cli.output import Column, clean, write, write_heading, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_core.backlog import Comment


def add_to(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    for command in (comment, vote, follow):
        app.command()(command)


def comment(
    enhancement_id: IdArgument,
    text: Annotated[str | None, typer.Argument(help="Markdown; - reads it from stdin. @name tells a person.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show what was said, oldest first.")] = False,
    edit: Annotated[
        int | None, typer.Option(metavar="COMMENT", help="Put TEXT in place of this comment of yours.", min=1)
    ] = None,
    delete: Annotated[int | None, typer.Option(metavar="COMMENT", help="Take this comment back.", min=1)] = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say something about an enhancement, or change what you said.

    Whoever follows it is told, and so is whoever is mentioned (@ada, @"Ada Lovelace").
    """
    if [listing, delete is not None, text is not None].count(True) != 1 or (edit is not None and text is None):
        raise typer.BadParameter("Say a TEXT (with --edit to replace a comment), or --list, or --delete COMMENT.")
    if listing:
        _list_comments(enhancement_id, as_json=as_json)
        return
    with changing(acting_as) as (door, session):
        from ci_core.backlog import add_comment, comments_of, delete_comment, edit_comment
        from ci_core.errors import NotFound

        chosen = edit if delete is None else delete
        if chosen is not None and all(one.id != chosen for one in comments_of(session, enhancement_id)):
            raise NotFound(f"#{enhancement_id} has no comment {chosen}. See them with: comment {enhancement_id} --list")
        words = sys.stdin.read() if text == "-" else text or ""
        if delete is not None:
            delete_comment(session, delete, actor=door.actor)
            said, done = None, f"Comment {delete} on #{enhancement_id} was deleted."
        elif edit is not None:
            said = edit_comment(session, edit, words, actor=door.actor)
            done = f"Comment {said.id} on #{enhancement_id} was changed."
        else:
            said = add_comment(session, enhancement_id, words, actor=door.actor)
            done = f"Comment {said.id} on #{enhancement_id} was added."
    if as_json:
        write_json(said if said is not None else {"deleted": delete})
    else:
        write(done)


def _list_comments(enhancement_id: int, *, as_json: bool) -> None:
    with open_door() as door, door.database.reading() as session:
        from ci_core.backlog import comments_of, get_enhancement

        title = get_enhancement(session, enhancement_id).title
        comments: Sequence[Comment] = comments_of(session, enhancement_id)
    if as_json:
        write_json({"enhancement_id": enhancement_id, "comments": comments})
        return
    write(clean(f"#{enhancement_id} {title}"))
    for said in comments:
        edited = ", edited" if said.edited_at else ""
        write_heading(f"{said.id}  {said.author}  {said.created_at:%Y-%m-%d %H:%M} UTC{edited}")
        write(clean(said.body))
    if not comments:
        write("Nobody has said anything yet.")


def vote(
    enhancement_id: IdArgument,
    remove: Annotated[bool, typer.Option("--remove", help="Take your vote back.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Vote for an enhancement; twice is once."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog.reactions import react, voters_of

        react(session, enhancement_id, "vote", actor=door.actor, stands=not remove)
        voters = voters_of(session, enhancement_id)
    if as_json:
        write_json({"enhancement_id": enhancement_id, "votes": len(voters), "voters": voters})
        return
    count = "1 vote" if len(voters) == 1 else f"{len(voters)} votes"
    write(clean(f"#{enhancement_id} has {count}" + (f": {', '.join(voters)}." if voters else ".")))


def follow(
    enhancement_id: IdArgument,
    stop: Annotated[bool, typer.Option("--stop", help="Hear of it no more.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hear of what happens to an enhancement: `ci notifications`."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog import followers

        change = followers.unfollow if stop else followers.follow
        following = change(session, enhancement_id, actor=door.actor)
    if as_json:
        write_json({"enhancement_id": enhancement_id, "followers": following})
    else:
        write(clean(f"#{enhancement_id} is followed by {', '.join(following) or 'nobody'}."))


def notifications(
    mark_read: Annotated[bool, typer.Option("--mark-read", help="Mark everything as read afterwards.")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="Only what is unread.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most, newest first.", min=1, max=500)] = 50,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what concerns you: assignments, mentions, blockers, decisions."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog.notifications import mark_all_read, notifications_for, unread_count

        count = unread_count(session, door.actor)
        told = [one for one in notifications_for(session, door.actor, limit) if not (unread and one.read_at)]
        if mark_read:
            mark_all_read(session, door.actor)
    if as_json:
        write_json({"person": door.actor, "unread": count, "notifications": told})
        return
    rows = [
        ("" if one.read_at else "•", f"{one.created_at:%Y-%m-%d %H:%M}", one.kind, f"{one.actor} {one.summary}")
        for one in told
    ]
    if rows:
        write_table([Column(""), Column("WHEN (UTC)"), Column("KIND"), Column("WHAT", flexible=True)], rows)
    else:
        write("Nothing concerns you at the moment.")
