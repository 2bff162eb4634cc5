"""The charts of the flow: what a report says, as lines, points and bars, each with one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

import numpy as np

from ci_core.backlog.flow import AGEING_PERCENTILE, AgeingItem, Spread
from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_report import FlowReport
from db.enums import Status
from pages.widgets.chart_style import (
    BLUE,
    GREEN,
    ORANGE,
    STATUS_COLOURS,
    STATUS_PATTERNS,
    STATUS_SYMBOLS,
    VERMILION,
    layout,
    plot_text,
)
from pages.widgets.text import label, span

HEIGHT = 290
MOST_POINTS = 2_000
MOST_BARS = 12
BANDS = (Status.BLOCKED, Status.IN_PROGRESS, Status.APPROVED, Status.PROPOSED)
PERCENTILE_LINES = ((50, "dot", BLUE), (85, "dash", ORANGE), (95, "solid", VERMILION))
Traces = list[dict[str, Any]]
Layout = dict[str, Any]


def cumulative_flow_chart(report: FlowReport) -> tuple[Traces, Layout]:
    """Bands of the statuses, what was completed in the period at the bottom."""
    days = [day.isoformat() for day in report.cumulative.days]
    done = list(accumulate(report.throughput.per_day))
    traces = [_band("Completed here", Status.COMPLETED, days, done)]
    traces += [_band(label(status), status, days, report.cumulative.counts[status]) for status in BANDS]
    shape = layout(HEIGHT, showlegend=True, hovermode="x unified")
    return traces, shape


def _band(name: str, status: Status, days: list[str], counts: Any) -> dict[str, Any]:
    colour = STATUS_COLOURS[status]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{STATUS_SYMBOLS[status]} {name}",
        "x": days,
        "y": list(counts),
        "stackgroup": "flow",
        "line": {"width": 1.5, "color": colour},
        "fillcolor": f"{colour}59",
        "fillpattern": {"shape": STATUS_PATTERNS[status], "fgcolor": colour, "size": 7, "solidity": 0.2},
        "hovertemplate": "%{y}",
    }


def cumulative_flow_sentence(report: FlowReport) -> str:
    """How much is running, and whether that became more."""
    running = [
        counts + blocked
        for counts, blocked in zip(
            report.cumulative.counts[Status.IN_PROGRESS], report.cumulative.counts[Status.BLOCKED], strict=True
        )
    ]
    change = running[-1] - running[0]
    trend = "as many as" if change == 0 else f"{abs(change):,} {'more' if change > 0 else 'fewer'} than"
    return f"**{running[-1]:,}** are in progress or blocked, {trend} when the period began."


def cycle_time_chart(report: FlowReport, items: Mapping[int, FlowItem]) -> tuple[Traces, Layout]:
    """Each completed item at its day and duration, with the percentiles as lines."""
    known = np.flatnonzero(~np.isnan(report.completed.cycle_days))[-MOST_POINTS:]
    ids = report.completed.items[known].tolist()
    zone = report.period.zone
    traces: Traces = [
        {
            "type": "scattergl" if len(ids) > 400 else "scatter",
            "mode": "markers",
            "x": [datetime.fromtimestamp(at, zone).isoformat() for at in report.completed.at[known].tolist()],
            "y": np.round(report.completed.cycle_days[known], 2).tolist(),
            "customdata": [[item, plot_text(items[item].title if item in items else "")] for item in ids],
            "hovertemplate": "#%{customdata[0]} %{customdata[1]}<br>%{y:.1f} days<extra></extra>",
            "marker": {"size": 7, "color": f"{GREEN}B3", "line": {"width": 1, "color": GREEN}},
        }
    ]
    shape = layout(HEIGHT)
    shape["xaxis"] |= {"range": [report.period.since.isoformat(), f"{report.period.until.isoformat()}T23:59:59"]}
    shape["yaxis"] |= {"title": {"text": "days"}, "rangemode": "tozero"}
    if known.size and report.completed.cycle_days[known].max() < 1:
        shape["yaxis"] |= {"range": [0, 1]}  # else an axis of hours would count in thousandths
    _add_percentiles(shape, report.cycle)
    return traces, shape


def _add_percentiles(shape: Layout, spread: Spread) -> None:
    lines = [(percent, dash, colour) for percent, dash, colour in PERCENTILE_LINES if percent in spread.days]
    shape["shapes"] = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": spread.days[percent], "y1": spread.days[percent],
            "line": {"dash": dash, "width": 1.5, "color": colour},
        }
        for percent, dash, colour in lines
    ]  # fmt: skip
    shape["annotations"] = [
        {
            "xref": "paper", "x": 1, "xanchor": "right", "y": spread.days[percent], "yanchor": "bottom",
            "showarrow": False, "text": f"{percent} % · {span(spread.days[percent], short=True)}", "font": {"size": 11},
        }
        for percent, _, _ in lines
    ]  # fmt: skip


def cycle_time_sentence(report: FlowReport) -> str:
    """Within how many days most of the work was done."""
    if report.cycle.missing:
        return f"A cycle time {report.cycle.missing} in this period."
    text = f"85 % of the work was done within **{span(report.cycle.days[85])}** of its start"
    if report.never_started:
        text += f"; {report.never_started:,} were completed without being started and are not in it"
    return f"{text}."


def throughput_chart(report: FlowReport) -> tuple[Traces, Layout]:
    """Completed items as bars: per day of up to a month, else per week."""
    flow = report.throughput
    daily = len(flow.days) <= 31
    places, counts = (flow.days, flow.per_day) if daily else (flow.weeks, flow.per_week)
    words = "%{x|%-d %b %Y}" if daily else "week of %{x|%-d %b %Y}"
    traces: Traces = [
        {
            "type": "bar",
            "x": [day.isoformat() for day in places],
            "y": list(counts),
            "marker": {"color": GREEN},
            "hovertemplate": f"{words}<br>%{{y}} completed<extra></extra>",
        }
    ]
    shape = layout(HEIGHT, bargap=0.25)
    shape["yaxis"] |= {"tickformat": "d", "title": {"text": "per day" if daily else "per week"}}
    return traces, shape


def throughput_sentence(report: FlowReport) -> str:
    """How many are completed in a week."""
    total, days = sum(report.throughput.per_day), len(report.throughput.days)
    return f"**{total * 7 / days:.1f}** a week on average: {total:,} completed in {days} days."


def ageing_chart(report: FlowReport, items: Mapping[int, FlowItem]) -> tuple[Traces, Layout]:
    """The oldest running items as bars, against the 85th percentile of past cycle times."""
    shown = report.ageing.items[:MOST_BARS][::-1]
    traces: Traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [f"#{item.id}" for item in shown],
            "x": [round(item.age_days, 1) for item in shown],
            "text": [plot_text(_bar_text(item, items), 46) for item in shown],
            "textposition": "auto",
            "insidetextanchor": "start",
            "customdata": [[item.id, label(item.status)] for item in shown],
            "hovertemplate": "%{text}<br>%{customdata[1]} · %{x:.1f} days<extra></extra>",
            "marker": {
                "color": [VERMILION if item.over else BLUE for item in shown],
                # Stripes tell the same as the colour.
                "pattern": {
                    "shape": ["/" if item.over else "" for item in shown],
                    "fillmode": "overlay",
                    "fgcolor": "#FFFFFF",
                    "fgopacity": 0.22,
                    "size": 6,
                },
            },
            "insidetextfont": {"color": "#FFFFFF"},
        }
    ]
    shape = layout(max(170, 40 + 26 * len(shown)), bargap=0.2)
    shape["yaxis"] = {"type": "category", "automargin": True, "fixedrange": True}
    shape["xaxis"] |= {"title": {"text": "days since work began"}, "rangemode": "tozero"}
    if (limit := report.ageing.limit_days) is not None:
        shape["shapes"] = [
            {
                "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": limit, "x1": limit,
                "line": {"dash": "dash", "width": 2, "color": ORANGE},
            }
        ]  # fmt: skip
    return traces, shape


def _bar_text(item: AgeingItem, items: Mapping[int, FlowItem]) -> str:
    title = items[item.id].title if item.id in items else ""
    return f"{'⚠ ' if item.over else ''}{title}"


def ageing_sentence(report: FlowReport) -> str:
    """How many are older than most past work ever became."""
    ageing = report.ageing
    if ageing.limit_days is None:
        return f"{len(ageing.items):,} are running. A limit for their age {ageing.missing} in this period."
    over = sum(item.over for item in ageing.items)
    return (
        f"**{over:,} of {len(ageing.items):,}** are older than {span(ageing.limit_days)}, "
        f"within which {AGEING_PERCENTILE} % of past work was done."
    )
