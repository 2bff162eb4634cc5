"""`ci flow`: how work flows, from the history of every status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.enhancements import query_of
from ci_core.cli.output import Column, clean, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from ci_core.backlog.flow import Spread, TooFew
    from ci_core.backlog.flow_report import FlowReport
    from ci_core.backlog.flow_store import FlowHistory

AGEING_SHOWN = 10


def flow(
    days: Annotated[int, typer.Option(help="Look at this many days, today included.", min=1, max=3660)] = 90,
    query: Annotated[str, typer.Option("--query", "-q", metavar="QUERY", help="Only what fits this query.")] = "",
    count: Annotated[int, typer.Option(help="Forecast when so many more are done.", min=1, max=10_000)] = 20,
    until: Annotated[
        str, typer.Option(metavar="DATE", help="Forecast how many are done by this date, such as 2027-01-31.")
    ] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of the days, such as Europe/Berlin.")] = "UTC",
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show cumulative flow, cycle and lead time, throughput, ageing work, and a forecast.

    All of it comes from the history of every status. Undone moves and reopened work do not count as done; percentiles
    are times that were observed.
    """
    with open_door(acting_as) as door:
        from datetime import UTC, datetime

        from ci_core.backlog.flow_queries import matching_ids
        from ci_core.backlog.flow_report import flow_report, period_of_days
        from ci_core.backlog.flow_store import read_history

        now = datetime.now(UTC)
        period = period_of_days(days, now, _zone(zone))
        by = _date(until) if until else None
        wanted = query_of(query, [])
        history = read_history(door.database)
        ids = None
        if not wanted.empty:
            with door.database.reading() as session:
                ids = matching_ids(session, wanted, actor=door.actor, now=now)
        report = flow_report(history, period, now=now, ids=ids, count=count, until=by)
    if as_json:
        write_json(document(report, history))
    else:
        _write(report, history)


def document(report: FlowReport, history: FlowHistory) -> dict[str, Any]:
    """The report with keys that stay: what is not known is null, and `missing` beside it says why."""
    period, ageing, forecast = report.period, report.ageing, report.forecast
    return {
        "period": {"since": period.since, "until": period.until, "time_zone": str(period.zone)},
        "items": report.items,
        "completed": len(report.completed),
        "completed_without_start": report.never_started,
        "cycle_time_days": _spread(report.cycle),
        "lead_time_days": _spread(report.lead),
        "throughput": {
            "per_day": dict(zip(map(str, report.throughput.days), report.throughput.per_day, strict=True)),
            "per_week": dict(zip(map(str, report.throughput.weeks), report.throughput.per_week, strict=True)),
        },
        "cumulative_flow": {
            "days": report.cumulative.days,
            "statuses": report.cumulative.counts,
        },
        "ageing": {
            "limit_days": ageing.limit_days,
            "missing": _reason(ageing.missing),
            "items": [
                {
                    "id": item.id,
                    "title": _title(history, item.id),
                    "status": item.status,
                    "age_days": round(item.age_days, 3),
                    "sooner_percent": item.sooner_percent,
                    "over_limit": item.over,
                }
                for item in ageing.items
            ],
        },
        "forecast": {
            "count": forecast.count,
            "until": forecast.until,
            "past_days": forecast.past_days,
            "missing": _reason(forecast.missing),
            "done_by": [{"certainty": one.certainty, "days": one.days, "date": one.on} for one in forecast.done_by],
            "done_until": [{"certainty": one.certainty, "at_least": one.count} for one in forecast.done_until],
        },
    }


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(f"{name[:60]!r} is no time zone. Write one such as Europe/Berlin.") from None


def _date(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text[:40]!r} is no date. Write one such as 2027-01-31.") from None


def _spread(spread: Spread) -> dict[str, Any]:
    return {"count": spread.count, "percentiles": spread.days or None, "missing": _reason(spread.missing)}


def _reason(missing: TooFew | None) -> str | None:
    return None if missing is None else str(missing)


def _title(history: FlowHistory, item_id: int) -> str:
    item = history.items.get(item_id)
    return item.title if item else ""


def _write(report: FlowReport, history: FlowHistory) -> None:
    period, weeks = report.period, report.throughput
    write(
        f"{period.since} to {period.until} ({period.zone}): {len(report.completed)} completed of {report.items} items"
    )
    write_heading("How long it took, in days")
    write_pairs([("from start to done", _in_words(report.cycle)), ("from idea to done", _in_words(report.lead))])
    if report.never_started:
        write(f"{report.never_started} were completed without being started and have no cycle time.")
    write_heading("Completed per week")
    write_table([Column("WEEK OF"), Column("COMPLETED", numeric=True)], zip(weeks.weeks, weeks.per_week, strict=True))
    _write_ageing(report, history)
    _write_forecast(report)


def _in_words(spread: Spread) -> str:
    if spread.missing:
        return str(spread.missing)
    return (
        ", ".join(f"{percent} % within {days:.1f}" for percent, days in spread.days.items()) + f" (of {spread.count})"
    )


def _write_ageing(report: FlowReport, history: FlowHistory) -> None:
    ageing = report.ageing
    write_heading("Work in progress by age")
    if ageing.limit_days is not None:
        write(f"85 % of past work was done within {ageing.limit_days:.1f} days; ! marks what is older.")
    elif ageing.missing:
        write(f"Past cycle times: {ageing.missing}.")
    if not ageing.items:
        write("Nothing is in progress.")
        return
    write_table(
        [
            Column(""),
            Column("ID", numeric=True),
            Column("DAYS", numeric=True),
            Column("STATUS"),
            Column("TITLE", flexible=True),
        ],
        [
            ("!" if item.over else "", item.id, f"{item.age_days:.1f}", item.status, clean(_title(history, item.id)))
            for item in ageing.items[:AGEING_SHOWN]
        ],
    )
    if len(ageing.items) > AGEING_SHOWN:
        write(f"… {len(ageing.items) - AGEING_SHOWN} younger ones")


def _write_forecast(report: FlowReport) -> None:
    forecast = report.forecast
    write_heading("Forecast")
    if forecast.missing:
        write(f"It {forecast.missing}.")
        return
    write(f"Simulated from the {forecast.past_days} days before today:")
    write_table(
        [
            Column("CERTAINTY", numeric=True),
            Column(f"{forecast.count} DONE BY"),
            Column(f"BY {forecast.until} AT LEAST", numeric=True),
        ],
        [
            (f"{by.certainty} %", by.on or "later than in ten years", until.count)
            for by, until in zip(forecast.done_by, forecast.done_until, strict=True)
        ],
    )
