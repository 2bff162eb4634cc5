"""Filters show a part of the board, and the address shows others the same part."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.board.harness import Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_a_filter_goes_into_the_address_and_comes_back_from_it(open_page: OpenPage, backlog: Backlog) -> None:
    high, _ = backlog.add("Urgent", priority="high"), backlog.add("Can wait", priority="low")
    page = open_page().goto(q=backlog.word)
    page.page.locator(".st-key-filters button").first.click()
    page.page.get_by_role("button", name="High", exact=True).click()

    expect(page.column("proposed").locator(".card")).to_have_count(1)
    page.page.wait_for_url("**priority=high**")
    colleague = open_page()
    colleague.page.goto(page.page.url)
    colleague.wait_until_drawn()

    expect(colleague.column("proposed").locator(".card")).to_have_count(1)
    assert colleague.order("proposed") == high
    expect(colleague.page.get_by_text("1 of ").first).to_be_visible()


def test_typing_narrows_the_board_and_clearing_brings_everything_back(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Alpha", "Beta")
    page = open_page().goto(q=backlog.word)
    expect(page.column("proposed").locator(".card")).to_have_count(2)

    page.page.get_by_placeholder("Search title").press("End")
    page.page.keyboard.type(" alph")
    expect(page.column("proposed").locator(".card")).to_have_count(1)
    page.page.keyboard.type("xyzzy")

    expect(page.page.get_by_text("No enhancement matches these filters.")).to_be_visible()
    page.page.get_by_role("button", name="Clear filters").click()
    expect(page.page.get_by_placeholder("Search title")).to_have_value("")
    expect(page.column("proposed").locator(".card").filter(has_text="Alpha").first).to_be_attached()


def test_words_of_the_description_are_found_too(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Plain title", description=f"It is about quxfrobnicate{backlog.word}.")

    page = open_page().goto(q=f"quxfrobnicate{backlog.word}")

    expect(page.card(card)).to_be_visible()


def test_a_limit_is_set_and_shown_with_who_set_it(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("One", "Two", status="deferred")
    page = open_page().goto(q=backlog.word)

    page.page.locator(".st-key-limits button").first.click()
    page.page.get_by_label("Limit of Deferred").fill("1")
    page.page.get_by_label("Limit of Deferred").blur()

    expect(page.column("deferred").locator(".count")).to_contain_text("/ 1")
    expect(page.page.get_by_text("set by Ada Lovelace")).to_be_visible()


def test_the_search_field_understands_filters_and_says_when_it_does_not(open_page: OpenPage, backlog: Backlog) -> None:
    urgent, _ = backlog.add("Urgent", priority="critical")[0], backlog.add("Can wait", priority="low")
    page = open_page().goto(q=f"{backlog.word} priority:critical")

    expect(page.column("proposed").locator(".card")).to_have_count(1)
    assert page.order("proposed") == [urgent]
    page.goto(q=f"{backlog.word} priority:soon")
    expect(page.page.get_by_text("soon").first).to_be_visible()
    expect(page.page.get_by_text("critical, high").first).to_be_visible()
