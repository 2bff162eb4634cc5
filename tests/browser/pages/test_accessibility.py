"""Nothing on any page keeps people with other eyes, ears or hands out: axe-core has no serious finding."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pages.widgets.navigation import PAGE_LINKS
from tests.browser.axe import serious
from tests.browser.board.harness import OpenPage
from tests.browser.pages.settled import settled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding(open_page: OpenPage, talked_about: int, scheme: str) -> None:
    page = open_page(scheme=scheme)
    found = {}

    for link in PAGE_LINKS:
        page.visit(link.path)
        found[link.title] = serious(settled(page).page)

    assert {title: some for title, some in found.items() if some} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_opens_above_a_page_has_a_serious_finding(
    open_page: OpenPage, talked_about: int, scheme: str
) -> None:
    page = open_page(scheme=scheme)
    found = {}

    page.visit("", item=talked_about)
    page.dialog.wait_for()
    found["the drawer"] = serious(settled(page).page)
    page.visit("", digest=1)
    page.dialog.wait_for()
    found["the digest"] = serious(settled(page).page)
    page.visit("")
    settled(page).press("?")
    page.dialog.wait_for()
    found["the keys"] = serious(page.page)
    page.press("Escape")
    expect(page.dialog).to_have_count(0)
    page.press("n")
    page.dialog.get_by_text("Add an enhancement").wait_for()
    found["adding"] = serious(settled(page).page)

    assert {title: some for title, some in found.items() if some} == {}
