"""All that a person wants to see of a proposal before deciding it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import queries
from ci_core.backlog.dependencies import LinkedEnhancement, dependencies_of
from ci_core.backlog.history import Told, newest_of
from ci_core.backlog.listing import read_enhancements
from ci_core.backlog.queries import ENHANCEMENTS, STORED
from ci_core.backlog.similar import similar_enhancements
from ci_core.backlog.triage_queries import with_shared_words, words_of
from ci_core.backlog.values import Enhancement

MOST_CANDIDATES = 5
# Looked at to find those whose titles share enough words; the rest of a common word's matches are no candidates.
MOST_LOOKED_AT = 20
LEAST_SHARED = 0.4
NEWEST_CHANGES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another enhancement that may say the same, and why one may think so.

    `likeness` is 0–1: of the meanings of both texts, or (not `by_meaning`) twice the shared words of the titles over
    all of their words. `shared_words` are words of the proposal's title.
    """

    enhancement: Enhancement
    likeness: float
    by_meaning: bool
    shared_words: tuple[str, ...]
    same_area: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """An enhancement with what it waits for, what is similar (most alike first), and its newest changes."""

    enhancement: Enhancement
    blocked_by: tuple[LinkedEnhancement, ...]
    candidates: tuple[Candidate, ...]
    history: tuple[Told, ...]


def proposals(session: Session, ids: Sequence[int]) -> dict[int, Proposal]:
    """These enhancements by id, whatever their status; those that do not exist are missing."""
    usable = [item for item in ids if 1 <= item <= queries.LARGEST_ID]
    wanted = select(*STORED).where(ENHANCEMENTS.c.id.in_(usable))
    history = newest_of(session, usable, NEWEST_CHANGES)
    return {
        found.id: Proposal(
            enhancement=found,
            blocked_by=dependencies_of(session, found.id).blocked_by,
            candidates=candidates_for(session, found),
            history=history[found.id],
        )
        for found in read_enhancements(session, wanted)
    }


def candidates_for(session: Session, enhancement: Enhancement) -> tuple[Candidate, ...]:
    """Up to five others that mean nearly the same or whose titles share words, most alike first.

    Without vectors (they are computed in the background, and need a model) the words of the titles alone decide.
    """
    by_meaning = similar_enhancements(session, enhancement.id, limit=MOST_CANDIDATES)
    alike = {one.enhancement.id: (one.enhancement, one.similarity, True) for one in by_meaning}
    worded = {}
    if len(alike) < MOST_CANDIDATES:
        ids = with_shared_words(session, enhancement.title, without=enhancement.id, most=MOST_LOOKED_AT)
        others = select(*STORED).where(ENHANCEMENTS.c.id.in_([item for item in ids if item not in alike]))
        worded = {one.id: (one, 0.0, False) for one in read_enhancements(session, others)}
    found = alike | worded
    titles = {item: other.title for item, (other, _, _) in found.items()}
    words = words_of(session, {enhancement.id: enhancement.title, **titles})
    candidates = [_candidate(enhancement, *one, words) for one in found.values()]
    chosen = [one for one in candidates if one.by_meaning or one.likeness >= LEAST_SHARED]
    chosen.sort(key=lambda one: (-one.likeness, one.enhancement.id))
    return tuple(chosen[:MOST_CANDIDATES])


def _candidate(
    enhancement: Enhancement,
    other: Enhancement,
    similarity: float,
    by_meaning: bool,
    words: Mapping[int, Mapping[str, str]],
) -> Candidate:
    own, theirs = words[enhancement.id], words[other.id]
    shared = [word for lexeme, word in own.items() if lexeme in theirs]
    overlap = 2 * len(shared) / (len(own) + len(theirs)) if own and theirs else 0.0
    return Candidate(
        enhancement=other,
        likeness=similarity if by_meaning else overlap,
        by_meaning=by_meaning,
        shared_words=tuple(shared),
        same_area=enhancement.feature_area is not None
        and (other.feature_area or "").casefold() == enhancement.feature_area.casefold(),
    )
