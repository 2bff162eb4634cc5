"""The board in a real browser, against a server that stores moves as the backlog does."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.apps.fake_board import NAUGHTY_TITLE
from tests.browser.kanban.harness import BoardServer, OpenBoard

pytestmark = pytest.mark.browser


def test_a_dragged_card_is_stored_where_it_fell(open_board: OpenBoard) -> None:
    board = open_board()
    card, neighbour = board.order("proposed")[0], board.order("approved")[2]

    board.pick_up(card)
    board.hover_card(neighbour)
    board.page.mouse.up()
    board.wait_until_saved()

    order = board.order("approved")
    assert order.index(card) == order.index(neighbour) - 1
    stored = board.other_person("report")
    assert [line["status"] for line in stored["stored"]] == ["approved"]
    assert stored["stored"][0]["before"] == neighbour
    assert open_board().order("approved") == order


def test_a_card_dropped_where_it_was_is_no_move(open_board: OpenBoard) -> None:
    board = open_board()
    first, second = board.order("proposed")[:2]

    board.pick_up(first)
    board.hover_card(second, 0.2)
    board.page.mouse.up()

    assert board.order("proposed")[:2] == [first, second]
    assert board.other_person("report")["stored"] == []


def test_selected_cards_travel_together_in_their_order(open_board: OpenBoard) -> None:
    board = open_board()
    cards = board.order("proposed")[:3]
    board.card(cards[0]).focus()
    board.press("x", "j", "j", "Shift+X")

    board.pick_up(cards[1])
    board.hover_column("approved")
    board.page.mouse.up()
    board.wait_until_saved()

    order = board.order("approved")
    assert order[order.index(cards[0]) :][:3] == cards
    assert len(board.other_person("report")["stored"]) == 1


def test_a_column_that_is_not_allowed_says_so_and_refuses(open_board: OpenBoard) -> None:
    board = open_board()
    card = board.order("proposed")[0]

    board.pick_up(card)
    board.hover_column("in_progress")

    expect(board.column("in_progress").locator(".refusal")).to_have_text("Not from Proposed")
    expect(board.column("approved").locator(".refusal")).to_be_hidden()
    board.page.mouse.up()
    expect(board.column("in_progress").locator(".refusal")).to_be_hidden()
    assert board.status_of(card) == "proposed"
    assert board.other_person("report")["stored"] == []


def test_twenty_fast_moves_of_twenty_cards_are_all_stored(open_board: OpenBoard) -> None:
    board = open_board(cards=120, slow=0.1)
    cards = board.order("proposed")[:20]

    for card in cards:
        board.card(card).evaluate(
            "node => { node.focus(); node.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: ']', bubbles: true, composed: true})); }"
        )
    board.wait_until_saved()

    stored = board.other_person("report")
    assert [line["cards"][0][0] for line in stored["stored"]] == cards
    assert {stored["cards"][str(card)][0] for card in cards} == {"approved"}


def test_twenty_fast_moves_of_one_card_are_all_stored_in_order(open_board: OpenBoard) -> None:
    board = open_board()
    card = board.order("proposed")[0]
    board.card(card).focus()

    board.press(*["]", "["] * 10)
    board.wait_until_saved(30_000)

    lines = board.other_person("report")["stored"]
    assert [line["status"] for line in lines] == ["approved", "proposed"] * 10
    assert [line["cards"][0][1] for line in lines] == list(range(1, 21))
    assert board.page.locator(".toast").count() == 0


def test_two_people_on_one_card_one_wins_and_the_other_is_told(open_board: OpenBoard) -> None:
    ada, grace = open_board(tick=0), open_board(tick=0)
    card = ada.order("proposed")[0]

    ada.card(card).focus()
    ada.press("]")
    ada.wait_until_saved()
    grace.drag(card, "approved")
    grace.wait_until_saved()

    toast = grace.page.locator(".toast")
    expect(toast).to_contain_text("somebody else changed it; it is in Approved now.")
    expect(toast).to_have_attribute("role", "alert")
    expect(toast).to_contain_text(grace.card(card).locator(".title").inner_text())
    assert grace.status_of(card) == "approved"
    assert grace.order("approved")[0] == card
    assert len(grace.other_person("report")["stored"]) == 1


def test_a_refused_card_goes_back_to_its_place(open_board: OpenBoard) -> None:
    ada = open_board(tick=0)
    card = ada.order("approved")[1]
    ada.other_person(f"move:{card}:archived:05")

    ada.drag(card, "in_progress")
    ada.wait_until_saved()

    expect(ada.page.locator(".toast")).to_contain_text("may not go to In progress.")
    assert ada.status_of(card) == "archived"


def test_another_persons_change_waits_for_the_end_of_a_drag(open_board: OpenBoard) -> None:
    board = open_board(tick=0.3)
    card, other, moved = board.order("proposed")[:3]

    board.pick_up(card)
    board.hover_column("approved")
    before = board.order("proposed")
    board.other_person(f"edit:{other}:title:Changed meanwhile")
    board.other_person(f"move:{moved}:deferred:05")
    board.page.wait_for_timeout(1500)
    assert board.order("proposed") == before
    assert board.page.get_by_text("Changed meanwhile").count() == 0
    board.page.mouse.up()
    board.wait_until_saved()

    expect(board.card(other).locator(".title")).to_have_text("Changed meanwhile")
    assert board.status_of(card) == "approved"
    assert board.status_of(moved) == "deferred"


def test_the_focus_stays_on_the_card_through_own_and_other_changes(open_board: OpenBoard) -> None:
    board = open_board(tick=0.3)
    card = board.order("proposed")[3]
    board.card(card).focus()

    board.press("]")
    board.wait_until_saved()
    assert (board.focused(), board.status_of(card)) == (card, "approved")
    board.other_person(f"move:{card}:deferred:000001")
    board.wait_for(f"root.querySelector('[data-status=deferred] [data-id=\"{card}\"]')")
    assert board.focused() == card
    board.press("j")
    assert board.focused() == board.order("deferred")[1]


def test_only_the_card_that_changed_is_drawn_again(open_board: OpenBoard) -> None:
    board = open_board(tick=0.3)
    card = board.order("proposed")[5]
    board.page.evaluate(
        """() => {
            const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
            window.seen = new Set();
            new MutationObserver(records => records.forEach(record => {
                const node = record.target.nodeType === 1 ? record.target : record.target.parentElement;
                const card = node?.closest('.card');
                if (card) window.seen.add(card.dataset.id);
            })).observe(root, {subtree: true, childList: true, characterData: true, attributes: true});
        }"""
    )

    board.other_person(f"edit:{card}:title:A better title")

    expect(board.card(card).locator(".title")).to_have_text("A better title")
    assert board.page.evaluate("() => [...window.seen]") == [str(card)]


def test_a_removed_card_disappears_and_its_neighbour_gets_the_focus(open_board: OpenBoard) -> None:
    board = open_board(tick=0.3)
    card, below = board.order("proposed")[2:4]
    board.card(card).focus()

    board.other_person(f"remove:{card}")

    expect(board.card(card)).to_have_count(0)
    assert board.focused() == below


def test_a_hostile_title_is_text_and_nothing_is_fetched_from_elsewhere(open_board: OpenBoard) -> None:
    board = open_board()

    hostile = board.page.locator(".list .card", has_text=NAUGHTY_TITLE).first
    expect(hostile.locator(".title")).to_contain_text(NAUGHTY_TITLE)
    hostile.focus()
    board.press("m")
    expect(board.page.locator(".menu-title")).to_contain_text(NAUGHTY_TITLE)
    board.press("Escape", "]")
    board.wait_until_saved()

    assert board.page.locator(".kanban img").count() == 0
    assert board.dialogs == []
    assert board.hosts == {board.page.url.split("/")[2]}


def test_a_browser_that_missed_the_base_asks_for_it(open_board: OpenBoard) -> None:
    board = open_board(lossy=1, tick=0)

    assert len(board.order("proposed")) == 13


def test_the_board_is_there_again_after_a_visit_to_another_page(open_board: OpenBoard) -> None:
    board = open_board(leave=1, tick=0)
    card = board.order("proposed")[0]
    board.card(card).focus()
    board.press("]")
    board.wait_until_saved()

    board.page.get_by_text("Board", exact=True).click()
    expect(board.page.locator(".kanban")).to_have_count(0)
    board.page.get_by_text("Board", exact=True).click()
    board.wait_until_drawn()

    assert board.order("approved")[0] == card
    board.card(card).focus()
    board.press("]")
    board.wait_until_saved()
    assert len(board.other_person("report")["stored"]) == 2


def test_three_thousand_cards_are_all_on_the_page_and_move(open_board: OpenBoard) -> None:
    board = open_board(cards=3000)
    last = board.order("proposed")[-1]
    board.press("j", "End")
    assert board.focused() == last
    expect(board.card(last)).to_be_in_viewport()

    board.press("]")
    board.wait_until_saved()

    assert board.page.locator(".list .card").count() == 3000
    assert board.order("approved")[0] == last
    assert board.focused() == last
    expect(board.card(last)).to_be_in_viewport()


def test_a_killed_server_loses_no_move_and_doubles_none(open_board: OpenBoard, tmp_path: Path) -> None:
    server = BoardServer(tmp_path)
    server.start()
    try:
        board = open_board(url=server.url, board="power", slow=0.3)
        first, second, third = board.order("proposed")[:3]
        board.card(first).focus()
        board.press("]")
        board.wait_until_saved()
        board.card(second).focus()
        board.press("]")
        server.kill()
        board.card(third).focus()
        board.press("]")
        expect(board.page.locator(".saving")).to_contain_text("not saved yet")
        server.start()
        board.wait_until_saved(40_000)

        stored = board.other_person("report")["stored"]
        assert [line["cards"][0][0] for line in stored] == [first, second, third]
        assert board.order("approved")[:3] == [third, second, first]
        expect(board.page.locator(".saving")).to_be_hidden()
    finally:
        server.stop()


def test_moves_without_an_answer_survive_a_reload(open_board: OpenBoard, tmp_path: Path) -> None:
    server = BoardServer(tmp_path)
    server.start()
    try:
        board = open_board(url=server.url, board="reload")
        card = board.order("proposed")[0]
        server.kill()
        board.card(card).focus()
        board.press("]")
        server.start()
        board.page.reload()
        board.wait_until_drawn()
        board.wait_until_saved()

        assert board.status_of(card) == "approved"
        assert len(board.other_person("report")["stored"]) == 1
    finally:
        server.stop()
