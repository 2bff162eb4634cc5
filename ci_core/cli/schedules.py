"""`ci schedules`: when agents run by themselves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.changes import VersionOption, changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, say, write, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from datetime import datetime

    from ci_core.jobs.schedules import Schedule

app = typer.Typer(
    help="When agents run by themselves. Sources of research have their own: ci research sources", no_args_is_help=True
)
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
DURATION = re.compile(r"(\d{1,9})\s*([smhd]?)")
Text = str | None
NamedArgument = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its name or number, as `list` says.")]
KindOption = Annotated[Text, typer.Option("--kind", "-k", metavar="KIND", help="Which job it starts.")]
TimesOption = Annotated[
    Text, typer.Option("--times", "-t", metavar="WORDS", help='"every day at 02:00", "every 4 hours" or a cron line.')
]
CronOption = Annotated[Text, typer.Option(metavar="LINE", help='Five fields: "0 2 * * *".')]
EveryOption = Annotated[Text, typer.Option(metavar="DURATION", help="An interval: 90s, 30m, 4h, 7d.")]
ZoneOption = Annotated[
    Text, typer.Option(metavar="ZONE", help="Whose wall clock it means. Default: CI_TIME_ZONE, else this machine's.")
]
ParametersOption = Annotated[Text, typer.Option(metavar="JSON", help='What the job is given: {"source_id": 3}')]
JitterOption = Annotated[Text, typer.Option(metavar="DURATION", help="Later by up to so much, to spread load: 10m.")]
MissedOption = Annotated[
    Text, typer.Option(metavar="once|skip", help="Times that pass while nothing runs: one run for all, or none.")
]
PriorityOption = Annotated[int | None, typer.Option(help="−100 to 100; higher goes first.")]
DescriptionOption = Annotated[Text, typer.Option(help="What it is for, in one line.")]
COLUMNS = (
    Column("ID", numeric=True),
    Column("NAME"),
    Column("WHEN", flexible=True),
    Column("STANDS"),
    Column("NEXT"),
    Column("LAST"),
    Column("RESULT"),
    Column("PROBLEM", flexible=True),
)
COMING = (Column("WHEN"), Column("NAME"), Column("WHAT", flexible=True), Column("EXPECTED"))


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the schedules with their next times and their last results."""
    with open_door() as door:
        from ci_core.jobs.schedules import schedules

        with door.database.reading() as session:
            found = schedules(session)
    if as_json:
        write_json({"schedules": found})
        return
    write_table(COLUMNS, [_line(one) for one in found])
    if not found:
        say("There are none. `ci setup` brings those of the product.")


@app.command()
def show(named: NamedArgument, as_json: JsonOption = False) -> None:
    """Show one schedule."""
    with open_door() as door:
        from ci_core.jobs.schedules import find_schedule

        with door.database.reading() as session:
            schedule = find_schedule(session, named)
    if as_json:
        write_json(schedule)
    else:
        _write(schedule)


@app.command()
def coming(
    days: Annotated[float, typer.Option(help="How far to look ahead.", min=0, max=366)] = 2,
    as_json: JsonOption = False,
) -> None:
    """Show what comes next: schedules, and the scans of sources as they are expected."""
    with open_door() as door:
        from datetime import UTC, datetime, timedelta

        from ci_core.jobs.calendar import calendar

        now = datetime.now(UTC)
        with door.database.reading() as session:
            found = calendar(session, now=now, until=now + timedelta(days=days))
    if as_json:
        write_json({"coming": found.entries, "cut": found.cut})
        return
    rows = [(_local(one.due_at), one.name, one.title, "expected" if one.expected else "") for one in found.entries]
    write_table(COMING, rows)
    for name in found.cut:
        say(clean(f"… and more often: {name}"))


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and _ . : -")],
    kind: Annotated[str, typer.Option("--kind", "-k", metavar="KIND", help="Which job it starts.")],
    times: TimesOption = None,
    cron: CronOption = None,
    every: EveryOption = None,
    time_zone: ZoneOption = None,
    parameters: ParametersOption = None,
    jitter: JitterOption = None,
    missed: MissedOption = None,
    priority: PriorityOption = None,
    description: DescriptionOption = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Add it paused.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a schedule."""
    given = _given(times, cron, every, time_zone, parameters, jitter, missed, priority, description)
    with changing(acting_as) as (door, session):
        from ci_core.jobs.schedules import NewSchedule, add_schedule

        given.setdefault("time_zone", door.settings.time_zone)
        new = NewSchedule(name=name, kind=kind, enabled=not disabled, **given)
        schedule = add_schedule(session, new, actor=door.actor)
    _report(schedule, "Added", as_json=as_json)


@app.command()
def edit(
    named: NamedArgument,
    name: Annotated[Text, typer.Option(metavar="NAME", help="Another name.")] = None,
    kind: KindOption = None,
    times: TimesOption = None,
    cron: CronOption = None,
    every: EveryOption = None,
    time_zone: ZoneOption = None,
    parameters: ParametersOption = None,
    jitter: JitterOption = None,
    missed: MissedOption = None,
    priority: PriorityOption = None,
    description: DescriptionOption = None,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a schedule; what is not named stays. It counts from the clock's next look on, without a restart."""
    changes = _given(times, cron, every, time_zone, parameters, jitter, missed, priority, description)
    changes |= {key: value for key, value in (("name", name), ("kind", kind)) if value is not None}
    if not changes:
        raise typer.BadParameter("Name at least one thing to change, such as --times “every 4 hours”.")
    with changing(acting_as) as (door, session):
        from ci_core.jobs.schedules import edit_schedule

        schedule = edit_schedule(session, named, changes, actor=door.actor, expected_version=expected_version)
    _report(schedule, "Changed", as_json=as_json)


