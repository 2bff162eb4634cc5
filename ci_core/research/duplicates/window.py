"""What was found in the last days, by all sites together, and what a new item is to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ci_core.research.duplicates.decision import RELATED, RELATED_COSINE, SAME, SHIPPED, SURE, Decision
from ci_core.research.duplicates.keys import host_of, other_thing, same_by_key
from ci_core.research.duplicates.measures import Wording, measure, wording
from ci_core.research.duplicates.reasons import why_related, why_same
from ci_core.research.duplicates.vectors import Vectors
from ci_core.research.duplicates.vetoes import veto
from ci_core.research.duplicates.words import Commonness
from ci_core.research.values import Comparison, Match, NormalItem, Vector
from db.enums import Verdict

DEFAULT_DAYS = 30
# So many of the nearest are compared word by word; the right one is among them in 98 of 100 cases.
MOST_CANDIDATES = 8
# So many of the nearest show whether much is near to an item, as when everybody writes of one event.
LOOKED_AT = 20
MOST_RELATED = 5
# What is farther than this in meaning is not compared word by word (cosine).
LEAST_COSINE = 0.2
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A finding that is compared with."""

    finding_id: int
    item: NormalItem
    words: Wording
    moment: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One finding that an item was compared with: what was measured, and what forbids or decides it.

    Attributes:
        key: what both share that decides without words, such as an address.
        forbidden: why they cannot be the same.
    """

    held: _Held
    cosine: float
    days: float | None
    measured: Mapping[str, float]
    key: str | None
    forbidden: str | None


class Window:
    """Compares items with the findings of the last days; exact, in memory.

    An address, an identity or the wording of a whole text is the same however long ago it was; titles, words and
    meaning are compared with what appeared within `days` of the item.

    Args:
        days: how far back meaning is compared.
        decision: the model that decides.
        corrections: what people said of two findings, by their ids; it holds for exactly these two, always.
    """

    def __init__(
        self,
        days: int = DEFAULT_DAYS,
        *,
        decision: Decision = SHIPPED,
        corrections: Mapping[frozenset[int], Verdict] | None = None,
    ) -> None:
        self.days = days
        self._decision = decision
        self._corrections: dict[frozenset[int], Verdict] = {}
        self._corrected: dict[int, set[int]] = {}
        self.use(decision, corrections or {})
        self._vectors = Vectors()
        self._held: list[_Held] = []
        self._common = Commonness()
        self._hosts = Commonness()
        self._by_key: dict[str, list[int]] = {}
        self._own: dict[tuple[str, str], int] = {}
        self._rows: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def use(self, decision: Decision, corrections: Mapping[frozenset[int], Verdict]) -> None:
        """Decide from now on by what was learned and by what people said of single pairs."""
        self._decision = decision
        self._corrections = dict(corrections)
        self._corrected = {}
        for pair in corrections:
            for finding_id in pair:
                self._corrected.setdefault(finding_id, set()).update(pair - {finding_id})

    def add(self, finding_id: int, item: NormalItem, vector: Vector, appeared_at: datetime) -> None:
        """Hold a finding; items that come later are compared with it."""
        moment = appeared_at.timestamp()
        words = wording(item.title, item.text, host_of(item))
        row = self._rows[finding_id] = len(self._held)
        self._vectors.add(vector, moment)
        self._held.append(_Held(finding_id, item, words, moment))
        self._own[item.item.source_type, item.item.external_id] = row
        for key in _keys(item):
            self._by_key.setdefault(key, []).append(row)
        self._common.add(words.everything)
        if words.host:
            self._hosts.add((words.host,))

    def compare(self, item: NormalItem, vector: Vector, at: datetime) -> Comparison:
        """What the item, which appears at `at`, is to the findings that are held; itself, if it is held, left out."""
        best: Match | None = None
        related: list[Match] = []
        for verdict, match in self.ranked(item, vector, at):
            if verdict is Verdict.DUPLICATE and best is None:
                best = match
            elif verdict is not Verdict.DIFFERENT:
                related.append(match)
        near = tuple(related[:MOST_RELATED])
        if best is not None:
            return Comparison(Verdict.DUPLICATE, best, near)
        return Comparison(Verdict.RELATED if near else Verdict.DIFFERENT, None, near)

    def ranked(self, item: NormalItem, vector: Vector, at: datetime) -> list[tuple[Verdict, Match]]:
        """The findings that the item was compared with, what it is to each, the surest first."""
        words = wording(item.title, item.text, host_of(item))
        own = self._own.get((item.item.source_type, item.item.external_id))
        own_id = self._held[own].finding_id if own is not None else None
        judged = [self._judged(one, words, own_id) for one in self.candidates(item, vector, at, words=words)]
        return sorted(judged, key=lambda one: (one[0] is not Verdict.DUPLICATE, -one[1].probability))

    def candidates(
        self, item: NormalItem, vector: Vector, at: datetime, *, words: Wording | None = None
    ) -> list[Candidate]:
        """The findings that the item may repeat, with what was measured: those that share a key, and the nearest."""
        words = words or wording(item.title, item.text, host_of(item))
        moment = at.timestamp()
        own = self._own.get((item.item.source_type, item.item.external_id))
        nearest = self._vectors.nearest(vector, moment, seconds=self._seconds, most=LOOKED_AT, without=own)
        rows = dict(nearest[:MOST_CANDIDATES])
        keyed = [row for key in _keys(item) for row in self._by_key.get(key, ()) if row != own]
        keyed = keyed[-MOST_CANDIDATES:] + keyed[:MOST_CANDIDATES] + self._corrected_rows(own)
        for row in keyed:
            rows.setdefault(row, self._vectors.cosine(row, vector))
        found = []
        for row, cosine in rows.items():
            if cosine >= LEAST_COSINE or row in keyed:
                days = abs(moment - self._held[row].moment) / SECONDS_A_DAY
                found.append(self._measured(item, words, row, cosine, days, nearest))
        return found

    def _corrected_rows(self, own: int | None) -> list[int]:
        """The findings of which a person said what this one is to them."""
        others = self._corrected.get(self._held[own].finding_id, ()) if own is not None else ()
        return [self._rows[other] for other in others if other in self._rows]

    def pair(self, item: NormalItem, vector: Vector, other: NormalItem, days: float | None) -> tuple[Verdict, Match]:
        """What two items are to each other that lie `days` apart (None: not known); `other` is held."""
        return self._judged(
            self.measured_pair(item, vector, other, days), wording(item.title, item.text, host_of(item))
        )

    def measured_pair(self, item: NormalItem, vector: Vector, other: NormalItem, days: float | None) -> Candidate:
        """What is measured of two items; `other` is held, and everything else that is held says what is common."""
        row = self._own[other.item.source_type, other.item.external_id]
        own = self._own.get((item.item.source_type, item.item.external_id))
        moment = self._held[row].moment
        nearest = self._vectors.nearest(vector, moment, seconds=self._seconds, most=LOOKED_AT, without=own)
        words = wording(item.title, item.text, host_of(item))
        return self._measured(item, words, row, self._vectors.cosine(row, vector), days, nearest)

    def _measured(
        self,
        item: NormalItem,
        words: Wording,
        row: int,
        cosine: float,
        days: float | None,
        nearest: Sequence[tuple[int, float]],
    ) -> Candidate:
        held = self._held[row]
        measured = measure(
            words,
            held.words,
            cosine=cosine,
            days=days,
            common=self._common,
            hosts=self._hosts,
            around=[near for _, near in nearest],
            rival=next((other for place, other in nearest if place != row), cosine - 0.3),
        )
        found = same_by_key(item, held.item, cosine, (words, held.words), days, self.days)
        if found is not None:
            return Candidate(held, cosine, days, measured, *found)
        forbidden = other_thing(item, held.item) or veto(words, held.words, days)
        return Candidate(held, cosine, days, measured, None, forbidden)

    def _judged(self, candidate: Candidate, words: Wording, own_id: int | None = None) -> tuple[Verdict, Match]:
        held, forbidden = candidate.held, candidate.forbidden
        probability = self._decision.probability(candidate.measured, forbidden=forbidden is not None)
        similarity = candidate.cosine
        verdict = Verdict.DIFFERENT
        if candidate.key and not forbidden:
            verdict, probability, similarity, reason = Verdict.DUPLICATE, SURE, 1.0, candidate.key
        elif probability >= SAME:
            verdict = Verdict.DUPLICATE
            reason = why_same(words, held.words, candidate.measured, candidate.days, self._common)
        else:
            if candidate.key or probability >= RELATED or candidate.cosine >= RELATED_COSINE:
                verdict = Verdict.RELATED
            why = why_related(words, held.words, forbidden, candidate.days, self._common)
            reason = f"{candidate.key}, but {forbidden}" if candidate.key else why
        said = self._corrections.get(frozenset((own_id, held.finding_id))) if own_id is not None else None
        if said is not None:
            verdict, reason = said, "a person said so"
            probability = {Verdict.DUPLICATE: 1.0, Verdict.RELATED: min(probability, RELATED)}.get(said, 0.0)
        match = Match(held.finding_id, max(-1.0, min(1.0, similarity)), probability, reason[:500], candidate.measured)
        return verdict, match

    @property
    def _seconds(self) -> float:
        return self.days * SECONDS_A_DAY


def _keys(item: NormalItem) -> list[str]:
    keys = [f"name {name}" for name in item.identities]
    if item.text_hash:
        keys.append(f"hash {item.text_hash}")
    if item.canonical_url:
        keys.append(f"address {item.canonical_url}")
    return keys
