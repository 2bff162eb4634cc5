"""The feed of a person: what the research agent found and nobody has decided, ranked, with uncertain ones mixed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from ci_core.backlog.text_query import read_text
from ci_core.errors import InvalidInput
from ci_core.research import feed_queries
from db.enums import FindingStatus

MOST_PER_PAGE = 1_000
LARGEST_OFFSET = 2**31
# Every fourth place belongs to a finding of which the score is not sure: without answers about those it would never
# learn. More would cost a person's time, who reads about ten a day.
UNCERTAIN_EVERY = 4
# Until so many answers were learned from, some of what was set aside though it might as well be wanted is asked about
# too: at most so many at once, those first that are nearest to even odds.
FEW_ANSWERS = 200
MOST_PROBES = 10


class Shelf(StrEnum):
    """Which findings one looks at: those that wait, or those with which something has been done."""

    WAITING = "waiting"
    SNOOZED = "snoozed"
    SET_ASIDE = "set_aside"
    REJECTED = "rejected"
    CONVERTED = "converted"
    DUPLICATES = "duplicates"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What of the findings is wanted; what is left out does not narrow.

    Attributes:
        shelf: which of them at all.
        text: words as in the search of the backlog: all must occur; `"in a row"`, `-not`, `OR`.
        source_types: kinds of sites, such as "reddit".
        source_ids: configured sources.
        least, most: the relevance, 0–100; a finding without one fulfils neither.
        found_after, found_before: when it was found, with a time zone; from the first to before the second.
        statuses: stored states; used instead of `shelf` where given.
    """

    shelf: Shelf = Shelf.WAITING
    text: str = ""
    source_types: tuple[str, ...] = ()
    source_ids: tuple[int, ...] = ()
    least: float | None = None
    most: float | None = None
    found_after: datetime | None = None
    found_before: datetime | None = None
    statuses: tuple[FindingStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """Another place where the same was seen: a finding that repeats this one."""

    finding_id: int
    source_type: str
    source_name: str
    source_url: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One finding in the feed. Scores are 0–100, None where they are not known; texts are strangers' words."""

    id: int
    source_type: str
    source_name: str
    source_url: str
    source_title: str
    author: str | None
    status: FindingStatus
    relevance_score: float | None
    novelty_score: float | None
    applicability_score: float | None
    implementation_difficulty: float | None
    reason: str | None
    summary: str | None
    scored_by: str | None
    uncertain: bool
    engagement: Mapping[str, int | float]
    duplicate_of: int | None
    published_at: datetime | None
    discovered_at: datetime
    snoozed_until: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    enhancement_id: int | None
    version: int
    related_to: tuple[int, ...] = ()
    also_seen_on: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some of the findings that are wanted, in order, and how many are wanted in all."""

    total: int
    findings: tuple[FeedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A place that findings came from, and how many of them wait."""

    source_type: str
    source_name: str
    waiting: int


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """How many findings stand on each shelf."""

    by_shelf: Mapping[Shelf, int] = field(default_factory=dict)


def feed(
    session: Session,
    wanted: FeedFilter | None = None,
    *,
    limit: int = 50,
    offset: int = 0,
    now: datetime | None = None,
    probes: bool = False,
) -> FeedPage:
    """The wanted findings, the most relevant first; of those that wait, every fourth place is an uncertain one's.

    What was decided comes with the newest decision first. A snoozed finding is back when its time has come.

    Args:
        limit: 0–1,000 per page.
        probes: as long as little is known of the team, up to ten that the agent set aside without being sure stand
            among the uncertain ones of those that wait.
        now: when snoozes are looked at; None for now.

    Raises:
        InvalidInput: the page or the filter cannot be.
    """
    asked = wanted or FeedFilter()
    check_page(limit, offset)
    _check(asked)
    words = feed_queries.words_in_query(session, read_text(asked.text)) if asked.text else feed_queries.Words()
    moment = now or datetime.now(UTC)
    conditions = feed_queries.conditions_of(asked, words, moment)
    with feed_queries.by_index(session):
        if asked.shelf is Shelf.WAITING and not asked.statuses:
            asides = feed_queries.conditions_of(replace(asked, shelf=Shelf.SET_ASIDE), words, moment)
            probing = _probes(session, asides) if probes else []
            certain, uncertain = feed_queries.count_certain(session, conditions)
            ids = _mixed(session, conditions, certain, uncertain, limit, offset, probing)
            total = certain + uncertain + len(probing)
        else:
            total = feed_queries.count(session, conditions)
            ids = feed_queries.ids_in_order(session, asked, conditions, limit, offset) if total and limit else []
    return FeedPage(total, rows_of(session, ids))


def rows_of(session: Session, ids: Sequence[int]) -> tuple[FeedRow, ...]:
    """These findings as the feed shows them, in the order of the ids; those that do not exist are missing."""
    if not ids:
        return ()
    seen = feed_queries.sightings(session, ids)
    related = feed_queries.related_ids(session, ids)
    found = {row["id"]: row for row in feed_queries.rows_by_id(session, ids)}
    return tuple(
        FeedRow(
            **found[item],
            related_to=tuple(related.get(item, ())),
            also_seen_on=tuple(Sighting(*one) for one in seen.get(item, ())),
        )
        for item in ids
        if item in found
    )


def counts(session: Session, *, now: datetime | None = None) -> FeedCounts:
    """How many findings stand on each shelf."""
    moment = now or datetime.now(UTC)
    shelves = {shelf: feed_queries.shelf_condition(shelf, moment) for shelf in Shelf}
    return FeedCounts({shelf: feed_queries.count(session, [condition]) for shelf, condition in shelves.items()})


def sources_in_feed(session: Session) -> tuple[FeedSource, ...]:
    """The places that findings came from, those with the most that wait first."""
    return tuple(FeedSource(*row) for row in feed_queries.sources(session))


def last_here(session: Session, person: str, *, before: datetime) -> datetime | None:
    """When this person was last shown a finding before a moment; None: never."""
    return feed_queries.last_exposure(session, person, before)


def record_exposures(session: Session, person: str, shown: Sequence[tuple[int, int]]) -> int:
    """Remember that a person was shown findings, each once and for ever; gives how many that were new.

    Args:
        shown: pairs of a finding and its place in the list, 0 for the first.
    """
    return feed_queries.store_exposures(session, person, list(dict(shown).items()))


def places(
    certain: int, uncertain: int, limit: int, offset: int, every: int = UNCERTAIN_EVERY
) -> list[tuple[bool, int]]:
    """Which of two ranked lists stands at each place of a page that mixes them.

    The last of `every` places belongs to the uncertain list; where one list has ended, the other goes on.

    Args:
        certain, uncertain: how many each of the lists has.

    Returns:
        For each place: whether it is an uncertain one's, and which of its list (0 is the first).
    """
    page = []
    for place in range(offset, min(offset + limit, certain + uncertain)):
        taken = min(place // every, uncertain)  # by the uncertain list, of the places before this one
        if place - taken >= certain:
            page.append((True, place - certain))
        elif (place + 1) % every == 0 and taken < uncertain:
            page.append((True, taken))
        else:
            page.append((False, place - taken))
    return page


def check_page(limit: int, offset: int) -> None:
    """Accept a page that can be.

    Raises:
        InvalidInput: it is too large, or begins before the first or after any imaginable finding.
    """
    if not 0 <= limit <= MOST_PER_PAGE:
        raise InvalidInput("limit", f"A page has 0 to {MOST_PER_PAGE:,} findings, not {limit}.")
    if not 0 <= offset < LARGEST_OFFSET:
        raise InvalidInput("offset", f"A page begins at 0 to {LARGEST_OFFSET - 1:,}, not at {offset}.")


def _probes(session: Session, asides: feed_queries.Conditions) -> list[int]:
    """Ids of what was set aside and is asked about all the same, those first that teach most; later, none."""
    if feed_queries.answers_learned(session) >= FEW_ANSWERS:
        return []
    return feed_queries.nearest_to_even(session, asides, limit=MOST_PROBES)


def _mixed(
    session: Session,
    conditions: feed_queries.Conditions,
    certain: int,
    uncertain: int,
    limit: int,
    offset: int,
    probing: Sequence[int],
) -> list[int]:
    """A page of what waits; of the uncertain ones, the probes come first."""
    page = places(certain, uncertain + len(probing), limit, offset)
    ids: dict[tuple[bool, int], int] = {(True, number): item for number, item in enumerate(probing)}
    for kind in (False, True):
        before = len(probing) if kind else 0
        wanted = [place - before for of_kind, place in page if of_kind is kind and place >= before]
        if wanted:
            found = feed_queries.waiting_ids(session, conditions, kind, wanted[-1] - wanted[0] + 1, wanted[0])
            ids |= {(kind, before + wanted[0] + number): item for number, item in enumerate(found)}
    return [ids[place] for place in page if place in ids]


def _check(wanted: FeedFilter) -> None:
    for name, value in (("least", wanted.least), ("most", wanted.most)):
        if value is not None and not 0 <= value <= 100:
            raise InvalidInput(name, f"A relevance is 0 to 100, not {value:g}.")
    for name, moment in (("found_after", wanted.found_after), ("found_before", wanted.found_before)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidInput(name, "The time that something was found at needs a time zone.")
