"""The board in memory as the component reads it, and what filters let through."""

from __future__ import annotations

from typing import Any

import pytest

from ci_core.backlog import NewEnhancement, create_enhancements, move_enhancement
from ci_core.backlog.board import WipLimit
from ci_core.backlog.board_store import BoardCard, BoardStore
from db.engine import Database
from db.enums import Status
from pages.widgets.board_source import (
    CardFilter,
    best_matches,
    columns,
    filter_choices,
    matching_ids,
)
from pages.widgets.board_window import WindowedSource


def card(**given: Any) -> BoardCard:
    usual: dict[str, Any] = {
        "id": 12, "title": "Cache the Option chain", "status": "approved", "priority": "high", "position": "5",
        "version": 1, "score": 50.0, "score_overridden": False, "category": "performance", "area": "Scanner",
        "hours": 2.0, "entered": 0.0, "assignee": "Ada", "tags": ("pool", "broker"),
    }  # fmt: skip
    return BoardCard(**{**usual, **given})


@pytest.mark.parametrize("text", ["option", "OPTION cache", "#12", "scanner", "pool", "ada", "opt cha"])
def test_every_word_may_stand_anywhere(text: str) -> None:
    assert CardFilter(text=text).lets_through(card())


@pytest.mark.parametrize("text", ["options", "cache xyz", "#13"])
def test_one_word_that_is_nowhere_hides_the_card(text: str) -> None:
    assert not CardFilter(text=text).lets_through(card())


def test_what_the_search_found_is_shown_without_its_words() -> None:
    assert CardFilter(text="nowhere", found_ids=frozenset({12})).lets_through(card())


@pytest.mark.parametrize(
    "wanted",
    [
        CardFilter(priorities=("low",)),
        CardFilter(categories=("security",)),
        CardFilter(areas=("Earnings",)),
        CardFilter(assignees=("Linus",)),
        CardFilter(only_blocked=True),
        CardFilter(priorities=("high",), categories=("security",)),
    ],
)
def test_every_part_of_a_filter_must_fit(wanted: CardFilter) -> None:
    assert not wanted.lets_through(card())


def test_blocked_is_what_waits_for_others_or_stands_in_that_column() -> None:
    wanted = CardFilter(only_blocked=True)

    assert wanted.lets_through(card(blocked_by=(7,)))
    assert wanted.lets_through(card(status="blocked"))


def test_columns_carry_limits_and_allowed_steps() -> None:
    shown = {column.status: column for column in columns({Status.IN_PROGRESS: WipLimit(Status.IN_PROGRESS, 3, "Ada")})}

    assert "archived" not in shown
    assert (shown["in_progress"].wip_limit, shown["in_progress"].wip_by) == (3, "Ada")
    assert "completed" not in shown["proposed"].transitions
    assert shown["approved"].wip_limit is None


def test_the_board_follows_the_store(database: Database) -> None:
    with database.transaction("ada") as session:
        news = [NewEnhancement(title="One", feature_area="B"), NewEnhancement(title="Two", assignee="ada")]
        one, two = (stored.id for stored in create_enhancements(session, news, actor="ada"))
    store = BoardStore(database)
    store.refresh()
    source = WindowedSource(store)
    before = source.revision

    with database.transaction("ada") as session:
        move_enhancement(session, two, Status.APPROVED, actor="ada")
    store.refresh()

    changes = source.changes_since(before, 10)
    assert changes is not None
    assert [(shown.id, shown.status) for shown in changes.cards] == [(two, "approved")]
    assert {shown.id for shown in source.all_cards()} == {one, two}
    assert matching_ids(store, CardFilter()) is None
    assert matching_ids(store, CardFilter(text="two")) == (two,)
    assert (filter_choices(store).areas, filter_choices(store).assignees) == (("B",), ("ada",))
    assert best_matches(store, f"#{two}", 5)[0].id == two
