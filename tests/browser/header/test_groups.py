"""The bar of pages: every page is reached from it, also where not all fit beside each other."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pages.widgets.navigation import PAGE_LINKS
from tests.browser.board.harness import OpenPage
from tests.browser.header.header_page import ready

pytestmark = pytest.mark.browser


def test_every_page_is_in_the_bar_or_behind_one_word_of_it(open_page: OpenPage) -> None:
    opened = open_page(size=(1280, 720))
    opened.visit("")
    ready(opened)
    bar = opened.page.get_by_role("navigation", name="App pages")

    for link in PAGE_LINKS:
        if not link.group:
            expect(bar.get_by_role("link", name=link.title, exact=True)).to_be_visible()
    expect(bar).not_to_contain_text("more")

    for group in dict.fromkeys(link.group for link in PAGE_LINKS if link.group):
        bar.get_by_role("button", name=group).click()
        for link in PAGE_LINKS:
            if link.group == group:
                expect(opened.page.get_by_role("menuitem", name=link.title, exact=True)).to_be_visible()
        opened.press("Escape")

    bar.get_by_role("button", name="Plan").click()
    opened.page.get_by_role("menuitem", name="Flow", exact=True).click()
    expect(opened.page).to_have_url(f"{opened.url}/flow")
