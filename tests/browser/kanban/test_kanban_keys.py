"""The board by keys, by finger and for a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.kanban.harness import OpenBoard

pytestmark = pytest.mark.browser


def test_letters_move_the_focus_and_brackets_the_card(open_board: OpenBoard) -> None:
    board = open_board()
    first, second, *_, last = board.order("proposed")

    board.press("j")
    assert board.focused() == first
    board.press("j")
    assert board.focused() == second
    board.press("k", "End")
    assert board.focused() == last
    board.press("Home", "l")
    assert board.focused() == board.order("approved")[0]
    board.press("h", "]")
    board.wait_until_saved()
    assert (board.focused(), board.status_of(first)) == (first, "approved")
    board.press("[")
    board.wait_until_saved()
    assert board.status_of(first) == "proposed"


def test_a_bracket_without_an_allowed_column_says_why(open_board: OpenBoard) -> None:
    board = open_board()
    board.card(board.order("archived")[0]).focus()

    board.press("]")

    expect(board.page.locator(".toast-text")).to_have_text("From Archived no column to the right is allowed")


def test_the_label_of_a_focused_card_reads_as_a_sentence(open_board: OpenBoard) -> None:
    board = open_board(cards=40)
    cards = board.order("proposed")
    board.card(cards[2]).focus()

    label = board.card(cards[2]).get_attribute("aria-label")

    title = board.card(cards[2]).locator(".title").inner_text()
    assert label.startswith(f"{title}, critical, score 39, in Proposed, 3 of {len(cards)}")
    expect(board.column("proposed").locator(".list")).to_have_attribute("role", "list")
    expect(board.column("proposed").locator(".list")).to_have_attribute("aria-label", f"Proposed, {len(cards)} cards")


def test_tab_reaches_one_card_only(open_board: OpenBoard) -> None:
    board = open_board()
    board.press("j", "j")

    assert board.page.locator(".card[tabindex='0']").count() == 1
    assert board.card(board.focused()).get_attribute("tabindex") == "0"


def test_enter_and_a_click_open_the_card(open_board: OpenBoard) -> None:
    board = open_board()
    first, second = board.order("proposed")[:2]

    board.card(first).focus()
    board.press("Enter")
    expect(board.page.get_by_text(f"opened {first}")).to_be_visible()
    expect(board.page.locator(".card.current")).to_have_attribute("data-id", str(first))
    board.card(second).locator(".title").click()
    expect(board.page.get_by_text(f"opened {second}")).to_be_visible()


def test_the_card_gets_the_focus_back_when_its_dialog_closes(open_board: OpenBoard) -> None:
    board = open_board(whole=1, dialog=1)
    card = board.order("proposed")[2]
    board.card(card).focus()

    board.press("Enter")
    expect(board.page.get_by_role("dialog")).to_be_visible()
    board.press("j", "]")
    board.page.get_by_role("dialog").get_by_label("Close").click()
    expect(board.page.get_by_role("dialog")).to_have_count(0)
    board.wait_for(f"root.activeElement?.dataset.id === '{card}'")

    board.press("j")
    assert board.focused() == board.order("proposed")[3]
    assert board.other_person("report")["stored"] == []


def test_escape_clears_the_selection(open_board: OpenBoard) -> None:
    board = open_board()
    board.card(board.order("proposed")[0]).focus()

    board.press("x", "j", "j", "Shift+X")
    assert board.page.locator(".card.selected").count() == 3
    board.press("Escape")
    assert board.page.locator(".card.selected").count() == 0


def test_the_menu_moves_a_card_by_keys_and_gives_the_focus_back(open_board: OpenBoard) -> None:
    board = open_board()
    card = board.order("proposed")[4]
    board.card(card).focus()

    board.press("m")
    assert board.page.locator(".menu .item-text").all_inner_texts() == [
        "Approved",
        "Deferred",
        "Rejected",
        "Top of Proposed",
        "Bottom of Proposed",
    ]
    board.press("ArrowDown", "Enter")
    board.wait_until_saved()

    assert (board.status_of(card), board.focused()) == ("deferred", card)


def test_a_finger_moves_a_card_with_the_menu_on_a_phone(open_board: OpenBoard) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    board = open_board(context=phone)
    card = board.order("proposed")[0]
    title = board.card(card).locator(".title").inner_text()

    board.page.get_by_role("button", name=f"Move “{title}”", exact=True).tap()
    board.page.get_by_role("menuitem", name="Approved").tap()
    board.wait_until_saved()

    assert board.status_of(card) == "approved"


def test_keys_typed_into_a_field_of_the_page_leave_the_board_alone(open_board: OpenBoard) -> None:
    board = open_board()
    board.page.evaluate(
        "() => { const field = document.createElement('input'); document.body.append(field); field.focus(); }"
    )

    board.press("j", "]", "x")

    assert board.focused() is None
    assert board.page.locator(".card.selected").count() == 0


def test_a_read_only_board_opens_cards_but_moves_none(open_board: OpenBoard) -> None:
    board = open_board(readonly=1, message="The database does not answer; nothing can be moved now.")
    card = board.order("proposed")[0]
    board.card(card).focus()

    board.press("]", "m")
    board.drag(card, "approved")

    expect(board.page.locator(".banner")).to_contain_text("nothing can be moved now")
    assert board.status_of(card) == "proposed"
    assert board.card(card).get_attribute("draggable") == "false"
    assert board.other_person("report")["stored"] == []


def test_a_filter_hides_cards_and_the_head_counts_both(open_board: OpenBoard) -> None:
    shown = open_board().order("proposed")[1:3]

    board = open_board(only=",".join(map(str, shown)))

    assert board.order("proposed") == shown
    expect(board.column("proposed").locator(".count")).to_have_text("2 of 13")
    expect(board.column("approved").locator(".empty")).to_have_text("Nothing matches the filter")


def test_a_column_over_its_limit_is_marked_and_names_who_decided(open_board: OpenBoard) -> None:
    board = open_board()
    count = board.column("in_progress").locator(".count")
    expect(count).to_have_text("3 / 3")
    board.card(board.order("approved")[0]).focus()

    board.press("]")
    board.wait_until_saved()

    expect(count).to_have_text("4 / 3")
    expect(count).to_have_attribute("title", "Limit 3, decided by Ada Lovelace; 1 over it")
    assert "over" in board.column("in_progress").get_attribute("class").split()


def test_a_folded_column_stays_folded_and_still_takes_cards(open_board: OpenBoard) -> None:
    board = open_board()
    board.page.get_by_role("button", name="Fold Approved").click()
    card = board.order("proposed")[0]

    board.drag(card, "approved")
    board.wait_until_saved()
    board.page.reload()
    board.wait_until_drawn()

    assert board.status_of(card) == "approved"
    assert "folded" in board.column("approved").get_attribute("class").split()
