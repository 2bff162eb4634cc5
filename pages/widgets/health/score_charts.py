"""The gauge of the score and its trend, with what was released and fixed in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ci_core.health.check_result import CheckResult
from ci_core.health.history import Trend, TrendMark, TrendPoint
from db.enums import IssueType
from pages.widgets.chart_style import BLUE, GREEN, GREY, ORANGE, VERMILION, layout, plot_text
from pages.widgets.health.words import CHECK_TITLES, PART_COLOURS, counted, look_of_score, signed
from pages.widgets.text import label

Traces = list[dict[str, Any]]
Layout = dict[str, Any]
GAUGE_HEIGHT, TREND_HEIGHT = 170, 330
LOOK_COLOURS = {"well": GREEN, "odd": ORANGE, "bad": VERMILION, "none": GREY}
TINT = "rgba(128, 136, 150, 0.16)"


def gauge(check: CheckResult, least: int) -> tuple[Traces, Layout]:
    """The overall score on its scale, with the change since the check before and a line at the least wanted."""
    score = check.overall_health_score or 0
    trace: dict[str, Any] = {
        "type": "indicator",
        "mode": "gauge+number",
        "value": score,
        "number": {"font": {"size": 54}},
        "domain": {"x": [0, 1], "y": [0, 1]},
        "gauge": {
            "shape": "angular",
            "axis": {"range": [0, 100], "tickvals": [0, 50, 100] if 35 < least < 65 else [0, least, 100]},
            "bar": {"color": LOOK_COLOURS[look_of_score(score, least)], "thickness": 0.75},
            "bgcolor": TINT,
            "borderwidth": 0,
            "threshold": {"line": {"color": BLUE, "width": 4}, "thickness": 0.95, "value": least},
        },
    }
    return [trace], {"height": GAUGE_HEIGHT, "margin": {"l": 34, "r": 34, "t": 22, "b": 8}}


def trend_chart(shown: Trend, *, since: datetime, now: datetime, least: int) -> tuple[Traces, Layout]:
    """The score over time; parts can be switched on in the legend, releases and fixes are marked."""
    fixes = [mark for mark in shown.marks if mark.kind == "fix"]
    releases = [mark for mark in shown.marks if mark.kind == "release"]
    traces: Traces = [_score_line(shown.points), *_part_lines(shown.points)]
    if fixes:
        traces.append(_fixes(fixes))
    if releases:
        traces.append(_releases(releases))
    shape = layout(TREND_HEIGHT, showlegend=True, hovermode="closest")
    shape["margin"] = {"l": 36, "r": 12, "t": 24, "b": 30}
    shape["legend"] = {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0, "font": {"size": 12}}
    end = now + (now - since) * 0.01
    shape["xaxis"] |= {
        "type": "date",
        "range": [since.isoformat(), end.isoformat()],
        "fixedrange": True,
        "tickformat": "%-d %b",
    }
    shape["yaxis"] = {"range": [0, 104], "tickvals": [0, 25, 50, 75, 100], "automargin": True, "fixedrange": True}
    shape["shapes"] = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": least, "y1": least,
            "line": {"color": BLUE, "width": 1, "dash": "dash"},
        },
        *(
            {
                "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": one.at.isoformat(), "x1": one.at.isoformat(),
                "line": {"color": GREY, "width": 1, "dash": "dot"},
            }
            for one in releases
        ),
    ]  # fmt: skip
    shape["annotations"] = [
        {
            "xref": "paper", "x": 1, "xanchor": "right", "y": least, "yanchor": "bottom", "showarrow": False,
            "text": f"wanted: {least}", "font": {"size": 11},
        },
        *_release_names(releases, now - since),
    ]  # fmt: skip
    return traces, shape


def trend_sentence(points: Sequence[TrendPoint], days: int) -> str:
    """What the trend says, in words: from where to where, and how often it fell."""
    if not points:
        return f"no check has a score in the last {days} days."
    if len(points) == 1:
        return f"one check in {days} days, at {points[0].overall}."
    first, last = points[0], points[-1]
    change = last.overall - first.overall
    if change == 0:
        told = f"{last.overall}, as at the start of the {days} days"
    else:
        told = (
            f"from {first.overall} to {last.overall}: {'up' if change > 0 else 'down'} by {abs(change)} in {days} days"
        )
    fell = sum(1 for point in points if (point.delta or 0) < 0)
    return f"{told}. It fell at {fell} of {counted(len(points), 'check')}."


def _score_line(points: Sequence[TrendPoint]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Overall",
        "x": [point.at.isoformat() for point in points],
        "y": [point.overall for point in points],
        "customdata": [[point.check_id, _told(point)] for point in points],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "line": {"color": BLUE, "width": 3},
        "marker": {"size": 8, "color": BLUE, "symbol": "circle"},
    }


def _part_lines(points: Sequence[TrendPoint]) -> Traces:
    traces = []
    for part in IssueType:
        known = [point for point in points if part.value in point.parts]
        if not known:
            continue
        colour, dash = PART_COLOURS[part]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label(part),
                "visible": "legendonly",
                "x": [point.at.isoformat() for point in known],
                "y": [point.parts[part.value] for point in known],
                "customdata": [[point.check_id] for point in known],
                "hovertemplate": f"{label(part)} %{{y}}, %{{x|%-d %b %Y}}<extra></extra>",
                "line": {"color": colour, "width": 2, "dash": dash},
            }
        )
    return traces


def _fixes(fixes: Sequence[TrendMark]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Grave issues fixed",
        "x": [one.at.isoformat() for one in fixes],
        "y": [3] * len(fixes),
        "customdata": [[one.check_id, _mark_told(one)] for one in fixes],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "marker": {"size": 11, "symbol": "diamond", "color": GREEN, "line": {"width": 1, "color": "#ffffff"}},
    }


def _releases(releases: Sequence[TrendMark]) -> dict[str, Any]:
    """What one can point at; the lines themselves tell nothing to a pointer."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Releases",
        "x": [one.at.isoformat() for one in releases],
        "y": [100] * len(releases),
        "customdata": [[None, _mark_told(one)] for one in releases],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "marker": {"size": 9, "symbol": "triangle-down", "color": GREY},
    }


