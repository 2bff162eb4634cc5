"""Charts of flow and timeline: what they show is told apart without colour, and titles stay text."""

from __future__ import annotations

from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_report import FlowReport, flow_report, period_of_days
from ci_core.backlog.flow_store import FlowHistory
from db.enums import Status
from pages.widgets.chart_style import STATUS_SYMBOLS, plot_text
from pages.widgets.flow_charts import (
    ageing_chart,
    ageing_sentence,
    cumulative_flow_chart,
    cumulative_flow_sentence,
    cycle_time_chart,
    cycle_time_sentence,
    throughput_chart,
)
from pages.widgets.timeline_chart import overload_reasons, timeline_chart
from tests.ci_core.backlog.flow.histories import day, journeys
from tests.ci_core.backlog.planning.work import item, plan

ITEMS = {n: FlowItem(n, f"<b>Item {n}</b> & more", "completed", "high", "testing", None, None) for n in range(1, 8)}


def report() -> FlowReport:
    """Five items done in 1 to 5 days, one that runs since 20 and one since a day."""
    done = {f"i{n}": [(0, Status.APPROVED), (1, Status.IN_PROGRESS), (1 + n, Status.COMPLETED)] for n in range(1, 6)}
    running = {"i6": [(9, Status.IN_PROGRESS)], "i7": [(28, Status.IN_PROGRESS)]}
    return flow_report(FlowHistory(journeys(**done, **running), ITEMS, 1), period_of_days(30, day(29)), now=day(29))


def test_a_title_is_text_to_a_chart_and_fits_its_place() -> None:
    assert plot_text("<b>a</b>\n & <a href='x'>") == "&lt;b&gt;a&lt;/b&gt; &amp; &lt;a href='x'&gt;"
    assert plot_text("abcdefgh", 5) == "abcd…"
    (points,), _ = cycle_time_chart(report(), ITEMS)
    assert all("<b>" not in title for _, title in points["customdata"])


def test_the_bands_of_the_flow_bear_symbols_and_end_with_what_was_completed() -> None:
    traces, _ = cumulative_flow_chart(report())

    assert traces[0]["y"][-1] == 5
    assert len({trace["name"] for trace in traces}) == len(traces) == 5
    assert len(set(STATUS_SYMBOLS.values())) == len(STATUS_SYMBOLS)
    assert cumulative_flow_sentence(report()).startswith("**2** are in progress or blocked")


def test_percentiles_are_told_apart_by_their_dashes_and_words() -> None:
    _, shape = cycle_time_chart(report(), ITEMS)

    assert [line["line"]["dash"] for line in shape["shapes"]] == ["dot", "dash", "solid"]
    assert [note["text"] for note in shape["annotations"]] == ["50 % · 3.0 d", "85 % · 5.0 d", "95 % · 5.0 d"]
    assert cycle_time_sentence(report()) == "85 % of the work was done within **5.0 days** of its start."


def test_what_is_too_old_is_striped_and_marked_and_says_which_it_is() -> None:
    (bars,), shape = ageing_chart(report(), ITEMS)

    assert [row[0] for row in bars["customdata"]] == [7, 6]
    assert bars["marker"]["pattern"]["shape"] == ["", "/"]
    assert [text.startswith("⚠") for text in bars["text"]] == [False, True]
    assert shape["shapes"][0]["x0"] == 5.0
    assert "**1 of 2** are older than 5.0 days" in ageing_sentence(report())


def test_throughput_is_shown_by_day_for_a_month() -> None:
    (bars,), _ = throughput_chart(report())

    assert (len(bars["x"]), sum(bars["y"])) == (30, 5)


def test_the_timeline_draws_what_begins_before_the_horizon_and_the_arrows_between() -> None:
    found = plan([item(1, 6), item(2, 6, "bob"), item(3, 90), item(4, 6)], [(2, 1)])

    traces, shape = timeline_chart(found, most_running=3)

    approved = traces[2]
    assert [row[0] for row in approved["customdata"]] == [1, 3, 2]
    assert traces[3]["y"] == [0, 1, None]
    assert shape["yaxis"]["ticktext"][0] == "<b>⚠ ada</b><br>42 h over"
    assert overload_reasons(found.lanes[1], 3) == []
