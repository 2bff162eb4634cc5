"""One batch of items on its way into the database: prepared outside of a transaction, stored within one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ci_core.errors import CiError
from ci_core.logs import get_logger
from ci_core.research import store
from ci_core.research.embedding_text import embedding_text
from ci_core.research.intake import Counts, Intake, OnBatch, Unusable
from ci_core.research.outcome import AGENT, Rules, outcome_of
from ci_core.research.store import Key, Known, NewFinding
from ci_core.research.values import Comparison, Match, NormalItem, Score, Scorer, Vector
from db.enums import FindingStatus, Verdict
from db.errors import DatabaseBusy, DatabaseUnavailable, PoolExhausted

log = get_logger(__name__)

# Somebody else's lock, or a server that starts again: the batch is tried again after these pauses.
PAUSES_SECONDS = (0.2, 1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Usable:
    """A normalised item; `place` is where it stands among all items, 0 is the first."""

    place: int
    item: NormalItem

    @property
    def key(self) -> Key:
        """The kind of site and the id there."""
        return self.item.item.source_type, self.item.item.external_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item with all that is computed outside of a transaction."""

    item: NormalItem
    vector: Vector
    score: Score | None
    at: datetime
    appeared_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """How a batch is taken in.

    Attributes:
        before: what the batches before this one counted.
        vectors: those that are computed already.
    """

    intake: Intake
    source_id: int | None
    run_id: int | None
    on_batch: OnBatch | None
    before: Counts
    vectors: Mapping[Key, Vector] = field(default_factory=dict)

    def take(self, items: Sequence[Usable]) -> tuple[Counts, list[Unusable]]:
        """Store the items; one that the database refuses does not take the others with it.

        Raises:
            db.errors.DatabaseError: the database cannot be used, also after some seconds.
        """
        unique = {one.key: one for one in items}
        repeated = Counts(seen=len(items) - len(unique))
        try:
            return repeated + self._store_patiently(list(unique.values()), repeated), []
        except DBAPIError as error:
            if len(unique) == 1:
                (one,) = unique.values()
                return repeated + Counts(failed=1), [_refused(one, error)]
        taken, refused = repeated, list[Unusable]()
        for one in unique.values():
            alone, why = replace(self, before=self.before + taken).take([one])
            taken, refused = taken + alone, [*refused, *why]
        return taken, refused

    def _store_patiently(self, items: Sequence[Usable], repeated: Counts) -> Counts:
        for pause in PAUSES_SECONDS:
            try:
                return self._store(items, repeated)
            except (DatabaseBusy, DatabaseUnavailable, PoolExhausted, _Overtaken) as error:
                log.warning("batch_again", items=len(items), reason=str(error))
                time.sleep(pause)
        return self._store(items, repeated)

    def _store(self, items: Sequence[Usable], repeated: Counts) -> Counts:
        intake = self.intake
        by_key = {one.key: one.item for one in items}
        stored, needed = needed_of(intake, by_key)
        prepared = self._prepare(needed, stored)
        with intake.window.adding(intake.database, list(needed.values()), actor=AGENT) as session:
            now = intake.clock()
            # Others may have stored some of them while they were prepared.
            stored = store.known(session, by_key)
            edited = self._compared_anew(stored, prepared)
            near = {match.finding_id for comparison in edited.values() for match in _matches(comparison)}
            added = [one for key, one in prepared.items() if key not in stored]
            counts, canonical = self._add(session, added, near | {one.id for one in stored.values()}, now)
            self._refresh(session, by_key, stored, now)
            for key, one in stored.items():
                if (edit := prepared.get(key)) is not None and is_edited(one, edit.item):
                    self._store_edit(session, one, edit, edited.get(key), canonical, now)
            counts += Counts(seen=len(items) - counts.total)
            if self.on_batch:
                self.on_batch(session, self.before + repeated + counts)
        return counts

    def _prepare(self, needed: Mapping[Key, NormalItem], stored: Mapping[Key, Known]) -> dict[Key, Prepared]:
        """Vectors of all, and scores of those that look like no duplicate."""
        intake, now = self.intake, self.intake.clock()
        moments = {key: moments_of(item, now, intake) for key, item in needed.items()}
        times = [at for at, _ in moments.values()] or [now]
        intake.window.cover(intake.database, min(times), max(times))
        if not needed:
            return {}
        missing = {key: item for key, item in needed.items() if key not in self.vectors}
        vectors = {**self.vectors, **vectors_of(intake, missing)}
        to_score = [
            key
            for key, item in needed.items()
            if (is_undecided(stored[key]) if key in stored else not self._repeats(item, vectors[key], moments[key][0]))
        ]
        found = scores_of(intake.scorer, [needed[key] for key in to_score], [vectors[key] for key in to_score])
        scores = dict(zip(to_score, found, strict=True))
        _say_scores(scores, intake.rules)
        return {key: Prepared(item, vectors[key], scores.get(key), *moments[key]) for key, item in needed.items()}

    def _repeats(self, item: NormalItem, vector: Vector, at: datetime) -> bool:
        if not self.intake.spares_scores:
            return False
        return self.intake.window.compare(item, vector, at).verdict == Verdict.DUPLICATE

    def _add(
        self, session: Session, prepared: Sequence[Prepared], others: Set[int], now: datetime
    ) -> tuple[Counts, Mapping[int, int]]:
        """Add what is new, each linked to what it repeats or is near to.

        Gives the canonical finding of each that is spoken of, and of each of `others`, too; all of them are locked.
        """
        window = self.intake.window
        # In the order in which they appeared: what came first is what the others repeat.
        ordered = sorted(prepared, key=lambda one: one.appeared_at)
        compared: list[tuple[int, Prepared, Comparison]] = []
        for finding_id, one in zip(store.next_ids(session, len(ordered)), ordered, strict=True):
            compared.append((finding_id, one, window.compare(one.item, one.vector, one.at)))
            window.add(finding_id, one.item, one.vector, one.appeared_at)
        near = {match.finding_id for _, _, comparison in compared for match in _matches(comparison)}
        own = {finding_id for finding_id, _, _ in compared}
        # Everything that is read or written of others is locked here, at once.
        canonical = store.roots(session, (near - own) | others)
        found: list[NewFinding] = []
        for finding_id, one, comparison in compared:
            new = self._finding(finding_id, one, comparison, canonical, now)
            canonical[finding_id] = new.same.finding_id if new.same else finding_id
            found.append(new)
        added = store.add_findings(session, found, model=window.model, source_id=self.source_id, run_id=self.run_id)
        if len(added) != len(found):
            raise _Overtaken
        self._accept(session, found)
        counts = Counts(
            new=sum(not one.same and not one.related for one in found),
            duplicate=sum(one.same is not None for one in found),
            related=sum(not one.same and bool(one.related) for one in found),
        )
        return counts, canonical

    def _finding(
        self, finding_id: int, one: Prepared, comparison: Comparison, canonical: Mapping[int, int], now: datetime
    ) -> NewFinding:
        """What is stored of an item; its links lead to canonical findings that are still there."""
        same = comparison.same if comparison.verdict == Verdict.DUPLICATE else None
        made = NewFinding(finding_id, one.item, one.vector, one.appeared_at, now, FindingStatus.DUPLICATE)
        if same and same.finding_id in canonical:
            return replace(made, same=replace(same, finding_id=canonical[same.finding_id]))
        outcome = outcome_of(one.score, self.intake.rules)
        return replace(
            made,
            status=outcome.status,
            score=one.score,
            decided_by=outcome.decided_by,
            decision_reason=outcome.reason,
            related=_related(comparison.related, canonical),
        )

    def _compared_anew(self, stored: Mapping[Key, Known], prepared: Mapping[Key, Prepared]) -> dict[Key, Comparison]:
        """What each edited one that nobody has decided is to the others now."""
        return {
            key: self.intake.window.compare(edit.item, edit.vector, edit.at)
            for key, edit in prepared.items()
            if key in stored and is_edited(stored[key], edit.item) and is_undecided(stored[key])
        }

    def _refresh(
        self, session: Session, by_key: Mapping[Key, NormalItem], stored: Mapping[Key, Known], now: datetime
    ) -> None:
        """Figures of what was seen before."""
        store.see_again(session, {one.id: by_key[key] for key, one in stored.items()}, seen_at=now)

    def _store_edit(
        self,
        session: Session,
        one: Known,
        edit: Prepared,
        comparison: Comparison | None,
        canonical: Mapping[int, int],
        now: datetime,
    ) -> None:
        """The new text with its vector; and where nobody has decided, its links and its score."""
        store.store_edit(session, one.id, edit.item)
        store.store_vectors(session, self.intake.window.model, [(one.id, edit.vector, edit.appeared_at)])
        if comparison is None:
            return
        same = comparison.same if comparison.verdict == Verdict.DUPLICATE else None
        root = canonical.get(same.finding_id) if same else None
        if (
            same
            and root is not None
            and root != one.id
            and store.repeat(session, one.id, replace(same, finding_id=root), agent=AGENT)
        ):
            return
        near = [match for match in _related(_matches(comparison), canonical) if match.finding_id != one.id]
        store.relate(session, {one.id: near})
        if edit.score is not None:
            store_outcome(session, one.id, edit.score, self.intake.rules, now)

    def _accept(self, session: Session, found: Iterable[NewFinding]) -> None:
        """Let the product take by itself what scores high enough; one that it cannot take waits for a person."""
        rules = self.intake.rules
        for one in found:
            if rules.accept is None or one.same or not rules.accepts(one.score):
                continue
            try:
                with session.begin_nested():
                    rules.accept(session, one.id)
            except CiError as error:
                log.warning("finding_not_accepted", finding=one.id, reason=str(error))