def _mark_told(mark: TrendMark) -> str:
    lines = [f"<b>{plot_text(mark.label)}</b>", f"{mark.at.day} {mark.at:%b %Y}"]
    return "<br>".join(lines + ([plot_text(mark.detail, 120)] if mark.detail else []))


def _told(point: TrendPoint) -> str:
    issues = point.issues
    changes = [
        f"{issues[name]:,} {word}"
        for name, word in (("new", "new"), ("regressed", "back again"), ("resolved", "fixed"))
        if issues.get(name)
    ]
    lines = [f"<b>{point.overall}</b> {signed(point.delta)}".rstrip()]
    lines.append(f"{point.at.day} {point.at:%b %Y %H:%M} UTC · {CHECK_TITLES[point.check_type]}")
    lines.append(", ".join(changes) or "nothing changed")
    if point.confidence is not None and point.confidence < 100:
        lines.append(f"based on {point.confidence:.0f} % of what was to be looked at")
    if point.commit_sha:
        lines.append(f"commit {point.commit_sha[:10]}")
    return "<br>".join(plot_text(line) if not line.startswith("<b>") else line for line in lines)


def _release_names(releases: Sequence[TrendMark], width: timedelta) -> Traces:
    """Names above the lines; one that would stand in another one's way is left out; its mark tells it."""
    shown: Traces = []
    last: datetime | None = None
    for one in releases:
        if last is not None and one.at - last < width * 0.07:
            continue
        last = one.at
        shown.append(
            {
                "x": one.at.isoformat(), "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False,
                "text": plot_text(one.label, 18), "font": {"size": 11},
            }
        )  # fmt: skip
    return shown
