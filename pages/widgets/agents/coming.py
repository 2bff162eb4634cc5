"""What is due in the coming hours or days: as points on a line for each schedule and source, and as a list."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any

from ci_core.jobs.calendar import Calendar, Coming
from pages.widgets.agents.words import at, from_now
from pages.widgets.chart_style import BLUE, ORANGE, layout, plot_text
from pages.widgets.text import as_text, shortened

MOST_ROWS = 24
ROW_PIXELS, FRAME_PIXELS = 24, 70
# A filled circle is certain; an open diamond depends on how the scan before goes.
SURE, EXPECTED = ("Due", BLUE, "circle"), ("Expected", ORANGE, "diamond-open")
Traces = list[dict[str, Any]]
Layout = dict[str, Any]


def sentence(found: Calendar, now: datetime, zone: tzinfo) -> str:
    """What is first, and how much comes."""
    if not found.entries:
        return "nothing is due in this time."
    first = found.entries[0]
    more = f" {_named(found.cut)} more often than is shown here." if found.cut else ""
    when = f"{from_now(first.due_at, now)}, {at(first.due_at, now, zone)}"
    return f"next is **{_safe(first.name)}** {when}. {len(found.entries):,} times in all.{more}"


def _named(names: tuple[str, ...]) -> str:
    listed = ", ".join(_safe(name) for name in names[:3])
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{listed}{more} {'comes' if len(names) == 1 else 'come'}"


def _safe(name: str) -> str:
    return as_text(shortened(name, 60))


def chart(found: Calendar, now: datetime, span: timedelta, zone: tzinfo) -> tuple[Traces, Layout]:
    """A point for each time; the line that is due first stands at the top."""
    names = list(dict.fromkeys(entry.name for entry in found.entries))[:MOST_ROWS]
    traces: Traces = []
    for (name, colour, symbol), expected in ((SURE, False), (EXPECTED, True)):
        points = [entry for entry in found.entries if entry.expected is expected and entry.name in names]
        if not points:
            continue
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [_local(entry.due_at, zone) for entry in points],
                "y": [plot_text(entry.name, 40) for entry in points],
                "customdata": [[plot_text(entry.title), at(entry.due_at, now, zone)] for entry in points],
                "hovertemplate": "%{y}<br>%{customdata[0]}, %{customdata[1]}<extra></extra>",
                "marker": {"size": 9, "color": colour, "symbol": symbol, "line": {"width": 1.5, "color": colour}},
            }
        )
    shape = layout(FRAME_PIXELS + ROW_PIXELS * max(2, len(names)), showlegend=len(traces) > 1)
    shape["xaxis"] |= {
        "type": "date",
        "range": [_local(now, zone), _local(now + span, zone)],
        "tickformat": "%H:%M\n%a %-d %b" if span <= timedelta(days=1) else "%a %-d %b",
        "fixedrange": True,
    }
    order = [plot_text(name, 40) for name in reversed(names)]
    shape["yaxis"] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": order,
        "range": [-0.6, len(order) - 0.4],
        "automargin": True,
        "fixedrange": True,
    }
    return traces, shape


def list_html(found: Calendar, now: datetime, zone: tzinfo) -> str:
    """The same as a table of safe HTML."""
    rows = "".join(_row(entry, now, zone) for entry in found.entries)
    return (
        '<div class="agents-table"><table><caption>What is due when</caption><thead><tr><th scope="col">When</th>'
        f'<th scope="col">Name</th><th scope="col">What</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(entry: Coming, now: datetime, zone: tzinfo) -> str:
    expected = " <small>expected</small>" if entry.expected else ""
    return (
        f"<tr><td>{escape(at(entry.due_at, now, zone))}{expected}</td>"
        f'<th scope="row">{escape(entry.name)}</th><td>{escape(entry.title)}</td></tr>'
    )


def _local(moment: datetime, zone: tzinfo) -> str:
    """A moment as Plotly wants it: on the reader's clock, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