class _Overtaken(DBAPIError):
    """Somebody stored one of the items by plain SQL at this moment; taken again, it is found."""

    def __init__(self) -> None:
        super().__init__(None, None, Exception("another item of this id or text was stored at the same moment"))


def needed_of(intake: Intake, by_key: Mapping[Key, NormalItem]) -> tuple[dict[Key, Known], dict[Key, NormalItem]]:
    """What is stored of these items, and those of them that are new or were edited."""
    with intake.database.reading() as session:
        stored = store.known(session, by_key)
    return stored, {key: item for key, item in by_key.items() if key not in stored or is_edited(stored[key], item)}


def vectors_of(intake: Intake, items: Mapping[Key, NormalItem]) -> dict[Key, Vector]:
    """The vector of each item."""
    if not items:
        return {}
    return dict(zip(items, intake.encoder.encode([embedding_text(item) for item in items.values()]), strict=True))


def is_edited(stored: Known, item: NormalItem) -> bool:
    """Whether the author changed the text or the title since it was stored."""
    return stored.content_hash != item.content_hash or stored.title != item.title


def is_undecided(stored: Known) -> bool:
    """Whether no person has decided about it and it repeats nothing, so that a new score may change where it stands."""
    waiting = stored.status in {FindingStatus.NEW, FindingStatus.ANALYZED} and stored.decided_by is None
    return waiting or (stored.status == FindingStatus.REJECTED and stored.decided_by == AGENT)


