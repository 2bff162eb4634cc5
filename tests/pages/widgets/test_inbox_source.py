"""Who waits in the inbox, in which order, and what travels of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ci_core.backlog.board_store import BoardCard, BoardChanges
from pages.widgets.inbox_source import InboxSource, InboxTracker, look

NOW = 1_000.0


def card(card_id: int, **fields: Any) -> BoardCard:
    whole: dict[str, Any] = {
        "id": card_id, "title": f"Wish {card_id}", "status": "proposed", "priority": "medium", "position": "5",
        "version": 1, "score": 50.0, "score_overridden": False, "category": "enhancement", "area": None,
        "hours": None, "entered": 0.0, "assignee": None, "tags": (),
    }  # fmt: skip
    return BoardCard(**{**whole, **fields})


class FakeStore:
    """A board store whose cards a test sets."""

    def __init__(self, *cards: BoardCard) -> None:
        self.cards = {one.id: one for one in cards}
        self.revision = 1
        self.changed: dict[int, int] = {}

    def all_cards(self) -> tuple[BoardCard, ...]:
        return tuple(self.cards.values())

    def put(self, one: BoardCard) -> None:
        self.revision += 1
        self.cards[one.id] = one
        self.changed[one.id] = self.revision

    def drop(self, card_id: int) -> None:
        self.revision += 1
        del self.cards[card_id]
        self.changed[card_id] = self.revision

    def changes_since(self, revision: int, limit: int) -> BoardChanges | None:
        ids = [item for item, at in self.changed.items() if at > revision]
        if len(ids) > limit:
            return None
        return BoardChanges(
            tuple(self.cards[item] for item in ids if item in self.cards),
            tuple(item for item in ids if item not in self.cards),
        )


def ids(*cards: BoardCard, now: float = NOW) -> list[int]:
    return [one.id for one in look(1, cards, now).cards]


def test_the_most_urgent_stand_first_then_the_best_scored_then_the_oldest() -> None:
    assert ids(
        card(1, priority="low", score=99.0),
        card(2, score=10.0),
        card(3, score=None),
        card(4, score=80.0),
        card(5, score=80.0),
        card(6, priority="critical", score=1.0),
    ) == [6, 4, 5, 2, 3, 1]


def test_only_proposals_wait() -> None:
    assert ids(card(1), card(2, status="approved"), card(3, status="deferred")) == [1]


def test_a_snoozed_one_waits_again_when_its_time_has_come() -> None:
    later = card(1, snoozed_until=NOW + 5)

    found = look(1, [later, card(2)], NOW)

    assert ([one.id for one in found.cards], found.snoozed, found.until) == ([2], 1, NOW + 5)
    assert ids(later, now=NOW + 5) == [1]


@pytest.mark.parametrize(("status", "waits"), [("approved", False), ("blocked", False), ("completed", True)])
def test_one_that_waits_for_another_waits_until_that_is_done(status: str, waits: bool) -> None:
    assert (1 in ids(card(1, snoozed_for=2), card(2, status=status))) is waits


def test_one_that_waits_for_what_left_the_board_is_back() -> None:
    assert ids(card(1, snoozed_for=99)) == [1]


def test_who_waits_is_computed_once_per_change_and_when_somebody_wakes() -> None:
    store = FakeStore(card(1), card(2, snoozed_until=NOW + 5))
    source = InboxSource(store)  # type: ignore[arg-type]
    first = source.waiting(NOW)

    assert source.waiting(NOW + 4.9) is first
    assert source.waiting(NOW + 5).ids == {1, 2}
    store.put(card(3))
    assert source.waiting(NOW + 6).ids == {1, 2, 3}


def update(tracker: InboxTracker, store: FakeStore, query: str = "", now: float = NOW, only: Any = None) -> Any:
    waiting = look(store.revision, store.all_cards(), now)
    return tracker.update_for(store, waiting if only is None else waiting.narrowed(only), query)  # type: ignore[arg-type]


def test_the_whole_list_travels_once_and_then_what_changed() -> None:
    store, tracker = FakeStore(card(1), card(2), card(3)), InboxTracker()

    first = update(tracker, store)
    store.put(card(1, status="approved", version=2))
    store.put(card(2, title="Other", version=2))
    store.drop(3)
    second = update(tracker, store)

    assert [row[0] for row in json.loads(first.base)] == [1, 2, 3]
    assert second.base is None
    assert second.base_token == first.base_token
    assert [row.title for row in second.delta] == ["Other"]
    assert sorted(second.removed) == [1, 3]


def test_changes_add_up_so_that_a_lost_message_loses_nothing() -> None:
    store, tracker = FakeStore(card(1), card(2)), InboxTracker()
    update(tracker, store)
    store.put(card(1, status="approved"))
    update(tracker, store)
    store.put(card(2, title="Other"))

    last = update(tracker, store)

    assert (list(last.removed), [row.id for row in last.delta]) == ([1], [2])


def test_cards_that_never_waited_do_not_travel() -> None:
    store, tracker = FakeStore(card(1), card(2, status="approved")), InboxTracker()
    update(tracker, store)
    store.put(card(2, status="completed"))

    last = update(tracker, store)

    assert (last.base, list(last.delta), list(last.removed)) == (None, [], [])


def test_somebody_who_wakes_without_a_change_brings_the_whole_list() -> None:
    store, tracker = FakeStore(card(1), card(2, snoozed_until=NOW + 5)), InboxTracker()
    update(tracker, store)

    later = update(tracker, store, now=NOW + 6)

    assert [row[0] for row in json.loads(later.base)] == [1, 2]


def test_another_query_or_a_browser_without_a_list_gets_all_of_it() -> None:
    store, tracker = FakeStore(card(1), card(2)), InboxTracker()
    update(tracker, store)

    assert [row[0] for row in json.loads(update(tracker, store, "pool", only=frozenset({2})).base)] == [2]
    assert update(tracker, store, "pool", only=frozenset({2})).base is None
    tracker.forget()
    assert update(tracker, store, "pool", only=frozenset({2})).base is not None


def test_many_changes_bring_the_whole_list() -> None:
    store, tracker = FakeStore(*(card(number) for number in range(1, 301))), InboxTracker()
    update(tracker, store)
    for number in range(1, 201):
        store.put(replace(store.cards[number], status="approved"))

    last = update(tracker, store)

    assert len(json.loads(last.base)) == 100
