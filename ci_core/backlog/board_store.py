"""The board in memory: one copy per process for all of its users, kept up to date by the database's notifications.

A page run then costs no query, however many people look. What changed is found by transaction ids: a row with
`changed_xid` at or above the oldest transaction that was still running at the last look may be new; nothing that
committed later than a younger transaction can be missed, which a plain "highest revision seen" would miss.
"""

from __future__ import annotations

from collections import ChainMap, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, text

from ci_core.backlog.board import WipLimit, wip_limits
from db.engine import Database
from db.enums import Status

OPEN = {Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS, Status.BLOCKED, Status.DEFERRED}
LINK_TABLES = {"ci_enhancement_dependencies", "ci_enhancement_similarities", "ci_reactions"}
REMEMBERED_REMOVALS = 5000

CHANGED_CARDS = text("""
    SELECT id, title, status, priority, board_position, version, ai_priority_score,
           score_overrides <> '{}' AS score_overridden, category, feature_area, estimated_hours,
           extract(epoch FROM status_entered_at) AS entered, assignee, tags,
           extract(epoch FROM snoozed_until) AS snoozed_until, snoozed_for_id,
           status <> 'archived' AND merged_into_id IS NULL AS on_board
    FROM ci_enhancements WHERE changed_xid >= :since AND changed_xid < :until
""")
SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest, "
    "pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next"
)
EVERYTHING = 2**63 - 1
BLOCKERS = text("SELECT enhancement_id, other_id FROM ci_enhancement_dependencies WHERE kind = 'blocked_by'")
SIMILAR = text("SELECT low_id, high_id FROM ci_enhancement_similarities")
VOTES = text("""
    SELECT enhancement_id, count(*) FROM ci_reactions WHERE kind = 'vote' AND comment_id IS NULL GROUP BY enhancement_id
""")


@dataclass(frozen=True, slots=True)
class BoardCard:
    """One enhancement as the board shows it.

    `score` is 0–100; `hours` the estimate; `entered` when it came into its column (epoch seconds); `blocked_by` the
    blockers that are still open; `similar` how many others on the board read nearly the same; `position` the digits
    of a decimal fraction, by which (then by id) the cards of a column are ordered. `snoozed_until` (epoch seconds) and
    `snoozed_for` say until when or until which other one a proposal is put aside; `votes` how many want it.
    """

    id: int
    title: str
    status: str
    priority: str
    position: str
    version: int
    score: float | None
    score_overridden: bool
    category: str
    area: str | None
    hours: float | None
    entered: float
    assignee: str | None
    tags: tuple[str, ...]
    snoozed_until: float | None = None
    snoozed_for: int | None = None
    blocked_by: tuple[int, ...] = ()
    similar: int = 0
    votes: int = 0


@dataclass(frozen=True, slots=True)
class BoardChanges:
    """Cards as they are now that differ from an earlier revision, and ids that have left the board since."""

    cards: tuple[BoardCard, ...]
    removed: tuple[int, ...]