def moments_of(item: NormalItem, now: datetime, intake: Intake) -> tuple[datetime, datetime]:
    """At which moment an item is compared, and when it counts as having appeared.

    A scan compares with what appeared in the days before it. In a replay everything happens when it was published.
    """
    published = item.item.published_at
    if published is None or published > now:
        return now, now
    if intake.replay:
        return published, published
    return now, published if published >= now - timedelta(days=intake.window.days) else now


def scores_of(scorer: Scorer, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score | None]:
    """A score of each, or None where the scorer fails: then they wait, and are scored with the next scan."""
    if not items:
        return []
    try:
        return list(scorer.score(items, vectors))
    except CiError as error:
        log.warning("not_scored", items=len(items), scorer=scorer.name, reason=str(error))
        return [None] * len(items)


def _say_scores(scores: Mapping[Key, Score | None], rules: Rules) -> None:
    """Log what was scored, and how much of it is of so little relevance that it is set aside."""
    known = {key: score for key, score in scores.items() if score is not None and score.relevance is not None}
    for (kind, external_id), score in known.items():
        log.debug("item_scored", source_type=kind, external_id=external_id, relevance=score.relevance)
    low = sum(score.relevance < rules.set_aside_below for score in known.values() if score.relevance is not None)
    if low:
        log.warning("low_relevance", items=low, of=len(scores), below=rules.set_aside_below)


def store_outcome(session: Session, finding_id: int, score: Score, rules: Rules, now: datetime) -> bool:
    """Store a score with what follows from it, unless a person has decided; says whether it was stored."""
    outcome = outcome_of(score, rules)
    return store.store_score(
        session,
        finding_id,
        score,
        status=outcome.status,
        decided_by=outcome.decided_by,
        decision_reason=outcome.reason,
        agent=AGENT,
        now=now,
    )


def _matches(comparison: Comparison) -> tuple[Match, ...]:
    return (*comparison.related, comparison.same) if comparison.same else comparison.related


def _related(matches: Iterable[Match], canonical: Mapping[int, int]) -> tuple[Match, ...]:
    """Each canonical finding once, by the nearest of those that lead to it."""
    best: dict[int, Match] = {}
    for match in matches:
        root = canonical.get(match.finding_id)
        if root is not None and (root not in best or best[root].similarity < match.similarity):
            best[root] = replace(match, finding_id=root)
    return tuple(best.values())


def _refused(one: Usable, error: DBAPIError) -> Unusable:
    why = (str(error.orig or error).strip().splitlines() or [type(error).__name__])[0]
    return Unusable(one.place, one.item.item.external_id, f"the database refused it: {why[:300]}")
