"""Adding an enhancement, with an eye on what is already there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from db.enums import Category, Priority
from tests.browser.board.harness import Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_what_is_similar_appears_while_the_title_is_typed(open_page: OpenPage, backlog: Backlog) -> None:
    (present,) = backlog.add("Connection pool runs dry")
    page = open_page().goto(q=backlog.word)
    page.page.get_by_role("button", name="Add").click()

    page.field("Title").press_sequentially(f"Connection pool runs dry {backlog.word}")

    expect(page.dialog.get_by_role("button", name=f"#{present} Connection pool runs dry")).to_be_visible()
    expect(page.field("Title")).to_be_focused()


def test_what_was_added_is_on_the_board_at_once_and_can_be_taken_back(open_page: OpenPage, backlog: Backlog) -> None:
    page = open_page().goto(q=backlog.word)
    page.page.get_by_role("button", name="Add").click()
    page.field("Title").fill(f"Backup of the journal {backlog.word}")
    page.choose("Priority", "High")
    page.choose("Category", "Security")
    page.field("Estimate (hours)").fill("3")
    page.field("Estimate (hours)").blur()

    page.dialog.get_by_role("button", name="Add to the board").click()

    expect(page.dialog).to_be_hidden()
    card = page.column("proposed").locator(".card").filter(has_text="Backup of the journal")
    expect(card).to_be_visible()
    expect(page.page.get_by_text("Added #")).to_be_visible()
    stored = backlog.read(int(card.get_attribute("data-id") or 0))
    assert (stored.priority, stored.category, stored.estimated_hours) == (Priority.HIGH, Category.SECURITY, 3)


def test_a_missing_title_is_said_beside_the_field_and_nothing_is_lost(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Something to look at")
    page = open_page().goto(q=backlog.word)
    page.page.get_by_role("button", name="Add").click()
    page.field("Description").fill("Long thoughts")
    page.field("Description").press("Tab")

    page.dialog.get_by_role("button", name="Add to the board").click()

    expect(page.dialog.get_by_text("Title must not be empty.")).to_be_visible()
    expect(page.field("Description")).to_have_value("Long thoughts")
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    page.page.get_by_role("button", name="Add").click()
    expect(page.field("Description")).to_have_value("Long thoughts")


def test_n_opens_the_dialog_unless_one_is_typing(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Any")
    page = open_page().goto(q=backlog.word)

    page.page.get_by_placeholder("Search title").press("End")
    page.page.keyboard.type("n")
    expect(page.page.get_by_placeholder("Search title")).to_have_value(f"{backlog.word}n")
    expect(page.dialog).to_be_hidden()
    page.page.get_by_placeholder("Search title").fill(backlog.word)
    page.card(card).focus()
    page.press("n")

    expect(page.field("Title")).to_be_visible()
