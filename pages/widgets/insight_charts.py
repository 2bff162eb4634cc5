"""The charts of research: what its figures say, as bars and points, each with one sentence."""

from __future__ import annotations

from typing import Any

from ci_core.research.finding_history import site_name
from ci_core.research.insight import BINS, Insight, Share
from pages.widgets.chart_style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, layout, plot_text

HEIGHT = 290
MOST_DAILY = 45
# Each site has its own pattern beside its colour, in the order of how much it brought.
SITE_LOOKS = ((BLUE, ""), (ORANGE, "/"), (GREEN, "x"), (SKY, "."), (PURPLE, "\\"), (GREY, "+"), (VERMILION, "-"))
OUTCOME_LOOKS = {
    "accepted": ("✓ Accepted", GREEN, ""),
    "refused": ("✕ Rejected", VERMILION, "/"),
    "waiting": ("○ Waiting", SKY, "."),
    "set_aside": ("▽ Set aside", GREY, "x"),
}
STAGES = {
    "found": "Found",
    "new": "New, no duplicate",
    "waited": "Put before people",
    "shown": "Seen or decided",
    "converted": "Converted",
    "completed": "Completed",
}
Traces = list[dict[str, Any]]
Layout = dict[str, Any]


def percent(share: float | None) -> str:
    """A share as whole per cent; a dash where there is none, and no 0 % of what is more than nothing."""
    if share is None:
        return "–"
    return "< 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def per_day_chart(shown: Insight) -> tuple[Traces, Layout]:
    """Findings as bars, one colour and pattern for each site: per day of up to 45 days, else per week."""
    days = shown.span.days
    step = 1 if len(days) <= MOST_DAILY else 7
    # Whole weeks that end today; what is left over at the beginning would look like a quiet week.
    first = len(days) % step
    traces: Traces = []
    for place, (site, counts) in enumerate(shown.per_day.items()):
        colour, pattern = SITE_LOOKS[place % len(SITE_LOOKS)]
        words = "%{x|%-d %b}" if step == 1 else "7 days from %{x|%-d %b}"
        name = plot_text(site_name(site))
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": [day.isoformat() for day in days[first::step]],
                "y": [sum(counts[at : at + step]) for at in range(first, len(days), step)],
                "marker": {"color": colour, "pattern": _pattern(pattern)},
                "hovertemplate": f"{name}, {words}: %{{y}}<extra></extra>",
            }
        )
    shape = layout(HEIGHT, barmode="stack", bargap=0.2, showlegend=True)
    shape["yaxis"] |= {"tickformat": "d", "title": {"text": "per day" if step == 1 else "per week"}}
    return traces, shape


def per_day_sentence(shown: Insight) -> str:
    """How many were found, and where most of them."""
    days = len(shown.span.days)
    if not shown.per_day:
        return f"nothing was found in {days} days."
    most = next(iter(shown.per_day))
    share = sum(shown.per_day[most]) / shown.found
    return f"**{shown.found:,}** in {days} days, {percent(share)} of them from {site_name(most)}."


def scores_chart(shown: Insight) -> tuple[Traces, Layout]:
    """How many findings have a relevance in each tenth, by what became of them."""
    tenths = [f"{n * 10}–{n * 10 + 10}" for n in range(BINS)]
    traces: Traces = []
    for outcome, (name, colour, pattern) in OUTCOME_LOOKS.items():
        if not any(shown.scores[outcome]):
            continue
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": tenths,
                "y": list(shown.scores[outcome]),
                "marker": {"color": colour, "pattern": _pattern(pattern)},
                "hovertemplate": f"relevance %{{x}}: %{{y}} {plot_text(name[2:].lower())}<extra></extra>",
            }
        )
    shape = layout(HEIGHT, barmode="stack", bargap=0.1, showlegend=True)
    shape["xaxis"] |= {"type": "category", "title": {"text": "relevance"}}
    shape["yaxis"] |= {"tickformat": "d"}
    return traces, shape


