"""The timeline of two people, one of whom has too much to do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog.dependencies import add_dependency
from tests.browser.board.harness import Backlog, OpenPage
from tests.browser.flow.looks import serious_findings

pytestmark = pytest.mark.browser


def test_who_has_too_much_and_what_cannot_be_planned(open_page: OpenPage, backlog: Backlog) -> None:
    busy, idle, area = f"busy {backlog.word}", f"idle {backlog.word}", {"feature_area": backlog.word}
    (big,) = backlog.add("<i>Big</i>", status="in_progress", estimated_hours=400, assignee=busy, **area)
    (waiting,) = backlog.add("Waits", status="approved", estimated_hours=4, assignee=idle, **area)
    (stuck,) = backlog.add("Stuck", status="approved", estimated_hours=4, assignee=idle, **area)
    (proposal,) = backlog.add("Proposal", **area)
    backlog.add("Unknown size", status="approved", assignee=idle, **area)
    backlog.as_other(add_dependency, waiting, big, "blocked_by")
    backlog.as_other(add_dependency, stuck, proposal, "blocked_by")
    page = open_page()
    page.visit("timeline", area=backlog.word, horizon="2 weeks")

    expect(page.page.get_by_text(f"⚠ {busy}").first).to_be_visible(timeout=30_000)
    expect(page.page.get_by_text("h over what fits until").first).to_be_visible()
    expect(page.page.get_by_text("1 cannot be planned")).to_be_visible()
    bars = page.page.locator(".js-plotly-plot .bars .point path")
    expect(bars.first).to_be_visible(timeout=30_000)
    assert serious_findings(page) == []
    bar = bars.first
    box = bar.bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)
    expect(page.dialog.get_by_role("heading", name=f"#{big} <i>Big</i>")).to_be_visible()
    page.press("Escape")
    # The drawer is gone when the address has forgotten it as well.
    page.page.wait_for_url(lambda url: "item=" not in url)
    expect(page.dialog).to_have_count(0)
    page.page.get_by_role("radio", name="12 weeks").click()
    page.page.wait_for_url("**horizon=12**")
    # 60 days of 6 hours hold 360 of the 400.
    expect(page.page.get_by_text("· 40 h over")).to_be_visible(timeout=20_000)
    page.page.locator(".st-key-timeline-list summary").press("Enter")
    expect(page.page.get_by_role("button", name=f"#{waiting} Waits")).to_be_visible()
    expect(page.page.get_by_role("button", name="≈")).to_be_visible()


def test_nothing_to_plan_says_how_to_begin(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Only proposed", feature_area=backlog.word)
    page = open_page(scheme="dark", size=(390, 844))
    page.visit("timeline", area=backlog.word)

    expect(page.page.get_by_text("Nothing is planned that fits these filters")).to_be_visible(timeout=30_000)
