"""A board in memory for the component's tests: it applies moves as the backlog promises to, with a journal on disk.

The journal lets a killed server come back with what it had stored, so that a test can tell lost and doubled moves.
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import replace
from pathlib import Path

from pages.widgets.kanban import Card, CardVersion, Changes, ClientOperations, Column, Move, Outcome

FLOW = {
    "proposed": ("approved", "deferred", "rejected"),
    "approved": ("in_progress", "proposed", "deferred", "blocked"),
    "in_progress": ("completed", "blocked", "approved"),
    "completed": ("archived", "in_progress"),
    "blocked": ("in_progress", "approved"),
    "deferred": ("proposed",),
    "rejected": ("proposed", "archived"),
    "archived": (),
}
LABELS = {status: status.replace("_", " ").capitalize() for status in FLOW}
NAUGHTY_TITLE = "<img src=x onerror=alert(1)>"
TITLES = (
    "Fix SQL injection in the position import",
    "Cache the option chain between scans",
    "Show assignment risk on the positions page",
    "Earnings calendar: skip symbols without a date instead of failing the whole run",
    "Roll suggestions should respect the minimum premium",
    "Retry the broker login after a token expires",
    "Dark theme for the premium scanner",
    "Explain the wheel score in words",
    "Nightly backup of the trade journal",
    "Property tests for the Greeks",
    NAUGHTY_TITLE,
    "Replace the hand-written CSV reader",
    "Alert when a covered call goes deep in the money",
    "Watchlist import from TradingView drops the exchange prefix",
)
AREAS = ("Scanner", "Positions", "Earnings", "Options flow", "Watchlist synchronisation", "Trade journal", None)
CATEGORIES = ("bug_fix", "enhancement", "new_feature", "performance", "security", "refactoring", "testing")
PEOPLE = ("Ada Lovelace", "grace.hopper", "agent:research", "Linus", None, None)
HOURS = (0.5, 2, 3.5, 8, 24, 140, None)


def columns() -> list[Column]:
    """The columns of the fake board; one of them has a limit that is soon passed."""
    limits = {"in_progress": 3}
    return [
        Column(status, LABELS[status], FLOW[status], limits.get(status), "Ada Lovelace" if status in limits else None)
        for status in FLOW
    ]


def make_cards(count: int, *, seed: int = 7) -> list[Card]:
    """Return `count` cards spread over the columns, the same ones for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - the same cards every time
    now = time.time()
    weights = (38, 22, 5, 18, 4, 5, 5, 3)
    cards = []
    for number in range(1, count + 1):
        status = dice.choices(list(FLOW), weights)[0]
        title = TITLES[(number - 1) % len(TITLES)]
        cards.append(
            Card(
                id=number,
                title=title if number <= len(TITLES) else f"{title} ({number})",
                status=status,
                priority=dice.choices(("critical", "high", "medium", "low"), (1, 3, 5, 3))[0],
                position=f"{number:06d}5",
                version=1,
                score=dice.choice((None, *(round(dice.uniform(5, 98), 1) for _ in range(6)))),
                score_overridden=dice.random() < 0.1,
                category=dice.choice(CATEGORIES),
                area=dice.choice(AREAS),
                hours=dice.choice(HOURS),
                entered=now - dice.uniform(0, 90) * 86400,
                assignee=dice.choice(PEOPLE),
                blocked_by=(1,) if dice.random() < 0.08 and number > 1 else (),
                similar=dice.choices((0, 1, 3), (8, 1, 1))[0],
                tags=("pool", "broker") if dice.random() < 0.2 else (),
            )
        )
    return cards


