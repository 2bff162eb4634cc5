"""Score everything anew and say what that changed: of each rank that is another one, why.

The rank of open work is its place in the order to do it (`priority.order`): by score, what others wait for before them.
Where a person put a card on the board, and a score that a person set, stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import plan_queries, queries
from ci_core.backlog.priority import TOTAL, Component
from ci_core.backlog.priority.order import Place, order_of_work
from ci_core.backlog.queries import ENHANCEMENTS
from ci_core.backlog.scoring import DEFAULT_POLICY, Change, ScoringPolicy, rescored
from db.engine import act_as
from db.enums import Status

# Named of those that passed something, and looked through for them: the ones that went furthest.
MOST_NAMED = 2
MOST_LOOKED_AT = 100
WORTH_TELLING_POINTS = 0.05
MOST_PARTS = 2


@dataclass(frozen=True, slots=True)
class RankChange:
    """An open enhancement that stands elsewhere in the order now, or has another score.

    Attributes:
        rank_before, rank_after: 1 is first.
        score_before: 0–100; None where it had none.
        decided: whether a person set its score.
        why: one sentence.
    """

    id: int
    title: str
    rank_before: int
    rank_after: int
    score_before: float | None
    score_after: float
    decided: bool
    why: str


@dataclass(frozen=True, slots=True)
class Rescored:
    """What scoring everything anew changed.

    Attributes:
        scored: how many were scored, closed ones too.
        changed: how many of them have another score, or another explanation of it.
        ranks: the open ones whose rank or score is another one, first the first.
    """

    scored: int
    changed: int
    ranks: tuple[RankChange, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An open enhancement in the order to do them.

    Attributes:
        rank: 1 is first.
        urgency: what it is ordered by; its own score, or that of what waits for it.
        score: its own, 0–100; None where it has none.
        lifted_by: what waits for it and is more urgent than itself.
        held_by: what it waits for, and whose lower score a person set.
    """

    id: int
    title: str
    status: Status
    rank: int
    urgency: float
    score: float | None
    lifted_by: int | None
    held_by: int | None


@dataclass(frozen=True, slots=True)
class _Open:
    title: str
    status: Status
    score: float | None
    decided: bool


def rescore_everything(session: Session, *, actor: str, policy: ScoringPolicy = DEFAULT_POLICY) -> Rescored:
    """Score every enhancement anew, after weights, scorer or the issues behind have changed, and explain the ranks."""
    act_as(session, actor)
    ids = session.scalars(select(ENHANCEMENTS.c.id).order_by(ENHANCEMENTS.c.id)).all()
    present = _open_ones(session)
    blocked_by = _blocked_by(session)
    changes = {row["id"]: (row, scores) for row, scores in rescored(session, ids, policy=policy)}
    decided = _decided(present)
    before = {item: one.score or 0.0 for item, one in present.items()}
    after = {
        item: float(changes[item][1]["ai_priority_score"]) if item in changes else score
        for item, score in before.items()
    }
    told = _Telling(
        present,
        changes,
        {place.id: place for place in order_of_work(before, blocked_by, decided)},
        {place.id: place for place in order_of_work(after, blocked_by, decided)},
    )
    return Rescored(len(ids), len(changes), told.ranks(before, after))


def order_of_open(session: Session) -> tuple[Ranked, ...]:
    """All open enhancements in the order to do them, by their stored scores."""
    present = _open_ones(session)
    scores = {item: one.score or 0.0 for item, one in present.items()}
    return tuple(
        Ranked(place.id, present[place.id].title, present[place.id].status, place.rank, place.urgency,
               present[place.id].score, place.lifted_by, place.held_by)
        for place in order_of_work(scores, _blocked_by(session), _decided(present))
    )  # fmt: skip