@app.command()
def enable(named: NamedArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Let a schedule run again."""
    _switch(named, True, acting_as, as_json=as_json)


@app.command()
def disable(named: NamedArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Pause a schedule; what passes meanwhile is not made up for."""
    _switch(named, False, acting_as, as_json=as_json)


@app.command()
def delete(named: NamedArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Forget a schedule; its runs stay."""
    with changing(acting_as) as (door, session):
        from ci_core.jobs.schedules import delete_schedule, find_schedule

        schedule = find_schedule(session, named)
        delete_schedule(session, schedule.id, actor=door.actor)
    _report(schedule, "Deleted", as_json=as_json)


@app.command()
def run(named: NamedArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Enter a run of a schedule now; its own times stay as they are."""
    with changing(acting_as) as (door, session):
        from datetime import UTC, datetime

        from ci_core.jobs.schedules import run_now

        asked = run_now(session, named, actor=door.actor, now=datetime.now(UTC))
    if as_json:
        write_json(asked)
    elif asked.created:
        write(f"Run {asked.run_id} is entered; see how it goes: ci runs show {asked.run_id}")
    else:
        write(f"Run {asked.run_id} of the same is waiting or running already: ci runs show {asked.run_id}")


def duration(option: str, typed: str) -> int:
    """A duration in seconds, as 90s, 30m, 4h or 7d say."""
    found = DURATION.fullmatch(typed.strip().lower())
    if found is None:
        raise typer.BadParameter(f"{typed!r} is no duration. Write 90s, 30m, 4h or 7d.", param_hint=option)
    return int(found[1]) * UNITS[found[2]]


def _switch(named: str, enabled: bool, acting_as: str | None, *, as_json: bool) -> None:
    with changing(acting_as) as (door, session):
        from ci_core.jobs.schedules import set_enabled

        schedule = set_enabled(session, named, enabled, actor=door.actor)
    _report(schedule, "Runs again:" if enabled else "Paused", as_json=as_json)


def _given(
    times: str | None,
    cron: str | None,
    every: str | None,
    time_zone: str | None,
    parameters: str | None,
    jitter: str | None,
    missed: str | None,
    priority: int | None,
    description: str | None,
) -> dict[str, Any]:
    if [times, cron, every].count(None) < 2:
        raise typer.BadParameter("Say one of --times, --cron and --every.")
    given: dict[str, Any] = {
        "cron": cron,
        "every_seconds": None if every is None else duration("--every", every),
        "time_zone": time_zone,
        "parameters": None if parameters is None else _json(parameters),
        "jitter_seconds": None if jitter is None else duration("--jitter", jitter),
        "missed": missed,
        "priority": priority,
        "description": description,
    }
    if times is not None:
        from ci_core.jobs.plain_times import times_from_words

        meant = times_from_words(times)
        given |= {"cron": meant.cron, "every_seconds": meant.every_seconds}
    return {name: value for name, value in given.items() if value is not None}


def _json(typed: str) -> Any:
    try:
        return json.loads(typed)
    except ValueError as error:
        raise typer.BadParameter(f"That is no JSON: {error}.", param_hint="--parameters") from None


def _line(one: Schedule) -> tuple[object, ...]:
    zone = f" ({one.time_zone})" if one.cron else ""
    return (
        one.id,
        one.name,
        f"{one.when}{zone}",
        "on" if one.enabled else "paused",
        _local(one.next_due_at),
        _local(one.last_due_at),
        one.last_status or "",
        one.problem or "",
    )


def _write(one: Schedule) -> None:
    write(clean(f"Schedule {one.id}: {one.name}"))
    write_pairs(
        [
            ("what for", one.description),
            ("job", f"{one.title} ({one.kind})"),
            ("given", json.dumps(dict(one.parameters), ensure_ascii=False) if one.parameters else ""),
            ("when", one.when),
            ("cron", one.cron),
            ("time zone", one.time_zone if one.cron else ""),
            ("later by up to", f"{one.jitter_seconds} s" if one.jitter_seconds else ""),
            ("missed times", "one run for all of them" if one.missed == "once" else "are skipped"),
            ("stands", "on" if one.enabled else "paused"),
            ("problem", one.problem),
            ("next", _local(one.next_due_at)),
            ("last", _local(one.last_due_at)),
            ("last run", None if one.last_run_id is None else f"{one.last_run_id} ({one.last_status})"),
            ("priority", one.priority or None),
            ("came with the product", "yes" if one.built_in else ""),
            ("version", one.version),
        ]
    )


def _local(moment: datetime | None) -> str:
    """A moment by the clock of whoever reads it."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _report(schedule: Schedule, word: str, *, as_json: bool) -> None:
    if as_json:
        write_json(schedule)
        return
    next_time = f"; next: {_local(schedule.next_due_at)}" if word != "Deleted" and schedule.next_due_at else ""
    write(clean(f"{word} schedule {schedule.id}, {schedule.name}: {schedule.when}{next_time}."))
