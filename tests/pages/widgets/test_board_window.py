"""Of closed columns a browser gets the newest cards and what a filter finds, and each change of that once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ci_core.backlog.board_store import BoardCard, BoardChanges
from pages.widgets.board_window import MORE, MOST_FOUND, WINDOW, WindowedSource
from pages.widgets.kanban import BaseTracker, BoardUpdate, Older


def card(number: int, status: str, entered: float = 0.0, **given: Any) -> BoardCard:
    return BoardCard(
        id=number, title=f"Wish {number}", status=status, priority="high", position="5", version=1, score=50.0,
        score_overridden=False, category="performance", area=None, hours=None, entered=entered, assignee=None,
        tags=(), **given,
    )  # fmt: skip


class Store:
    """A board in memory without a database; later cards entered their column later."""

    def __init__(self, cards: Sequence[BoardCard]) -> None:
        self.cards = {one.id: one for one in cards}
        self.changed: dict[int, int] = {}
        self.removed: dict[int, int] = {}
        self.revision = 1

    def all_cards(self) -> Sequence[BoardCard]:
        return tuple(self.cards.values())

    def card(self, card_id: int) -> BoardCard | None:
        return self.cards.get(card_id)

    def put(self, *cards: BoardCard) -> None:
        self.revision += 1
        for one in cards:
            self.cards[one.id] = one
            self.changed[one.id] = self.revision

    def take_away(self, card_id: int) -> None:
        self.revision += 1
        del self.cards[card_id]
        self.changed.pop(card_id, None)
        self.removed[card_id] = self.revision

    def changes_since(self, revision: int, limit: int) -> BoardChanges | None:
        changed = [self.cards[one] for one, at in self.changed.items() if at > revision]
        removed = [one for one, at in self.removed.items() if at > revision]
        return BoardChanges(tuple(changed), tuple(removed)) if len(changed) + len(removed) <= limit else None


class Browser:
    """What a browser has after each message, by the rules of the component."""

    def __init__(self, store: Store) -> None:
        self.source = WindowedSource(store)  # type: ignore[arg-type]
        self.tracker = BaseTracker()
        self.cards: dict[int, str] = {}
        self.bases = 0

    def look(self, wanted: Sequence[int] | None = None) -> set[int]:
        self.source.look(wanted)
        update: BoardUpdate = self.tracker.update_for(self.source)
        if update.base is not None:
            self.bases += 1
            self.cards = {one.id: one.status for one in update.base}
        self.cards |= {one.id: one.status for one in update.delta}
        for card_id in update.removed:
            self.cards.pop(card_id, None)
        return set(self.cards)


@pytest.fixture
def store() -> Store:
    done = [card(number, "completed", entered=number) for number in range(1, 201)]
    return Store([*done, card(1001, "proposed"), card(1002, "approved")])


def newest(count: int, last: int = 200) -> set[int]:
    return set(range(last - count + 1, last + 1))


def test_a_base_has_all_open_work_and_the_newest_of_what_is_done(store: Store) -> None:
    browser = Browser(store)

    assert browser.look() == {1001, 1002} | newest(WINDOW)
    assert browser.source.older() == {"completed": Older(150, 150), "rejected": Older(0, 0)}


def test_the_newest_stand_on_top(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    done = sorted(
        (one for one in browser.source.all_cards() if one.status == "completed"), key=lambda one: one.position
    )

    assert [one.id for one in done] == list(range(200, 150, -1))


def test_what_is_done_now_comes_in_and_the_oldest_shown_goes(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    store.put(card(1002, "completed", entered=999))

    assert browser.look() == {1001, 1002} | newest(WINDOW - 1)
    assert browser.cards[1002] == "completed"
    assert browser.bases == 1


def test_more_that_is_done_at_once_than_is_shown_leaves_the_browser(store: Store) -> None:
    many = [card(2000 + number, "approved") for number in range(70)]
    store.put(*many)
    browser = Browser(store)
    browser.look()

    store.put(*(replace(one, status="completed", entered=5000 + one.id) for one in many))

    assert browser.look() == {1001, 1002} | {one.id for one in many[-WINDOW:]}
    assert browser.bases == 1


def test_what_is_reopened_stays(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    store.put(card(200, "approved", entered=999))

    assert browser.look() == {1001, 1002} | newest(WINDOW + 1)
    assert browser.cards[200] == "approved"


def test_what_was_deleted_makes_room_for_an_older_one(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    store.take_away(200)

    assert browser.look() == {1001, 1002} | newest(WINDOW, last=199)


def test_a_filter_reaches_older_ones_and_lets_them_go_again(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    assert browser.look([3, 1001]) == {3, 1001, 1002} | newest(WINDOW)
    assert browser.source.filter_ids() == [3, 1001]
    assert browser.source.older()["completed"] == Older(149, 0)
    assert browser.look([7]) == {7, 1001, 1002} | newest(WINDOW)
    assert browser.look() == {1001, 1002} | newest(WINDOW)
    assert browser.bases == 1


def test_of_much_that_a_filter_finds_the_newest_come(store: Store) -> None:
    browser = Browser(store)
    wanted = list(range(1, 201))

    assert browser.look(wanted) == {1001, 1002} | newest(WINDOW + MOST_FOUND)
    assert browser.source.filter_ids() == sorted(newest(WINDOW + MOST_FOUND))
    assert browser.source.older()["completed"] == Older(50, 50)


def test_older_ones_are_shown_when_they_are_asked_for(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    browser.source.show_more("completed")
    browser.source.show_more("proposed")
    browser.tracker.forget()

    assert browser.look() == {1001, 1002} | newest(WINDOW + MORE)


def test_cards_that_are_not_sent_are_no_part_of_an_answer(store: Store) -> None:
    browser = Browser(store)
    browser.look()

    assert [one.id for one in browser.source.cards([200, 3, 1001, 77777])] == [200, 1001]


def test_one_base_serves_every_session_that_sees_the_same(store: Store) -> None:
    first, second = Browser(store), Browser(store)
    first.look()
    second.look()

    assert first.source.all_cards() is second.source.all_cards()
