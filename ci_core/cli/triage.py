"""`ci enhancements`: the inbox, and what can be decided there."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

import typer

from ci_core.cli.changes import VersionOption, changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.enhancements import COLUMNS, IdArgument, LimitOption, OffsetOption, query_of
from ci_core.cli.output import clean, say, write, write_json, write_table

# A day without a time means its morning, so that what was snoozed is there when people come.
MORNING = time(9)


def add_to(app: typer.Typer) -> None:
    """Put these commands beside those that only look."""
    for command in (inbox, snooze, reject):
        app.command()(command)


def inbox(
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="Only what fits this query.")] = "",
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the proposals that wait for a decision, the best first."""
    with open_door(acting_as) as door:
        from ci_core.backlog.triage import inbox as read_inbox

        wanted = query_of(query, [])
        with door.database.reading() as session:
            found = read_inbox(session, wanted, limit=limit, offset=offset, actor=door.actor)
    if as_json:
        write_json({"total": found.total, "snoozed": found.snoozed, "enhancements": found.enhancements})
        return
    write_table(
        COLUMNS,
        [
            (
                item.id,
                item.status,
                item.priority,
                "" if item.ai_priority_score is None else f"{item.ai_priority_score:.1f}",
                item.estimated_hours,
                item.category,
                item.title,
            )
            for item in found.enhancements
        ],
    )
    shown = f"{offset + 1}–{offset + len(found.enhancements)} of {found.total}" if found.enhancements else "none"
    say(f"{shown} waiting, {found.snoozed} snoozed")


def snooze(
    enhancement_id: IdArgument,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="2026-12-24, or with a time: 2026-12-24T14:30.")
    ] = None,
    until_done: Annotated[
        int | None, typer.Option(metavar="ID", help="Until this one is done or closed.", min=1)
    ] = None,
    wake: Annotated[bool, typer.Option("--wake", help="Bring it back now.")] = False,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a proposal aside until a day (nine in the morning here), or until another one is done."""
    if [until is not None, until_done is not None, wake].count(True) != 1:
        raise typer.BadParameter("Say one of --until DATE, --until-done ID and --wake.")
    moment = None if until is None else moment_of(until)
    with changing(acting_as) as (door, session):
        from ci_core.backlog import snoozing

        if wake:
            stored = snoozing.wake(session, enhancement_id, expected_version=expected_version, actor=door.actor)
        else:
            stored = snoozing.snooze(
                session,
                enhancement_id,
                until=moment,
                until_done=until_done,
                expected_version=expected_version,
                actor=door.actor,
            )
    if as_json:
        write_json(stored)
    elif wake:
        write(clean(f"#{stored.id} is back in the inbox. {stored.title}"))
    else:
        end = f"#{until_done} is done" if until_done is not None else f"{moment:%Y-%m-%d %H:%M}"
        write(clean(f"#{stored.id} is out of the inbox until {end}. {stored.title}"))


def reject(
    enhancement_id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why; kept with it and in its history.")],
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide against an enhancement, with the reason."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog import triage

        stored = triage.reject(
            session,
            enhancement_id,
            reason,
            expected_version=expected_version,
            actor=door.actor,
            policy=door.policy,
        )
    if as_json:
        write_json(stored)
    else:
        write(clean(f"#{stored.id} is rejected: {stored.rejection_reason}. {stored.title}"))


def moment_of(text: str) -> datetime:
    """The moment that was typed; without a zone it is meant where the person is."""
    try:
        moment = datetime.fromisoformat(text)
        if "T" not in text.upper() and " " not in text.strip():
            moment = datetime.combine(date.fromisoformat(text), MORNING)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is no date. Write 2026-12-24 or 2026-12-24T14:30.", param_hint="--until"
        ) from None