class BoardStore:
    """All cards of the board at a `revision` that rises with every change. Safe to use from many threads.

    `epoch` names this copy: after a restart of the process revisions begin anew, and the epoch differs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = RLock()
        self._cards: dict[int, BoardCard] = {}
        # Oldest change first, so that "what changed since" costs only what it gives.
        self._changed: OrderedDict[int, int] = OrderedDict()
        self._removed: OrderedDict[int, int] = OrderedDict()
        self._removals_known_since = 0
        self._links = _Links()
        self._limits: dict[Status, WipLimit] = {}
        self._since = 0
        self._loaded = False
        self.epoch = uuid4().hex
        self.revision = 0

    def refresh(self, tables: Iterable[str] = ()) -> int:
        """Read what changed in the database and give the revision.

        Args:
            tables: names of the tables that changed beside ci_enhancements, as the notifications say.

        Raises:
            db.errors.DatabaseError: the database cannot be reached; the copy stays as it was.
        """
        with self._lock:
            names = set(tables)
            with self._database.reading() as session:
                # All statements see one moment: the next look starts exactly where this one ends.
                snapshot = session.execute(SNAPSHOT).one()
                # Rows restored from another server can bear ids from this one's future: read them only at first.
                until = snapshot.next if self._loaded else EVERYTHING
                rows = session.execute(CHANGED_CARDS, {"since": self._since, "until": until}).all()
                links = None
                if not self._loaded or names & LINK_TABLES:
                    links = _Links(*(session.execute(query).all() for query in (BLOCKERS, SIMILAR, VOTES)))
                if not self._loaded or "ci_board_columns" in names:
                    self._limits = wip_limits(session)
            self._since = snapshot.oldest
            self._loaded = True
            self._take_in(rows, links)
            return self.revision

    def reload(self) -> int:
        """Read everything anew (after a lost connection, or when rows were deleted); unchanged cards stay unchanged."""
        with self._lock:
            self._since = 0
            self._loaded = False
            with self._database.reading() as session:
                existing = set(session.execute(text("SELECT id FROM ci_enhancements")).scalars())
            deleted = self._cards.keys() - existing
            if deleted:
                self.revision += 1
                for card_id in deleted:
                    self._drop(card_id, self.revision)
            return self.refresh()

    def all_cards(self) -> Sequence[BoardCard]:
        """Every card of the board, in no particular order."""
        with self._lock:
            return tuple(self._cards.values())

    def card(self, card_id: int) -> BoardCard | None:
        """The card, or None when it is not on the board."""
        with self._lock:
            return self._cards.get(card_id)

    def limits(self) -> dict[Status, WipLimit]:
        """The soft limits of the columns."""
        with self._lock:
            return dict(self._limits)

    def changes_since(self, revision: int, limit: int) -> BoardChanges | None:
        """What changed after `revision`; None when that is more than `limit` cards, or not known any more."""
        with self._lock:
            if not self._removals_known_since <= revision <= self.revision:
                return None
            changed = _newer(self._changed, revision, limit)
            removed = _newer(self._removed, revision, limit)
            if changed is None or removed is None or len(changed) + len(removed) > limit:
                return None
            return BoardChanges(tuple(self._cards[card_id] for card_id in changed), tuple(removed))

    def _take_in(self, rows: Sequence[Row[Any]], links: _Links | None) -> None:
        fresh = {row.id: _card(row) for row in rows if row.on_board}
        gone = [row.id for row in rows if not row.on_board and row.id in self._cards]
        revision = self.revision + 1
        touched = set(fresh)
        if links is not None:
            touched.update(self._links.differing(links))
            self._links = links
        # A blocker that was done, or a twin that left the board, changes the marks of other cards.
        for card_id in (*fresh, *gone):
            touched.update(self._links.neighbours(card_id))
        for card_id in gone:
            self._drop(card_id, revision)
        cards = ChainMap(fresh, self._cards)
        changed = {
            card_id: card
            for card_id in touched
            if (card := self._with_links(cards.get(card_id), cards)) is not None and card != self._cards.get(card_id)
        }
        self._cards.update(changed)
        for card_id in changed:
            self._changed[card_id] = revision
            self._changed.move_to_end(card_id)
            self._removed.pop(card_id, None)
        if changed or gone:
            self.revision = revision

    def _with_links(self, card: BoardCard | None, cards: Mapping[int, BoardCard]) -> BoardCard | None:
        if card is None:
            return None
        blocked_by = tuple(
            other
            for other in self._links.blockers.get(card.id, ())
            if (blocker := cards.get(other)) is not None and blocker.status in OPEN
        )
        similar = sum(1 for other in self._links.similar.get(card.id, ()) if other in cards)
        votes = self._links.votes.get(card.id, 0)
        if (blocked_by, similar, votes) == (card.blocked_by, card.similar, card.votes):
            return card
        return replace(card, blocked_by=blocked_by, similar=similar, votes=votes)

    def _drop(self, card_id: int, revision: int) -> None:
        self._cards.pop(card_id, None)
        self._changed.pop(card_id, None)
        self._removed[card_id] = revision
        while len(self._removed) > REMEMBERED_REMOVALS:
            _, forgotten = self._removed.popitem(last=False)
            self._removals_known_since = forgotten


class _Links:
    """Who waits for whom, and who resembles whom, looked up from either side; and how many votes each has."""

    def __init__(self, blockers: Iterable[Any] = (), similar: Iterable[Any] = (), votes: Iterable[Any] = ()) -> None:
        pairs = [(row[0], row[1]) for row in blockers]
        twins = [(row[0], row[1]) for row in similar]
        self.blockers = _by_first(pairs)
        self.waiting = _by_first((right, left) for left, right in pairs)
        self.similar = _by_first([*twins, *((right, left) for left, right in twins)])
        self.votes: dict[int, int] = {row[0]: row[1] for row in votes}

    def neighbours(self, card_id: int) -> tuple[int, ...]:
        return self.waiting.get(card_id, ()) + self.similar.get(card_id, ())

    def differing(self, other: _Links) -> set[int]:
        """The cards whose own links or votes are not the same in `other`."""
        pairs: tuple[tuple[Mapping[int, Any], Mapping[int, Any]], ...] = (
            (self.blockers, other.blockers),
            (self.similar, other.similar),
            (self.votes, other.votes),
        )
        return {
            card_id
            for mine, theirs in pairs
            for card_id in mine.keys() | theirs.keys()
            if mine.get(card_id) != theirs.get(card_id)
        }


def _newer(order: OrderedDict[int, int], revision: int, limit: int) -> list[int] | None:
    found = []
    for card_id in reversed(order):
        if order[card_id] <= revision:
            break
        found.append(card_id)
        if len(found) > limit:
            return None
    return found


def _by_first(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for left, right in pairs:
        found.setdefault(left, []).append(right)
    return {left: tuple(sorted(rights)) for left, rights in found.items()}


def _card(row: Row[Any]) -> BoardCard:
    return BoardCard(
        id=row.id,
        title=row.title,
        status=row.status,
        priority=row.priority,
        position=f"{row.board_position:f}".partition(".")[2],
        version=row.version,
        score=None if row.ai_priority_score is None else float(row.ai_priority_score),
        score_overridden=row.score_overridden,
        category=row.category,
        area=row.feature_area,
        hours=None if row.estimated_hours is None else float(row.estimated_hours),
        entered=float(row.entered),
        assignee=row.assignee,
        tags=tuple(row.tags),
        snoozed_until=None if row.snoozed_until is None else float(row.snoozed_until),
        snoozed_for=row.snoozed_for_id,
    )
