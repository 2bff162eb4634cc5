"""The header has its place on every window, and is readable for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.board.harness import AppPage, OpenPage
from tests.browser.header.header_page import bell, ready, type_into_search

pytestmark = pytest.mark.browser
GAP = """() => {
  const links = [...document.querySelectorAll('[data-testid="stTopNavLink"]')].filter((link) =>
    link.checkVisibility({ opacityProperty: true }));
  const ends = links.map((link) => link.getBoundingClientRect().right);
  const header = document.querySelector(".st-key-header-place").getBoundingClientRect();
  return [header.left - Math.max(0, ...ends), innerWidth - header.right, links.length];
}"""


def findings(page: AppPage) -> list[str]:
    return serious(page.page, ".st-key-header-place")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_is_readable_and_named(open_page: OpenPage, scheme: str) -> None:
    page = open_page(scheme=scheme)
    page.visit("")
    ready(page)

    bell(page).click()
    expect(page.page.get_by_role("region", name="What concerns me")).to_be_visible()
    assert findings(page) == []
    page.press("Escape")
    type_into_search(page, "pri")
    expect(page.page.get_by_role("option").first).to_be_visible()
    page.press("ArrowDown")
    assert findings(page) == []
    page.press("Escape", "Escape", "?")
    expect(page.dialog).to_be_visible()
    assert findings(page) == []


def test_the_header_covers_neither_the_links_nor_the_menu_nor_the_page(open_page: OpenPage) -> None:
    page = open_page()
    page.visit("")
    ready(page)

    for width, least in ((1280, 5), (1024, 4), (390, 0)):
        page.page.set_viewport_size({"width": width, "height": 800})
        page.page.wait_for_timeout(300)
        before, behind, links = page.page.evaluate(GAP)
        assert (before > 0, behind >= 45, links >= least) == (True, True, True), (width, links)
        below = page.page.locator(".st-key-header-place").bounding_box()
        assert below is not None
        assert below["y"] + below["height"] <= 56  # the height of the bar
