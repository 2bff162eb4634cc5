"""One set of keys on every page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ci_core.backlog import update_enhancement
from db.enums import Priority
from pages.widgets.navigation import PAGE_LINKS
from tests.browser.board.harness import ACTOR, Backlog, OpenPage
from tests.browser.header.header_page import ready, search_box, told

pytestmark = pytest.mark.browser


def address(path: str) -> re.Pattern[str]:
    return re.compile(rf"^http://[^/]+/{path}(\?.*)?$")


def test_every_page_is_two_keys_away(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("So that pages have something to show")
    page = open_page()
    page.visit("")
    ready(page)

    for link in [*PAGE_LINKS[1:], PAGE_LINKS[0]]:
        page.press("g")
        expect(page.page.get_by_role("status").filter(has_text="Go to")).to_contain_text(link.title)
        page.press(link.letter.lower())
        expect(page.page).to_have_url(address(link.path))
        ready(page)
        expect(page.page.get_by_text("Go to", exact=True)).to_be_hidden()


def test_a_page_is_reached_from_a_card_that_has_the_focus_and_where_the_bar_is_folded_away(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (card,) = backlog.add("Any")
    page = ready(open_page(size=(390, 844)).goto(q=backlog.word))
    page.card(card).focus()

    page.press("g", "o")

    expect(page.page).to_have_url(address(""))


def test_letters_do_nothing_in_a_field_with_a_modifier_or_below_a_dialog(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Any")
    page = ready(open_page().goto(q=backlog.word))
    field = page.page.get_by_placeholder("Search title")

    field.press("End")
    page.page.keyboard.type("?gonz/")
    expect(field).to_have_value(f"{backlog.word}?gonz/")
    expect(page.card(card)).to_be_hidden()
    field.fill(backlog.word)
    expect(page.card(card)).to_be_visible()
    page.card(card).focus()
    page.press("Alt+n", "Alt+z", "Meta+g")
    page.press("?")
    expect(page.dialog).to_contain_text("Take back my newest change")
    page.press("n", "g", "o", "/")

    expect(page.dialog).to_have_count(1)
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    expect(page.page).to_have_url(address("board"))
    page.press("n")
    expect(page.field("Title")).to_be_visible()
    page.dialog.get_by_text("Add an enhancement").click()
    page.press("/", "?", "g", "o")
    expect(search_box(page)).not_to_be_focused()
    expect(page.page).to_have_url(address("board"))
    expect(page.dialog).to_have_count(1)


def test_every_key_has_its_button(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Any")
    page = ready(open_page().goto(q=backlog.word))

    page.page.get_by_role("button", name="Keys", exact=True).click()
    for heading in ("Everywhere", "Go to a page", "Board", "Inbox"):
        expect(page.dialog.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.dialog.get_by_role("button", name="Close").click()
    page.page.get_by_role("button", name=f"You are {ACTOR}").click()
    expect(page.page.get_by_role("region", name="Who I am")).to_contain_text(ACTOR)
    page.press("Escape")
    expect(page.page.get_by_role("region", name="Who I am")).to_be_hidden()
    page.page.get_by_role("button", name="Add an enhancement").click()
    expect(page.field("Title")).to_be_visible()


def test_z_takes_back_as_many_changes_as_it_was_pressed_for_and_says_what(
    open_page: OpenPage, backlog: Backlog
) -> None:
    ids = backlog.add(*(f"Item {number}" for number in range(6)))
    for item in ids:
        with backlog.database.transaction(ACTOR) as session:
            update_enhancement(session, item, {"priority": "critical"}, actor=ACTOR, expected_version=None)
    page = ready(open_page().goto(q=backlog.word))

    page.press("z", "z", "z", "z", "z")

    expect(told(page, "ndone")).to_be_visible()
    for item in ids[1:]:
        page.wait_until(lambda item=item: backlog.read(item).priority is Priority.MEDIUM)
    assert backlog.read(ids[0]).priority is Priority.CRITICAL
    page.page.get_by_role("button", name="Take back my newest change").click()
    expect(told(page, f"Undone: #{ids[0]} “Item 0")).to_be_visible()
    assert backlog.read(ids[0]).priority is Priority.MEDIUM


def test_z_says_why_a_change_cannot_be_taken_back(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Contested")
    with backlog.database.transaction(ACTOR) as session:
        update_enhancement(session, item, {"priority": "critical"}, actor=ACTOR, expected_version=None)
    backlog.as_other(update_enhancement, item, {"priority": "low"}, expected_version=None)
    page = open_page()
    page.visit("")
    ready(page)

    page.press("z")

    expect(told(page, "Not undone:")).to_contain_text("grace.hopper")
    assert backlog.read(item).priority is Priority.LOW
