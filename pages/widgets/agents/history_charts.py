"""The charts of the history: how long each agent takes, and on which days what of it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from ci_core.backlog.export import ExportColumn
from ci_core.runs.history import Point
from pages.widgets.agents.words import agent_title, lasting
from pages.widgets.chart_style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, layout, plot_text

HEIGHT = 290
# Each agent has its own dash and mark beside its colour.
AGENT_LOOKS = (
    (BLUE, "solid", "circle"),
    (ORANGE, "dash", "square"),
    (GREEN, "dot", "diamond"),
    (PURPLE, "dashdot", "triangle-up"),
    (VERMILION, "longdash", "x"),
    (SKY, "solid", "star"),
    (GREY, "dash", "cross"),
)
# What a day of an agent was like: all went well, some failed, all failed.
WELL, SOME, NONE = 0, 1, 2
DAY_COLOURS = (GREEN, ORANGE, VERMILION)
TICKS = (0.1, 1, 10, 60, 600, 3600, 36_000)
COLUMNS = (
    ExportColumn("agent", "Agent"),
    ExportColumn("day", "Day"),
    ExportColumn("runs", "Runs"),
    ExportColumn("completed", "Completed"),
    ExportColumn("failed", "Failed"),
    ExportColumn("cancelled", "Cancelled"),
    ExportColumn("median_seconds", "Median (s)"),
    ExportColumn("p95_seconds", "95 % within (s)"),
)
Traces = list[dict[str, Any]]
Layout = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Days:
    """What the charts show: the days of the period where the reader is, and how each agent did on those it worked."""

    days: tuple[date, ...]
    points: Mapping[str, Mapping[date, Point]]


def days_of(points: Sequence[Point], since: datetime, now: datetime, zone: tzinfo) -> Days:
    """The points by agent, those with most runs first, and by the reader's day."""
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    by_agent: dict[str, dict[date, Point]] = {}
    for point in points:
        by_agent.setdefault(point.agent, {})[point.began.astimezone(zone).date()] = point
    busiest = sorted(by_agent, key=lambda agent: (-sum(p.runs for p in by_agent[agent].values()), agent))
    days = tuple(first + timedelta(days=place) for place in range((last - first).days + 1))
    return Days(days, {agent: by_agent[agent] for agent in busiest})


def rows_of(shown: Days) -> list[dict[str, Any]]:
    """The same as rows of a table, newest day first."""
    rows = [
        {
            "agent": agent,
            "day": day,
            "runs": point.runs,
            "completed": point.completed,
            "failed": point.failed,
            "cancelled": point.cancelled,
            "median_seconds": None if point.median_seconds is None else round(point.median_seconds, 2),
            "p95_seconds": None if point.p95_seconds is None else round(point.p95_seconds, 2),
        }
        for agent, days in shown.points.items()
        for day, point in days.items()
    ]
    return sorted(rows, key=lambda row: (row["day"], row["agent"]), reverse=True)


def duration_chart(shown: Days) -> tuple[Traces, Layout]:
    """The median duration of each agent's runs, day by day, on an axis that shows seconds and hours alike."""
    traces: Traces = []
    for place, (agent, days) in enumerate(shown.points.items()):
        colour, dash, symbol = AGENT_LOOKS[place % len(AGENT_LOOKS)]
        known = sorted((day, point) for day, point in days.items() if point.median_seconds is not None)
        if not known:
            continue
        name = plot_text(agent_title(agent))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [day.isoformat() for day, _ in known],
                # A duration of nothing has no place on this axis.
                "y": [max(point.median_seconds or 0.0, 0.01) for _, point in known],
                "customdata": [
                    [_lasts(point.median_seconds), _lasts(point.p95_seconds), point.completed] for _, point in known
                ],
                "hovertemplate": (
                    f"{name}, %{{x|%-d %b}}<br>half of them within %{{customdata[0]}}"
                    "<br>95 % within %{customdata[1]}<br>%{customdata[2]} completed<extra></extra>"
                ),
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"size": 7, "color": colour, "symbol": symbol},
            }
        )
    shape = layout(HEIGHT, showlegend=True)
    shape["xaxis"] |= _day_axis(shown)
    shape["yaxis"] = {
        "type": "log",
        "automargin": True,
        "tickvals": list(TICKS),
        "ticktext": [_lasts(tick) for tick in TICKS],
        "fixedrange": True,
    }
    return traces, shape


