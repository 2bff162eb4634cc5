"""The flow page's parts: figures at the top, four charts, the forecast, and what stands where something is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import streamlit as st

from ci_core.backlog.figure_rows import COMPLETED_COLUMNS, completed_rows
from ci_core.backlog.flow import FEWEST_COMPLETED, Spread
from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_report import FlowReport
from pages.widgets import address, flow_charts
from pages.widgets.chart_style import draw_chart, draw_clickable
from pages.widgets.export_menu import draw_export
from pages.widgets.text import as_text, label, shortened, span

Items = Mapping[int, FlowItem]


def draw_nothing_recorded() -> None:
    """What a team without a single enhancement sees."""
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### Nothing has moved yet")
        st.markdown("The flow is read from the history of the board: add enhancements and move them to *In progress*.")


def draw_figures(
    make_report: Callable[..., FlowReport], items: Items, forecast_inputs: Callable[[], tuple[int, date]]
) -> FlowReport:
    """Draw the whole page below its bar; gives the report that it shows."""
    metrics, charts = st.container(key="flow-figures"), st.container(key="flow-charts")
    with st.container(border=True, key="flow-forecast"):
        st.markdown("**Forecast**")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            count, until = forecast_inputs()
        report = make_report(count=count, until=until)
        _draw_forecast(report)
    with metrics:
        _draw_metrics(report)
    with charts:
        _draw_charts(report, items)
    return report


def _draw_metrics(report: FlowReport) -> None:
    over = sum(item.over for item in report.ageing.items)
    with st.container(horizontal=True, gap="small"):
        st.metric("Completed", f"{len(report.completed):,}", border=True)
        st.metric("Cycle time, 85 %", _days(report.cycle), border=True, help=_all_percentiles(report.cycle, "start"))
        st.metric("Lead time, 85 %", _days(report.lead), border=True, help=_all_percentiles(report.lead, "creation"))
        st.metric("In progress", f"{len(report.ageing.items):,}", border=True)
        st.metric("Older than usual", f"⚠ {over:,}" if over else "0", border=True)


def _days(spread: Spread) -> str:
    return "–" if spread.missing else span(spread.days[85], short=True)


def _all_percentiles(spread: Spread, since: str) -> str:
    if spread.missing:
        return f"It {spread.missing}."
    listed = ", ".join(f"{percent} % within {span(days, short=True)}" for percent, days in spread.days.items())
    return f"From {since} to completion: {listed} ({spread.count:,} items)."


def _draw_charts(report: FlowReport, items: Items) -> None:
    left, right = st.columns(2, gap="medium")
    with left, _card("Cumulative flow", flow_charts.cumulative_flow_sentence(report), "cumulative"):
        draw_chart(
            *flow_charts.cumulative_flow_chart(report),
            key="chart-cumulative",
            alt="Items in each status at the end of each day.",
        )
    with right, _card("Cycle time", flow_charts.cycle_time_sentence(report), "cycle"):
        if report.cycle.count:
            alt = "Every completed item by day and cycle time."
            draw_chart(*flow_charts.cycle_time_chart(report, items), key="chart-cycle", alt=alt)
            draw_export("completed", lambda: (COMPLETED_COLUMNS, completed_rows(report, items)))
        else:
            _missing("Nothing that was started was completed in this period. A card in progress has been started.")
    left, right = st.columns(2, gap="medium")
    with left, _card("Throughput", flow_charts.throughput_sentence(report), "throughput"):
        if len(report.completed):
            alt = "Completed items per day or week."
            draw_chart(*flow_charts.throughput_chart(report), key="chart-throughput", alt=alt)
        else:
            _missing("Nothing was completed in this period. Choose a longer one, or fewer filters.")
    with right, _card("Ageing work in progress", flow_charts.ageing_sentence(report), "ageing"):
        _draw_ageing(report, items)


def _card(title: str, sentence: str, key: str) -> st.delta_generator.DeltaGenerator:
    card = st.container(border=True, key=f"flow-{key}", height="stretch")
    card.markdown(f"**{title}** — {sentence}")
    return card


def _missing(words: str) -> None:
    st.caption(f":material/hourglass_empty: {words}")


def _draw_ageing(report: FlowReport, items: Items) -> None:
    if not report.ageing.items:
        _missing("Nothing is in progress or blocked.")
        return
    alt = "The oldest running items with their age in days; the list below opens them."
    draw_clickable(*flow_charts.ageing_chart(report, items), key="chart-ageing", alt=alt)
    rest = len(report.ageing.items) - flow_charts.MOST_BARS
    with st.expander(f"As a list{f', with {rest:,} younger ones left out' if rest > 0 else ''}"):
        for item in report.ageing.items[: flow_charts.MOST_BARS]:
            title = items[item.id].title if item.id in items else ""
            mark = "⚠ " if item.over else ""
            words = f"{mark}#{item.id} {shortened(title, 60)} · {label(item.status)} · {span(item.age_days)}"
            st.button(
                as_text(words),
                key=f"go-ageing-{item.id}",
                type="tertiary",
                on_click=partial(address.open_item_page, item.id),
                width="stretch",
            )


def _day(day: date | None, today: date) -> str:
    if day is None:
        return "over 10 years"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def _draw_forecast(report: FlowReport) -> None:
    forecast = report.forecast
    if forecast.missing:
        _missing(
            f"A forecast {forecast.missing} in this period. With fewer than {FEWEST_COMPLETED} it would be a guess."
        )
        return
    done, by_then = st.columns(2, gap="medium")
    with done:
        st.markdown(f"**{forecast.count:,}** more will be done by")
        for place, when in zip(st.columns(3, gap="small"), forecast.done_by, strict=True):
            place.metric(f"{when.certainty} % certain", _day(when.on, report.period.until), border=True)
    with by_then:
        until = forecast.until
        st.markdown(f"By **{until.day} {until:%B %Y}** at least so many will be done")
        for place, reached in zip(st.columns(3, gap="small"), forecast.done_until, strict=True):
            place.metric(f"{reached.certainty} % certain", f"{reached.count:,}", border=True)
    st.caption(
        f"10,000 simulated futures, drawn from the {forecast.past_days:,} days before today. The pace may change; "
        "the range says what it did so far."
    )
