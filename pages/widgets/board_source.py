"""The board in memory as the Kanban component reads it, and what its filters offer and let through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ci_core.backlog.board import BOARD_STATUSES, WipLimit
from ci_core.backlog.board_store import BoardCard, BoardStore
from ci_core.backlog.lifecycle import LABELS, allowed_transitions
from db.enums import Status
from pages.widgets.kanban import Card, Column

TRANSITIONS = {
    status: tuple(target.value for target in allowed_transitions(status) if target in BOARD_STATUSES)
    for status in BOARD_STATUSES
}
# Where work ends, the newest stand on top, and nobody places a card by hand.
BY_ARRIVAL = (Status.COMPLETED, Status.REJECTED)
LATEST_SECONDS = 10**10


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What a person wants to see; an empty part lets everything through.

    `text` holds words that must all occur in title, area, tags, assignee or as "#12"; `found_ids` are enhancements
    that a search of the database found for the same text, and that are shown as well.
    """

    text: str = ""
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    only_blocked: bool = False
    found_ids: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == _EVERYTHING

    def lets_through(self, card: BoardCard) -> bool:
        """Whether `card` is shown."""
        return (
            (not self.priorities or card.priority in self.priorities)
            and (not self.categories or card.category in self.categories)
            and (not self.areas or card.area in self.areas)
            and (not self.assignees or card.assignee in self.assignees)
            and (not self.only_blocked or bool(card.blocked_by) or card.status == Status.BLOCKED)
            and (not self.text or card.id in self.found_ids or _mentions(card, self.text.casefold().split()))
        )


_EVERYTHING = CardFilter()


def _mentions(card: BoardCard, words: Sequence[str]) -> bool:
    known = f"#{card.id} {card.title} {card.area or ''} {' '.join(card.tags)} {card.assignee or ''}".casefold()
    return all(word in known for word in words)


def best_matches(store: BoardStore, text: str, limit: int) -> list[BoardCard]:
    """Cards that mention every word of `text`, the exact number first, then the most urgent."""
    words = text.casefold().split()
    found = [card for card in store.all_cards() if words and _mentions(card, words)]
    found.sort(key=lambda card: (f"#{card.id}" not in words and str(card.id) not in words, -(card.score or 0), card.id))
    return found[:limit]


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The areas and people that the board knows, in alphabetical order."""

    areas: tuple[str, ...]
    assignees: tuple[str, ...]


def matching_ids(store: BoardStore, wanted: CardFilter) -> tuple[int, ...] | None:
    """The ids that `wanted` lets through; None when it lets everything through."""
    return None if wanted.is_empty else _matching_ids(store, store.revision, wanted)


def filter_choices(store: BoardStore) -> FilterChoices:
    """What the filters of area and assignee offer."""
    return _filter_choices(store, store.revision)


# One answer per revision serves every session; the older ones are dropped by size.
@lru_cache(maxsize=128)
def _matching_ids(store: BoardStore, revision: int, wanted: CardFilter) -> tuple[int, ...]:  # noqa: ARG001
    return tuple(card.id for card in store.all_cards() if wanted.lets_through(card))


@lru_cache(maxsize=4)
def _filter_choices(store: BoardStore, revision: int) -> FilterChoices:  # noqa: ARG001
    cards = store.all_cards()
    areas = {card.area for card in cards if card.area}
    people = {card.assignee for card in cards if card.assignee}
    return FilterChoices(tuple(sorted(areas, key=str.casefold)), tuple(sorted(people, key=str.casefold)))


def shown_card(card: BoardCard) -> Card:
    """A card of the library as the component draws it."""
    return Card(
        id=card.id,
        title=card.title,
        status=card.status,
        priority=card.priority,
        position=_by_arrival(card.entered) if card.status in BY_ARRIVAL else card.position,
        version=card.version,
        score=card.score,
        score_overridden=card.score_overridden,
        category=card.category,
        area=card.area,
        hours=card.hours,
        entered=card.entered,
        assignee=card.assignee,
        blocked_by=card.blocked_by,
        similar=card.similar,
        tags=card.tags,
        snoozed_until=card.snoozed_until,
        snoozed_for=card.snoozed_for,
        votes=card.votes,
    )


def _by_arrival(entered: float) -> str:
    """Digits by which the newest comes first."""
    return f"{LATEST_SECONDS - entered:017.6f}".replace(".", "")


def columns(limits: dict[Status, WipLimit]) -> list[Column]:
    """The columns of the board with their soft limits."""
    return [
        Column(
            status.value,
            LABELS[status],
            TRANSITIONS[status],
            limits[status].limit if status in limits else None,
            limits[status].set_by if status in limits else None,
            by_arrival=status in BY_ARRIVAL,
        )
        for status in BOARD_STATUSES
    ]