class _Telling:
    """Two orders of the same work, and why they differ."""

    def __init__(
        self,
        present: Mapping[int, _Open],
        changes: Mapping[int, Change],
        before: Mapping[int, Place],
        after: Mapping[int, Place],
    ) -> None:
        self._present = present
        self._changes = changes
        self._before = before
        self._after = after
        moved = [item for item in after if before[item].rank != after[item].rank and item in changes]
        moved.sort(key=lambda item: (-abs(after[item].rank - before[item].rank), item))
        self._movers = moved[:MOST_LOOKED_AT]

    def ranks(self, before: Mapping[int, float], after: Mapping[int, float]) -> tuple[RankChange, ...]:
        """Those whose rank or score is another one, in the order to do them."""
        return tuple(
            RankChange(
                id=item,
                title=self._present[item].title,
                rank_before=self._before[item].rank,
                rank_after=place.rank,
                score_before=self._present[item].score,
                score_after=after[item],
                decided=self._present[item].decided,
                why=self._why(item),
            )
            for item, place in self._after.items()
            if place.rank != self._before[item].rank or before[item] != after[item]
        )

    def _why(self, item: int) -> str:
        was, now = self._before[item], self._after[item]
        if now.lifted_by != was.lifted_by or (now.lifted_by is not None and now.urgency != was.urgency):
            return self._lifted(item, was, now)
        if item in self._changes and (said := what_changed(*self._changes[item])):
            return said
        if now.held_by is not None:
            return f"It waits for #{now.held_by}, whose score a person set"
        passing = self._passing(was.rank, now.rank)
        verb = "passed it" if now.rank > was.rank else "fell behind it"
        if not passing:
            return "Others rose" if now.rank > was.rank else "Others fell"
        return f"{' and '.join(f'#{one}' for one in passing)} {verb}; its own score is the same"

    def _lifted(self, item: int, was: Place, now: Place) -> str:
        if now.lifted_by is None:
            own = f"Nothing that waits for it is more urgent any more (before: #{was.lifted_by})"
        else:
            own = f"#{now.lifted_by} waits for it and stands at {self._after[now.lifted_by].urgency:.0f}"
        changed = what_changed(*self._changes[item]) if item in self._changes else ""
        return f"{own}. {changed}" if changed else own

    def _passing(self, was: int, now: int) -> list[int]:
        """Some of those that went past a place which moved from `was` to `now` without a doing of its own."""
        passing = [
            one
            for one in self._movers
            if (self._before[one].rank > was and self._after[one].rank < now)
            or (self._before[one].rank < was and self._after[one].rank > now)
        ]
        rising = now > was
        return [one for one in passing if (self._after[one].rank < self._before[one].rank) is rising][:MOST_NAMED]


def what_changed(row: Mapping[str, Any], scores: Mapping[str, Any]) -> str:
    """Why a score is another one: the components that moved it most, with what is new in their reasons.

    Args:
        row: the columns that a scorer last wrote.
        scores: those that it writes now.
    """
    decided = row["score_overrides"].get(TOTAL)
    if decided is not None:
        return f"Its score stays as {decided['by']} set it"
    if row["ai_priority_score"] is None:
        return "It was scored for the first time"
    old = {part["component"]: part for part in row["score_breakdown"] or ()}
    parts = []
    for part in scores["score_breakdown"]:
        before = old.get(part["component"])
        moved = part["points"] - (before["points"] if before else 0.0)
        if before is None or abs(moved) >= WORTH_TELLING_POINTS:
            parts.append((abs(moved), part, before))
    parts.sort(key=lambda one: -one[0])
    said = [_part_in_words(part, before) for _, part, before in parts[:MOST_PARTS]]
    return "; ".join(said)


def _part_in_words(part: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    name = Component(part["component"]).label
    head = f"{name[0].upper()}{name[1:]} {before['score'] if before else 0:.0f} → {part['score']:.0f}"
    if before is not None and before["weight"] != part["weight"]:
        head += f", weight {before['weight']:.0%} → {part['weight']:.0%}"
    told = before["reasons"] if before else []
    new = [reason for reason in part["reasons"] if reason not in told]
    gone = [reason for reason in told if reason not in part["reasons"]]
    if new:
        return f"{head}: {new[0]}"
    return f"{head}: no longer {gone[0][0].lower()}{gone[0][1:]}" if gone else head


def _open_ones(session: Session) -> dict[int, _Open]:
    card = ENHANCEMENTS.c
    rows = session.execute(
        select(card.id, card.title, card.status, card.ai_priority_score, card.score_overrides).where(
            card.status.in_(queries.OPEN), card.merged_into_id.is_(None)
        )
    )
    return {
        row.id: _Open(
            row.title,
            Status(row.status),
            None if row.ai_priority_score is None else float(row.ai_priority_score),
            TOTAL in row.score_overrides,
        )
        for row in rows
    }


def _blocked_by(session: Session) -> dict[int, list[int]]:
    blocked_by: dict[int, list[int]] = {}
    for waiting, blocker in plan_queries.blocking_links(session):
        blocked_by.setdefault(waiting, []).append(blocker)
    return blocked_by


def _decided(present: Mapping[int, _Open]) -> set[int]:
    return {item for item, one in present.items() if one.decided}


def first_of(ranks: Sequence[RankChange], most: int) -> tuple[RankChange, ...]:
    """Those of the changes that went furthest, at most so many, in the order to do them."""
    furthest = sorted(ranks, key=lambda one: (-abs(one.rank_after - one.rank_before), one.rank_after))[:most]
    return tuple(sorted(furthest, key=lambda one: one.rank_after))