def duration_sentence(shown: Days) -> str:
    """Which agent takes longest."""
    medians = [
        (point.median_seconds, agent)
        for agent, days in shown.points.items()
        for point in days.values()
        if point.median_seconds is not None
    ]
    if not medians:
        return "nothing was completed at the first attempt."
    seconds, agent = max(medians)
    return f"{agent_title(agent)} took longest: on its slowest day half of its runs took {_lasts(seconds)}."


def success_chart(shown: Days) -> tuple[Traces, Layout]:
    """Each agent's days as squares: all well, some failed with their number, all failed with a cross."""
    agents = list(shown.points)[::-1]
    names = [agent_title(agent) for agent in agents]
    traces: Traces = [
        {
            "type": "heatmap",
            "x": [day.isoformat() for day in shown.days],
            "y": [plot_text(name) for name in names],
            "z": [[_kind_of(shown.points[agent].get(day)) for day in shown.days] for agent in agents],
            "text": [[_mark(shown.points[agent].get(day)) for day in shown.days] for agent in agents],
            "customdata": [[_told(shown.points[agent].get(day)) for day in shown.days] for agent in agents],
            "texttemplate": "%{text}",
            "textfont": {"size": 11, "color": "#1b1d22"},
            "hovertemplate": "%{y}, %{x|%-d %b}: %{customdata}<extra></extra>",
            "hoverongaps": False,
            "xgap": 2,
            "ygap": 4,
            "zmin": WELL,
            "zmax": NONE,
            "colorscale": [[0.0, DAY_COLOURS[0]], [0.5, DAY_COLOURS[1]], [1.0, DAY_COLOURS[2]]],
            "showscale": False,
        }
    ]
    shape = layout(max(150, min(HEIGHT, 70 + 44 * len(agents))))
    shape["xaxis"] |= _day_axis(shown)
    shape["yaxis"] = {"type": "category", "automargin": True, "fixedrange": True}
    return traces, shape


def success_sentence(shown: Days) -> str:
    """How much went well in all."""
    points = [point for days in shown.points.values() for point in days.values()]
    completed, failed = sum(point.completed for point in points), sum(point.failed for point in points)
    if completed + failed == 0:
        return "nothing has ended by itself."
    share = 100 * completed / (completed + failed)
    told = f"**{share:.0f} %**" if failed == 0 or share < 99.5 else "**more than 99 %**"
    return f"{told} of {completed + failed:,} went well. A number counts what failed on a day."


def _kind_of(point: Point | None) -> int | None:
    if point is None or point.completed + point.failed == 0:
        return None
    if point.failed == 0:
        return WELL
    return SOME if point.completed else NONE


def _mark(point: Point | None) -> str:
    kind = _kind_of(point)
    if point is None or kind is None:
        return ""
    return {WELL: "", SOME: str(point.failed), NONE: f"✕{point.failed}"}[kind]


def _told(point: Point | None) -> str:
    if point is None:
        return "no run"
    parts = [(point.completed, "completed"), (point.failed, "failed"), (point.cancelled, "cancelled")]
    return ", ".join(f"{number:,} {word}" for number, word in parts if number) or "no run"


def _lasts(seconds: float | None) -> str:
    return "–" if seconds is None else lasting(timedelta(seconds=seconds))


def _day_axis(shown: Days) -> dict[str, Any]:
    half = timedelta(hours=12)
    begins = datetime.combine(shown.days[0], datetime.min.time()) - half
    ends = datetime.combine(shown.days[-1], datetime.min.time()) + half
    return {"type": "date", "range": [begins.isoformat(), ends.isoformat()], "tickformat": "%-d %b", "fixedrange": True}