def between(low: str, high: str | None) -> str:
    """Return digits strictly between two positions ("" is the bottom, None the top)."""
    digits, index = "", 0
    bounded = high is not None
    while True:
        start = int(low[index]) if index < len(low) else 0
        end = (int(high[index]) if high is not None and index < len(high) else 0) if bounded else 10
        if end - start > 1:
            return digits + str((start + end) // 2)
        digits += str(start)
        bounded = bounded and start == end
        index += 1


class FakeBoard:
    """Cards in memory behind one lock; every stored move is a line of the journal."""

    def __init__(self, cards: list[Card], journal: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._cards = {card.id: card for card in cards}
        self._changed: dict[int, int] = {}
        self._removed: dict[int, int] = {}
        self._outcomes: dict[tuple[str, int], Outcome] = {}
        self._journal = journal
        self.revision = 1
        self.stored: list[dict[str, object]] = []
        if journal and journal.exists():
            for line in journal.read_text().splitlines():
                self._replay(json.loads(line))

    def all_cards(self) -> list[Card]:
        with self._lock:
            return list(self._cards.values())

    def changes_since(self, revision: int, limit: int) -> Changes | None:
        with self._lock:
            cards = [self._cards[card_id] for card_id, at in self._changed.items() if at > revision]
            removed = [card_id for card_id, at in self._removed.items() if at > revision]
            return Changes(cards, removed) if len(cards) + len(removed) <= limit else None

    def apply(self, received: ClientOperations) -> list[Outcome]:
        with self._lock:
            return [self._apply_once(received.client, move) for move in received.operations]

    def edit(self, card_id: int, **values: object) -> None:
        """Change a card as another person would."""
        with self._lock:
            self._store(replace(self._cards[card_id], version=self._cards[card_id].version + 1, **values))

    def remove(self, card_id: int) -> None:
        with self._lock:
            del self._cards[card_id]
            self._changed.pop(card_id, None)
            self.revision += 1
            self._removed[card_id] = self.revision

    def _apply_once(self, client: str, move: Move) -> Outcome:
        known = self._outcomes.get((client, move.sequence))
        if known is None:
            known = self._apply(move)
            self._outcomes[client, move.sequence] = known
            if known.outcome == "applied":
                self._write(client, move)
        return known

    def _apply(self, move: Move) -> Outcome:
        found = [self._cards[card.id] for card in move.cards if card.id in self._cards]
        if any(card.status != move.status and move.status not in FLOW[card.status] for card in found):
            return Outcome(move.sequence, "refused", f"may not go to {LABELS[move.status]}.", found)
        stale = [card for card, seen in zip(found, move.cards, strict=True) if card.version != seen.version]
        if stale:
            where = LABELS[stale[0].status]
            return Outcome(move.sequence, "conflict", f"somebody else changed it; it is in {where} now.", found)
        return Outcome(move.sequence, "applied", None, self._place(move, found))

    def _place(self, move: Move, found: list[Card]) -> list[Card]:
        moving = {card.id for card in found}
        lane = sorted(
            (card for card in self._cards.values() if card.status == move.status and card.id not in moving),
            key=lambda card: (card.position, card.id),
        )
        ids = [card.id for card in lane]
        index = ids.index(move.before) if move.before in ids else 0
        if move.after in ids:
            index = ids.index(move.after) + 1
        low = lane[index - 1].position if index else ""
        high = lane[index].position if index < len(lane) else None
        placed = []
        for card in found:
            low = between(low, high)
            entered = card.entered if card.status == move.status else time.time()
            placed.append(replace(card, status=move.status, position=low, version=card.version + 1, entered=entered))
            self._store(placed[-1])
        return placed

    def _store(self, card: Card) -> None:
        self.revision += 1
        self._cards[card.id] = card
        self._changed[card.id] = self.revision

    def _write(self, client: str, move: Move) -> None:
        line = {
            "client": client,
            "sequence": move.sequence,
            "cards": [[card.id, card.version] for card in move.cards],
            "status": move.status,
            "after": move.after,
            "before": move.before,
        }
        self.stored.append(line)
        if self._journal:
            with self._journal.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def _replay(self, line: dict[str, object]) -> None:
        cards = tuple(CardVersion(*pair) for pair in line["cards"])
        move = Move(line["sequence"], cards, line["status"], line["after"], line["before"])
        self._outcomes[line["client"], move.sequence] = self._apply(move)
        self.stored.append(line)
