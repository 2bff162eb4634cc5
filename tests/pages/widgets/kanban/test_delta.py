"""A browser gets the whole board once, and afterwards only what changed."""

from __future__ import annotations

from pages.widgets.kanban import BaseTracker, Card, Snapshot


def card(card_id: int, title: str = "A card") -> Card:
    return Card(id=card_id, title=title, status="proposed", priority="low", position=f"{card_id:05d}", version=1)


def snapshot(revision: int, changed: dict[int, int], removed: dict[int, int] | None = None, known: int = 0) -> Snapshot:
    return Snapshot(revision, [card(card_id) for card_id in changed], changed, removed, known)


def test_the_first_update_is_the_whole_board() -> None:
    update = BaseTracker().update_for(snapshot(4, {1: 1, 2: 4}))

    assert [sent.id for sent in update.base or ()] == [1, 2]
    assert (update.base_revision, update.revision, list(update.delta), list(update.removed)) == (4, 4, [], [])


def test_an_unchanged_board_costs_nothing_and_stays_the_same_message() -> None:
    tracker = BaseTracker()
    board = snapshot(4, {1: 1, 2: 4})
    base = tracker.update_for(board)

    update = tracker.update_for(board)

    assert update.base is None
    assert (update.base_token, list(update.delta)) == (base.base_token, [])
    assert tracker.update_for(board).wire() == update.wire()


def test_deltas_are_cumulative_since_the_base() -> None:
    tracker = BaseTracker()
    tracker.update_for(snapshot(4, {1: 1, 2: 4, 3: 2}))
    tracker.update_for(snapshot(5, {1: 5, 2: 4, 3: 2}))

    update = tracker.update_for(snapshot(7, {1: 5, 2: 6}, {3: 7}))

    assert {sent.id for sent in update.delta} == {1, 2}
    assert list(update.removed) == [3]
    assert (update.base, update.base_revision, update.revision) == (None, 4, 7)


def test_a_delta_beyond_the_limit_becomes_a_new_base() -> None:
    tracker = BaseTracker(limit=2)
    first = tracker.update_for(snapshot(1, {1: 1, 2: 1, 3: 1}))
    within = tracker.update_for(snapshot(3, {1: 2, 2: 3, 3: 1}))

    beyond = tracker.update_for(snapshot(4, {1: 2, 2: 3, 3: 4}))

    assert within.base is None
    assert beyond.base is not None
    assert beyond.base_token != first.base_token
    assert beyond.base_revision == 4


def test_a_browser_without_a_base_gets_one() -> None:
    tracker = BaseTracker()
    board = snapshot(4, {1: 1})
    tracker.update_for(board)

    tracker.forget()

    assert tracker.update_for(board).base is not None


def test_another_filter_gets_a_base_of_its_own_at_the_same_revision() -> None:
    tracker = BaseTracker()
    all_of_it = tracker.update_for(snapshot(4, {1: 1, 2: 2}), scope="")

    narrowed = tracker.update_for(snapshot(4, {1: 1}), scope="priority:high")

    assert narrowed.base is not None
    assert narrowed.base_revision == all_of_it.base_revision
    assert narrowed.base_token != all_of_it.base_token


def test_a_base_older_than_the_known_removals_is_replaced() -> None:
    tracker = BaseTracker()
    tracker.update_for(snapshot(4, {1: 1, 2: 2}))

    assert tracker.update_for(snapshot(9, {1: 1}, {}, known=6)).base is not None


def test_a_board_that_went_back_in_time_is_sent_whole() -> None:
    tracker = BaseTracker()
    tracker.update_for(snapshot(9, {1: 9}))

    assert tracker.update_for(snapshot(3, {1: 2})).base is not None


def test_the_wire_form_has_every_field_of_the_contract() -> None:
    update = BaseTracker().update_for(snapshot(1, {1: 1}))

    assert set(update.wire()) == {"base_token", "base_revision", "revision", "delta", "removed"}
    assert update.base is not None
    assert set(update.base[0].wire()) == set(Card.__dataclass_fields__)