def scores_sentence(shown: Insight) -> str:
    """How many of the highest scores people agreed with."""
    high = Share(sum(shown.scores["accepted"][8:]), sum(sum(shown.scores[k][8:]) for k in ("accepted", "refused")))
    unscored = f" {shown.without_score:,} have no score." if shown.without_score else ""
    if high.value is None:
        return f"nobody has decided one above 80 yet.{unscored}"
    return f"of those above 80, people accepted **{high.part:,} of {high.whole:,}** ({percent(high.value)}).{unscored}"


def funnel_chart(shown: Insight) -> tuple[Traces, Layout]:
    """How many findings came how far, as bars from the top to the bottom."""
    stages = list(shown.funnel)
    texts = [f"{shown.funnel[stage]:,}{_of_before(shown, place)}" for place, stage in enumerate(stages)]
    traces: Traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [STAGES[stage] for stage in stages],
            "x": [shown.funnel[stage] for stage in stages],
            "text": texts,
            "textposition": "auto",
            "insidetextanchor": "start",
            "insidetextfont": {"color": "#FFFFFF"},
            "cliponaxis": False,
            "marker": {"color": BLUE},
            "hovertemplate": "%{y}: %{text}<extra></extra>",
        }
    ]
    shape = layout(HEIGHT, bargap=0.25)
    shape["yaxis"] = {"type": "category", "automargin": True, "fixedrange": True, "autorange": "reversed"}
    shape["xaxis"] |= {"tickformat": "d", "rangemode": "tozero"}
    # Beside a short bar its words need room.
    shape["margin"] |= {"r": 96}
    return traces, shape


def _of_before(shown: Insight, place: int) -> str:
    stages = list(shown.funnel)
    before = shown.funnel[stages[place - 1]] if place else 0
    return f" · {percent(shown.funnel[stages[place]] / before)}" if before else ""


def funnel_sentence(shown: Insight) -> str:
    """How many came to the end."""
    converted, done = shown.funnel["converted"], shown.funnel["completed"]
    return (
        f"**{converted:,}** became enhancements, {done:,} of them are completed. Each bar is a share of the one above."
    )


def precision_chart(shown: Insight) -> tuple[Traces, Layout]:
    """The share that people accepted in each week, with the range in which the true one lies."""
    weeks = shown.weeks
    shares = [week.precision.value or 0.0 for week in weeks]
    ranges = [week.precision.interval or (0.0, 1.0) for week in weeks]
    traces: Traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [week.begins.isoformat() for week in weeks],
            "y": [round(share * 100, 1) for share in shares],
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": [round((high - share) * 100, 1) for share, (_, high) in zip(shares, ranges, strict=True)],
                "arrayminus": [round((share - low) * 100, 1) for share, (low, _) in zip(shares, ranges, strict=True)],
                "thickness": 1.2,
                "width": 4,
                "color": BLUE,
            },
            "customdata": [
                [week.precision.part, week.precision.whole, round(low * 100), round(high * 100)]
                for week, (low, high) in zip(weeks, ranges, strict=True)
            ],
            "hovertemplate": (
                "week of %{x|%-d %b}<br>%{customdata[0]} of %{customdata[1]} accepted: %{y:.0f} %"
                "<br>95 % certain: %{customdata[2]}–%{customdata[3]} %<extra></extra>"
            ),
            "line": {"color": BLUE, "width": 2},
            # The more decisions, the larger the point.
            "marker": {"size": [min(6 + week.precision.whole**0.5 * 1.5, 18) for week in weeks], "color": BLUE},
        }
    ]
    shape = layout(HEIGHT)
    shape["yaxis"] |= {"range": [0, 102], "ticksuffix": " %"}
    return traces, shape


def precision_sentence(shown: Insight) -> str:
    """The precision of the whole span, and how sure it is."""
    share = shown.precision
    if share.value is None or share.interval is None:
        return "nobody has decided anything in this period."
    low, high = share.interval
    return (
        f"people accepted **{percent(share.value)}** of {share.whole:,} that they decided; "
        f"with 95 % certainty it is {percent(low)} to {percent(high)}."
    )


def _pattern(shape: str) -> dict[str, Any]:
    # Stripes tell the same as the colour.
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#FFFFFF", "fgopacity": 0.55, "size": 6}
