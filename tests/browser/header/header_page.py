"""Speaks of the parts of the header as a person would."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.board.harness import AppPage


def ready(page: AppPage) -> AppPage:
    """Wait until the header has its data."""
    page.page.wait_for_selector(".header[data-ready=true]", timeout=40_000)
    return page


def search_box(page: AppPage) -> Locator:
    return page.page.get_by_role("combobox", name="Search everything")


def option(page: AppPage, text: str) -> Locator:
    """The option of the search that has this text."""
    return page.page.get_by_role("option").filter(has_text=text)


def type_into_search(page: AppPage, text: str) -> None:
    """Type letter by letter, as a person does."""
    page.press("/")
    expect(search_box(page)).to_be_focused()
    search_box(page).press_sequentially(text)


def bell(page: AppPage) -> Locator:
    return page.page.get_by_role("button", name="What concerns me")


def told(page: AppPage, text: str) -> Locator:
    """The message at the bottom of the page."""
    return page.page.locator('[class*="st-key-snackbar-"]').filter(has_text=text)
