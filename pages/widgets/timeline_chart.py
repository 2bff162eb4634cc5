"""The plan as a picture: a lane for each person, bars for work, arrows for what waits, red where it is too much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from ci_core.backlog.timeline import Calendar, Lane, Planned, Timeline
from db.enums import Status
from pages.widgets.chart_style import GREY, PURPLE, STATUS_COLOURS, STATUS_SYMBOLS, VERMILION, layout, plot_text
from pages.widgets.text import label

LANE_HEIGHT, AROUND = 46, 96
# Of a window of 1,280 pixels; where there is less room, Plotly leaves out what does not fit.
WIDTH_IN_LETTERS = 135
MOST_ARROWS = 200
# A bar of no hours would be invisible.
SHORTEST = timedelta(hours=2)
INK = {Status.IN_PROGRESS: "#FFFFFF", Status.BLOCKED: "#FFFFFF", Status.APPROVED: "#0B1B2B"}
Traces = list[dict[str, Any]]


def timeline_chart(timeline: Timeline, *, most_running: int) -> tuple[Traces, dict[str, Any]]:
    """Everything that begins before the horizon."""
    shown = _shown(timeline)
    traces = [_bars(timeline, status, shown) for status in INK]
    traces += [_arrows(timeline.calendar, shown), _today(timeline)]
    shape = layout(AROUND + LANE_HEIGHT * len(timeline.lanes), showlegend=True, barmode="overlay")
    begin = datetime.combine(timeline.calendar.today, time()) - timedelta(hours=8)
    first, last = begin.isoformat(), (timeline.until + timedelta(days=1)).isoformat()
    shape["xaxis"] |= {"type": "date", "range": [first, last], "fixedrange": True, "side": "bottom"}
    shape["yaxis"] = {
        "tickvals": list(range(len(timeline.lanes))),
        "ticktext": [lane_label(lane, most_running) for lane in timeline.lanes],
        "range": [len(timeline.lanes) - 0.5, -0.5],
        "fixedrange": True,
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }
    shape["uniformtext"] = {"minsize": 9, "mode": "hide"}
    shape["shapes"] = [*_free_days(timeline), *_overloads(timeline)]
    return traces, shape


def lane_label(lane: Lane, most_running: int) -> str:
    """Whose lane it is, with ⚠ and the hours that are too many."""
    name = plot_text(lane.assignee or "Unassigned", 22)
    reasons = overload_reasons(lane, most_running)
    return f"<b>⚠ {name}</b><br>{reasons[0]}" if reasons else f"{name}<br>{lane.hours:.0f} h"


def overload_reasons(lane: Lane, most_running: int) -> list[str]:
    """In words what is too much; empty where it fits."""
    reasons = []
    if lane.hours_over > 0:
        reasons.append(f"{lane.hours_over:.0f} h over" if lane.hours_over >= 1 else "under 1 h over")
    if lane.too_many:
        reasons.append(f"{lane.running} at once, {most_running} allowed")
    return reasons


def _shown(timeline: Timeline) -> list[tuple[int, Planned]]:
    end = datetime.combine(timeline.until, time()) + timedelta(days=1)
    return [
        (row, one)
        for row, lane in enumerate(timeline.lanes)
        for one in lane.planned
        if timeline.calendar.start(one.start) < end
    ]


def _bars(timeline: Timeline, status: Status, shown: Sequence[tuple[int, Planned]]) -> dict[str, Any]:
    calendar, days = timeline.calendar, (timeline.until - timeline.calendar.today).days + 1
    mine = [(row, one) for row, one in shown if one.item.status is status]
    starts = [calendar.start(one.start) for _, one in mine]
    ends = [max(calendar.end(one.end), start + SHORTEST) for (_, one), start in zip(mine, starts, strict=True)]
    return {
        "type": "bar",
        "orientation": "h",
        "name": f"{STATUS_SYMBOLS[status]} {label(status)}",
        "y": [row for row, _ in mine],
        "base": [start.isoformat() for start in starts],
        "x": [(end - start).total_seconds() * 1000 for start, end in zip(starts, ends, strict=True)],
        "width": 0.62,
        "text": [
            _bar_text(one, (end - start) / timedelta(days=days))
            for (_, one), start, end in zip(mine, starts, ends, strict=True)
        ],
        "textposition": "inside",
        "insidetextanchor": "start",
        "insidetextfont": {"color": INK[status], "size": 12},
        "customdata": [[one.item.id, plot_text(one.item.title), _hover(calendar, one)] for _, one in mine],
        "hovertemplate": "<b>#%{customdata[0]} %{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
        "marker": {
            "color": STATUS_COLOURS[status],
            "line": {"width": 1, "color": "#FFFFFF"},
            "pattern": {
                "shape": ["." if one.guessed else "/" if status is Status.BLOCKED else "" for _, one in mine],
                "fillmode": "overlay",
                "fgcolor": INK[status],
                "fgopacity": 0.25,
                "size": 6,
            },
        },
    }


def _bar_text(one: Planned, share: float) -> str:
    """As much of the title as a bar over this share of the picture's width has room for."""
    text = f"{'≈ ' if one.guessed else ''}#{one.item.id} {one.item.title}"
    room = int(share * WIDTH_IN_LETTERS)
    return plot_text(text, room) if room > 4 else ""


