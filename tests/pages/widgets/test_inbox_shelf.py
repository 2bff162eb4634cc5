"""Details are made before somebody looks, and nobody waits for more than one."""

from __future__ import annotations

import time
from threading import Event

import pytest

from db.errors import DatabaseUnavailable
from pages.widgets.inbox_shelf import FRESH_SECONDS, MOST_KEPT, DetailShelf, Wire


class Maker:
    """Makes details and remembers of what; those above 1 wait for `go`."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.go = Event()
        self.now = 0.0

    def __call__(self, item: int) -> Wire | None:
        if item > 1:
            self.go.wait(5)
        self.made.append(item)
        return None if item == 99 else {"id": item}

    def shelf(self) -> DetailShelf:
        return DetailShelf(self, clock=lambda: self.now)


def taken(shelf: DetailShelf, *items: int, version: int = 1) -> list[int]:
    return [one["id"] for one in shelf.take([(item, version) for item in items])]


def eventually(shelf: DetailShelf, *items: int) -> list[int]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len(found := taken(shelf, *items)) < len(items):
        time.sleep(0.01)
    return found


def test_the_first_is_waited_for_and_the_others_come_later() -> None:
    maker = Maker()
    shelf = maker.shelf()

    assert taken(shelf, 1, 2, 3) == [1]
    maker.go.set()

    assert eventually(shelf, 1, 2, 3) == [1, 2, 3]
    assert sorted(maker.made) == [1, 2, 3]
    shelf.close()


def test_who_will_not_wait_gets_what_is_there() -> None:
    maker = Maker()
    maker.go.set()
    shelf = maker.shelf()
    taken(shelf, 1)

    assert [one["id"] for one in shelf.take([(2, 1), (1, 1)], wait=False)] in ([1], [2, 1])
    assert eventually(shelf, 2) == [2]
    shelf.close()


def test_another_version_is_made_anew_and_so_is_what_grew_old() -> None:
    maker = Maker()
    shelf = maker.shelf()
    taken(shelf, 1)
    taken(shelf, 1)
    assert maker.made == [1]

    taken(shelf, 1, version=2)
    assert maker.made == [1, 1]
    maker.now = FRESH_SECONDS
    taken(shelf, 1, version=2)

    assert maker.made == [1, 1, 1]


def test_what_does_not_exist_is_missing_and_not_asked_for_again() -> None:
    maker = Maker()
    maker.go.set()
    shelf = maker.shelf()

    assert taken(shelf, 99) == []
    assert taken(shelf, 99) == []
    assert maker.made == [99]


def test_a_database_that_is_gone_is_told_for_the_first_and_waits_for_the_others() -> None:
    def gone(item: int) -> Wire | None:
        if item != 1:
            raise DatabaseUnavailable("gone")
        return {"id": item}

    shelf = DetailShelf(gone)

    assert taken(shelf, 1, 2) == [1]
    with pytest.raises(DatabaseUnavailable):
        taken(shelf, 2, 1)
    shelf.close()


def test_it_does_not_grow_without_end() -> None:
    maker = Maker()
    maker.go.set()
    shelf = maker.shelf()

    for item in range(1, MOST_KEPT + 50):
        taken(shelf, item)
    taken(shelf, 1)

    assert maker.made.count(1) == 2
