"""The map of dependencies: drawn, walked through by keys, panned, zoomed, and told in words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog.dependencies import add_dependency
from tests.browser.board.harness import Backlog, OpenPage
from tests.browser.flow.looks import serious_findings

pytestmark = pytest.mark.browser


def test_a_chain_on_the_map_by_mouse_and_by_keys(open_page: OpenPage, backlog: Backlog) -> None:
    fields = {"status": "approved", "estimated_hours": 5, "feature_area": backlog.word}
    first, second, third, beside = backlog.add("<b>First</b>", "Second", "Third", "Beside", **fields)
    for waiting, blocker in ((second, first), (third, second), (beside, first)):
        backlog.as_other(add_dependency, waiting, blocker, "blocked_by")
    page = open_page()
    page.visit("dependencies", area=backlog.word)
    nodes = page.page.locator(".workmap .node")

    expect(nodes).to_have_count(4, timeout=30_000)
    expect(page.page.get_by_text("15 h")).to_be_visible()
    expect(page.page.locator(".workmap .link.critical")).to_have_count(2)
    expect(page.page.locator(".workmap .node.critical")).to_have_count(3)
    expect(nodes.first.locator(".title")).to_contain_text("<b>First</b>")
    expect(page.page.get_by_role("button", name="ready now")).to_have_count(1)

    assert serious_findings(page) == []
    nodes.first.focus()
    page.press("ArrowRight", "ArrowRight", "ArrowLeft")
    focused = page.page.locator(".workmap .node:focus")
    expect(focused).to_have_attribute("data-id", str(second))
    world = page.page.locator(".workmap .world")
    before = world.get_attribute("transform")
    page.press("+")
    assert world.get_attribute("transform") != before
    page.press("Enter")
    expect(page.dialog.get_by_role("heading", name=f"#{second} Second")).to_be_visible(timeout=20_000)

    page.visit("dependencies", focus=beside)
    expect(nodes).to_have_count(2, timeout=30_000)
    page.page.locator(".st-key-dependencies-list summary").press("Enter")
    row = page.page.get_by_role("button", name=f"#{beside} Beside").filter(has_text=f"waits for #{first}")
    expect(row).to_be_visible(timeout=20_000)

    box = page.page.locator(".workmap svg").bounding_box()
    assert box is not None
    moved = world.get_attribute("transform")
    page.page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 120)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 90, box["y"] + box["height"] - 90, steps=4)
    page.page.mouse.up()
    assert world.get_attribute("transform") != moved
    assert page.dialog.count() == 0
    nodes.last.click()
    expect(page.dialog.get_by_role("heading").first).to_contain_text(backlog.word)


def test_an_item_that_is_not_linked_says_how_to_link_it(open_page: OpenPage, backlog: Backlog) -> None:
    (lone,) = backlog.add("Lone")
    page = open_page(scheme="dark", size=(390, 844))
    page.visit("dependencies", focus=lone)

    expect(page.page.locator(".st-key-nothing-yet")).to_contain_text("Links", timeout=30_000)
