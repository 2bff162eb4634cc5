"""Searching everything from everywhere."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from db.enums import Priority
from db.tables import ResearchFinding
from tests.browser.board.harness import Backlog, OpenPage
from tests.browser.header.header_page import option, ready, search_box, type_into_search

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)> **bold** :tada:"


def test_from_a_few_letters_to_the_opened_item_by_keys_alone(open_page: OpenPage, backlog: Backlog) -> None:
    wanted, _ = backlog.add("Journal of trades", "Something else", priority=Priority.HIGH)
    page = open_page()
    page.visit("")
    ready(page)

    type_into_search(page, f"{backlog.word} journal pri")
    expect(option(page, "priority:")).to_be_visible()
    page.press("Tab")
    expect(search_box(page)).to_have_value(f"{backlog.word} journal priority:")
    expect(option(page, "priority:critical")).to_be_visible()
    page.press("ArrowDown", "ArrowDown")
    expect(option(page, "priority:high")).to_have_attribute("aria-selected", "true")
    page.press("Enter")
    expect(search_box(page)).to_have_value(f"{backlog.word} journal priority:high ")
    expect(option(page, f"#{wanted}")).to_be_visible()
    expect(option(page, "Something else")).to_be_hidden()
    page.press("ArrowDown")
    expect(search_box(page)).to_have_attribute("aria-activedescendant", "option-0")
    page.press("Enter")

    expect(page.dialog).to_contain_text("Journal of trades")
    expect(page.page).to_have_url(re.compile(rf"item={wanted}"))


def test_enter_shows_all_on_the_board_and_a_number_opens_its_item(open_page: OpenPage, backlog: Backlog) -> None:
    first, second = backlog.add("One of two", "Two of two")
    page = open_page()
    page.visit("")
    ready(page)

    type_into_search(page, backlog.word)
    expect(option(page, f"#{first}")).to_be_visible()
    page.press("Enter")

    page.wait_until_drawn()
    expect(page.page).to_have_url(re.compile(rf"/board\?q={backlog.word}"))
    expect(page.page.get_by_placeholder("Search title")).to_have_value(backlog.word)
    expect(page.page.locator(".list .card")).to_have_count(2)
    search_box(page).fill(f"{backlog.word} two")
    option(page, "Show all").click()
    expect(page.page.get_by_placeholder("Search title")).to_have_value(f"{backlog.word} two")
    search_box(page).fill(f"#{second}")
    search_box(page).press("Enter")
    expect(page.dialog).to_contain_text("Two of two")


def test_a_mistake_is_explained_and_escape_leaves_step_by_step(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Findable")
    page = ready(open_page().goto(q=backlog.word))
    page.card(item).focus()

    type_into_search(page, f"priority:hihg {backlog.word}")
    expect(page.page.get_by_text("Did you mean high?")).to_be_visible()
    page.press("Escape")
    expect(page.page.get_by_role("listbox")).to_be_hidden()
    expect(search_box(page)).to_be_focused()
    page.press("Escape")

    expect(search_box(page)).to_have_value("")
    expect(page.card(item)).to_be_focused()


def test_findings_open_in_the_feed_and_hostile_titles_are_text(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add(HOSTILE)
    with backlog.database.transaction("agent:research") as session:
        finding = ResearchFinding(
            source_type="reddit",
            source_title=f"{HOSTILE} {backlog.word}",
            source_url="javascript:alert(1)",
            content_hash=uuid4().hex,
        )
        session.add(finding)
        session.flush()
        found = finding.id
    page = open_page()
    page.visit("")
    ready(page)

    type_into_search(page, backlog.word)

    expect(option(page, f"#{item}")).to_contain_text(HOSTILE)
    link = option(page, "↗")
    expect(link).to_contain_text(HOSTILE)
    expect(link).to_have_attribute("href", f"/research?focus={found}")
    expect(page.page.locator(".results img")).to_have_count(0)
    link.click()
    expect(page.page).to_have_url(re.compile(rf"/research\?focus={found}"))
    expect(page.page.get_by_role("heading", name=re.compile(backlog.word)).first).to_be_visible()