def _hover(calendar: Calendar, one: Planned) -> str:
    start, end = calendar.start(one.start), calendar.end(one.end)
    last = end - timedelta(seconds=1) if end > start else end
    words = f"{label(one.item.status)} · {start:%-d %b} – {last:%-d %b} · {one.hours:.1f} h left"
    words += " (guessed)" if one.guessed else ""
    if one.blockers:
        words += "<br>waits for " + ", ".join(f"#{blocker}" for blocker in one.blockers[:6])
    return words


def _arrows(calendar: Calendar, shown: Sequence[tuple[int, Planned]]) -> dict[str, Any]:
    """From the end of each blocker to the start of what waits for it."""
    places = {one.item.id: (row, one) for row, one in shown}
    x: list[str | None] = []
    y: list[int | None] = []
    for row, one in shown:
        for blocker in one.blockers:
            if blocker in places and len(x) < 3 * MOST_ARROWS:
                from_row, before = places[blocker]
                x += [calendar.end(before.end).isoformat(), calendar.start(one.start).isoformat(), None]
                y += [from_row, row, None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "waits for",
        "x": x,
        "y": y,
        "line": {"width": 1.5, "color": GREY},
        "marker": {
            "size": [3, 11, 0] * (len(x) // 3), "color": GREY, "symbol": "arrow", "angleref": "previous", "opacity": 1,
        },
        "hoverinfo": "skip",
    }  # fmt: skip


def _free_days(timeline: Timeline) -> list[dict[str, Any]]:
    calendar = timeline.calendar
    days = [calendar.today + timedelta(days=number) for number in range((timeline.until - calendar.today).days + 1)]
    return [
        {
            "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": {"width": 0},
            "x0": day.isoformat(), "x1": (day + timedelta(days=1)).isoformat(), "fillcolor": f"{GREY}1F",
        }
        for day in days
        if day.weekday() not in calendar.weekdays
    ]  # fmt: skip


def _overloads(timeline: Timeline) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": row - 0.46, "y1": row + 0.46, "layer": "below",
            "line": {"width": 1, "color": VERMILION, "dash": "dot"}, "fillcolor": f"{VERMILION}1F",
        }
        for row, lane in enumerate(timeline.lanes)
        if lane.overloaded
    ]  # fmt: skip


def _today(timeline: Timeline) -> dict[str, Any]:
    today = timeline.calendar.today.isoformat()
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "today",
        "x": [today, today],
        "y": [-0.5, len(timeline.lanes) - 0.5],
        "line": {"width": 3, "color": PURPLE, "dash": "dashdot"},
        "hoverinfo": "skip",
    }
