"""What research brought: figures at the top, four charts, and why one of them is empty where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from ci_core.backlog.export import ExportColumn
from ci_core.llm.models import configured_models
from ci_core.llm.usage import LlmUsage, llm_usage
from ci_core.research import insight as figures
from ci_core.research.insight import Insight, insight, span_of_days
from ci_core.research.insight_queries import newest_change
from pages.widgets import insight_charts as charts
from pages.widgets.chart_style import draw_chart
from pages.widgets.export_menu import draw_export
from pages.widgets.flow_source import reader_zone
from pages.widgets.period import draw_period
from pages.widgets.session import Backend
from pages.widgets.text import as_text

PERIODS = ("30 days", "90 days", "365 days")
DEFAULT_PERIOD = PERIODS[1]
KEPT_SECONDS = 30


def draw_insight_period() -> int:
    """Draw the choice of the period, which the address keeps; gives its days."""
    return int(draw_period(PERIODS, DEFAULT_PERIOD).split()[0])


@st.cache_data(ttl=KEPT_SECONDS, max_entries=20, show_spinner=False)
def _figures(_shared: Backend, days: int, zone: str, newest: int) -> Insight:  # noqa: ARG001 - a key of what is kept
    with _shared.database.reading() as session:
        return insight(session, span_of_days(days, datetime.now(UTC), ZoneInfo(zone)))


def draw_insight(shared: Backend, days: int, to_sources: Callable[[], None]) -> None:
    """Draw the figures of the last `days` days; `to_sources` leads to where a scan is started.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        newest = newest_change(session)
    shown = _figures(shared, days, str(reader_zone()), newest)
    if not shown.found and not shown.weeks:
        _draw_nothing(days, to_sources)
        return
    _draw_metrics(shown)
    _draw_cost(shared)
    left, right = st.columns(2, gap="medium")
    with left, _card("Findings per day and site", charts.per_day_sentence(shown), "per-day"):
        if shown.per_day:
            draw_chart(*charts.per_day_chart(shown), key="chart-per-day", alt="Findings over time, by site.")
            _export("findings-per-day", figures.DAY_COLUMNS, figures.day_rows, shown)
        else:
            _missing("No scan brought anything in this period. Choose a longer one.")
    with right, _card("From found to completed", charts.funnel_sentence(shown), "funnel"):
        alt = "; ".join(f"{charts.STAGES[stage]}: {number}" for stage, number in shown.funnel.items())
        draw_chart(*charts.funnel_chart(shown), key="chart-funnel", alt=alt)
        _export("research-funnel", figures.FUNNEL_COLUMNS, figures.funnel_rows, shown)
    left, right = st.columns(2, gap="medium")
    with left, _card("Relevance", charts.scores_sentence(shown), "scores"):
        if any(any(counts) for counts in shown.scores.values()):
            alt = "Findings in each tenth of the relevance, by what became of them."
            draw_chart(*charts.scores_chart(shown), key="chart-scores", alt=alt)
            _export("relevance", figures.SCORE_COLUMNS, figures.score_rows, shown)
        else:
            _missing("No finding of this period has a score.")
    with right, _card("Precision", charts.precision_sentence(shown), "precision"):
        if shown.weeks:
            alt = "Share of accepted among decided findings in each week, with the range of its uncertainty."
            draw_chart(*charts.precision_chart(shown), key="chart-precision", alt=alt)
            _export("precision", figures.PRECISION_COLUMNS, figures.precision_rows, shown)
        else:
            _missing("A precision needs decisions of people: convert or reject findings on the Research page.")


def _draw_nothing(days: int, to_sources: Callable[[], None]) -> None:
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown(f"##### Nothing was found in the last {days} days")
        st.markdown("The figures come from what scans find and what people decide about it. Start a scan to have some.")
        st.button("Go to the sources", on_click=to_sources, key="to-sources", icon=":material/rss_feed:")


def _draw_metrics(shown: Insight) -> None:
    funnel, precision = shown.funnel, shown.precision
    waiting = sum(shown.scores["waiting"])
    range_ = precision.interval
    sure = "Nobody has decided anything." if range_ is None else (
        f"{precision.part:,} of {precision.whole:,} decided were accepted; with 95 % certainty it is "
        f"{charts.percent(range_[0])} to {charts.percent(range_[1])}."
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", key="insight-figures"):
        st.metric("Found", f"{funnel['found']:,}", border=True)
        st.metric("New", f"{funnel['new']:,}", border=True, help="Without those that repeat another one.")
        st.metric("Waiting", f"{waiting:,}", border=True, help="Found in this period, scored, and not decided yet.")
        st.metric("Converted", f"{funnel['converted']:,}", border=True)
        st.metric("Precision", charts.percent(precision.value), border=True, help=sure)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=2, show_spinner=False)
def _spent(_shared: Backend) -> LlmUsage:
    with _shared.database.reading() as session:
        return llm_usage(session, _shared.settings.llm_daily_max_cost_usd, datetime.now(UTC))


def _draw_cost(shared: Backend) -> None:
    """Say what chat models cost today, where one is configured."""
    models = configured_models(shared.settings)
    if not models:
        return
    used = _spent(shared)
    calls = sum(entry.calls for entry in used.calls)
    limit = f"of {used.limit_usd:,.2f} USD"
    spent_up = " Findings are scored locally until midnight UTC." if used.left_usd <= 0 else ""
    st.caption(
        f":material/payments: Chat model {as_text(models[0].label)}: today {calls:,} calls for "
        f"**{used.spent_usd:,.2f}** {limit}.{spent_up}"
    )


def _card(title: str, sentence: str, key: str) -> st.delta_generator.DeltaGenerator:
    card = st.container(border=True, key=f"insight-{key}", height="stretch")
    card.markdown(f"**{title}** — {sentence}")
    return card


def _export(
    name: str,
    columns: Sequence[ExportColumn],
    make_rows: Callable[[Insight], Iterable[Mapping[str, Any]]],
    shown: Insight,
) -> None:
    draw_export(name, lambda: (columns, make_rows(shown)))


def _missing(words: str) -> None:
    st.caption(f":material/hourglass_empty: {words}")
