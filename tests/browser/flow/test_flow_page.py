"""The flow of a small known history, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.board.harness import AppPage, Backlog, OpenPage
from tests.browser.flow.looks import serious_findings
from tests.ci_core.backlog.flow.past import Past

pytestmark = pytest.mark.browser


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def small_history(past: Past, word: str) -> int:
    """Six items completed within 1 to 6 days, and one that runs since nine; gives that one."""
    for n in range(1, 7):
        steps = ((ago(32), "approved"), (ago(20), "in_progress"), (ago(20 - n), "completed"))
        past.work(f"Done {n} {word}", *steps, feature_area=word)
    return past.work(f"<b>Old</b> {word}", (ago(12), "approved"), (ago(9), "in_progress"), feature_area=word)


def metric(page: AppPage, label: str) -> str:
    return page.page.get_by_test_id("stMetric").filter(has_text=label).first.inner_text()


def test_figures_of_a_known_history_and_the_item_that_ages(open_page: OpenPage, past: Past, backlog: Backlog) -> None:
    old = small_history(past, backlog.word)
    page = open_page(scheme="dark")
    page.visit("flow", area=backlog.word, period="30 days")

    expect(page.page.get_by_text("85 % of the work was done within 6.0 days")).to_be_visible(timeout=30_000)
    expect(page.page.locator(".st-key-flow-ageing")).to_contain_text("1 of 1 are older than 6.0 days")
    assert metric(page, "Completed").split()[-1] == "6"
    assert metric(page, "Cycle time").split()[-2:] == ["6.0", "d"]
    expect(page.page.locator(".st-key-flow-throughput")).to_contain_text("6 completed in 30 days")
    expect(page.page.locator(".st-key-flow-forecast")).to_contain_text("10,000 simulated futures")
    expect(page.page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=30_000)

    page.page.get_by_role("radio", name="180 days").click()
    page.page.wait_for_url("**period=180**")
    expect(page.page.locator(".st-key-flow-throughput")).to_contain_text("6 completed in 180 days")

    bar = page.page.locator(".st-key-flow-ageing .js-plotly-plot .bars .point path")
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)
    expect(page.dialog.get_by_role("heading", name=f"#{old} <b>Old</b>")).to_be_visible()
    assert f"item={old}" in page.page.url
    assert f"area={backlog.word}" in page.page.url


def test_too_short_a_past_is_said_and_the_list_opens_items_by_keys(
    open_page: OpenPage, past: Past, backlog: Backlog
) -> None:
    item = past.work(f"Alone {backlog.word}", (ago(5), "in_progress"), feature_area=backlog.word)
    page = open_page()
    page.visit("flow", area=backlog.word)

    expect(page.page.get_by_text("A cycle time needs at least 5 completed items; there are 0")).to_be_visible(
        timeout=30_000
    )
    expect(page.page.get_by_text("A forecast needs at least 5 items completed before today")).to_be_visible()
    assert serious_findings(page) == []
    expect(page.page.locator("[data-testid=stMain]").get_by_text("None", exact=True)).to_have_count(0)
    page.page.locator(".st-key-flow-ageing summary").press("Enter")
    page.page.get_by_role("button", name=f"#{item} Alone").press("Enter")

    expect(page.dialog.get_by_role("heading", name=f"#{item} Alone")).to_be_visible()
