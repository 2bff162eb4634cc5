"""The feed: what waits, ranked, with uncertain ones mixed in; filters, pages, and what a person has been shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from ci_core.errors import InvalidInput
from ci_core.research.feed import (
    FEW_ANSWERS,
    MOST_PROBES,
    UNCERTAIN_EVERY,
    FeedFilter,
    Shelf,
    counts,
    feed,
    last_here,
    places,
    record_exposures,
    sources_in_feed,
)
from db.enums import FindingStatus
from db.tables import LearnedModel, ResearchSource
from tests.ci_core.research.found import NOON, add_finding

NOW = NOON + timedelta(days=5)


def ids(session: Session, wanted: FeedFilter | None = None, **page: int) -> list[int]:
    return [one.id for one in feed(session, wanted, now=NOW, **page).findings]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 6), st.integers(1, 9))
def test_pages_of_a_mixed_feed_show_everything_once_and_in_the_order_of_each_list(
    certain: int, uncertain: int, every: int, limit: int
) -> None:
    pages = [places(certain, uncertain, limit, offset, every) for offset in range(0, certain + uncertain, limit)]

    shown = [place for page in pages for place in page]

    assert [place for kind, place in shown if not kind] == list(range(certain))
    assert [place for kind, place in shown if kind] == list(range(uncertain))


def test_an_uncertain_one_stands_at_every_fourth_place() -> None:
    assert [kind for kind, _ in places(10, 3, 12, 0, UNCERTAIN_EVERY)] == [
        *[False] * 3, True, *[False] * 3, True, *[False] * 3, True,
    ]  # fmt: skip


def test_what_waits_comes_with_the_most_relevant_first_and_what_has_no_score_last(session: Session) -> None:
    low = add_finding(session, relevance_score=61)
    unknown = add_finding(session, relevance_score=None, status="new")
    high = add_finding(session, relevance_score=95)
    add_finding(session, status="rejected", decided_by="agent:research", relevance_score=99)
    add_finding(session, snoozed_until=NOW + timedelta(days=1), relevance_score=98)
    woken = add_finding(session, snoozed_until=NOW - timedelta(minutes=1), relevance_score=80)

    page = feed(session, now=NOW)

    assert [one.id for one in page.findings] == [high, woken, low, unknown]
    assert page.total == 4
    assert page.findings[3].relevance_score is None


def test_uncertain_ones_are_mixed_in_and_marked(session: Session) -> None:
    certain = [add_finding(session, relevance_score=90 - number) for number in range(6)]
    unsure = [add_finding(session, relevance_score=40 - number, uncertain=True) for number in range(2)]

    page = feed(session, now=NOW)
    by_twos = [item for offset in range(0, 8, 2) for item in ids(session, limit=2, offset=offset)]

    assert [one.id for one in page.findings] == [*certain[:3], unsure[0], *certain[3:], unsure[1]]
    assert [one.uncertain for one in page.findings].count(True) == 2
    assert by_twos == [one.id for one in page.findings]


def aside(session: Session, relevance: float, **values: Any) -> int:
    given = {"status": "rejected", "decided_by": "agent:research", "decided_at": NOW, "uncertain": True}
    return add_finding(session, relevance_score=relevance, **given | values)


def learned_from(session: Session, answers: int) -> None:
    values = {"kind": "relevance", "trained_at": NOW, "samples": answers, "parameters": {}}
    session.execute(insert(LearnedModel).values(values))


def test_while_little_is_known_some_that_were_set_aside_unsurely_are_asked_about(session: Session) -> None:
    certain = [add_finding(session, relevance_score=90 - number) for number in range(7)]
    unsure = add_finding(session, relevance_score=65, uncertain=True)
    far, near = aside(session, 41), aside(session, 52)
    aside(session, 20, uncertain=False)
    aside(session, 50, decided_by="tess")
    learned_from(session, FEW_ANSWERS - 1)

    page = feed(session, now=NOW, probes=True)
    threes = [feed(session, limit=3, offset=start, now=NOW, probes=True) for start in range(0, 10, 3)]

    assert [one.id for one in page.findings] == [*certain[:3], near, *certain[3:6], far, certain[6], unsure]
    assert (page.total, sum((part.findings for part in threes), ())) == (10, page.findings)
    assert feed(session, now=NOW).total == 8
    assert feed(session, FeedFilter(least=60), now=NOW, probes=True).total == 8


def test_no_more_than_ten_are_asked_about_and_none_once_much_is_known(session: Session) -> None:
    for number in range(MOST_PROBES + 3):
        aside(session, 45 + number / 2)

    assert feed(session, now=NOW, probes=True).total == MOST_PROBES
    learned_from(session, FEW_ANSWERS)
    assert feed(session, now=NOW, probes=True).total == 0


def test_a_row_says_where_it_is_from_and_where_else_it_was_seen(session: Session) -> None:
    source = ResearchSource(source_type="reddit", source_name="r/options-test", search_queries=[], search_filters={})
    session.add(source)
    session.flush()
    first = add_finding(session, source_id=source.id, engagement={"score": 12, "comments": 3})
    again = add_finding(
        session, source_type="hacker_news", status="duplicate", canonical_finding_id=first, duplicate_similarity=0.9
    )
    near = add_finding(session, relevance_score=50)
    session.execute(
        text("INSERT INTO ci_research_relations VALUES (:low, :high, 0.7, 'both speak of chains')"),
        {"low": first, "high": near},
    )

    row = feed(session, now=NOW).findings[0]

    assert (row.id, row.source_name, row.engagement) == (first, "r/options-test", {"score": 12, "comments": 3})
    assert [(one.finding_id, one.source_type) for one in row.also_seen_on] == [(again, "hacker_news")]
    assert row.related_to == (near,)
    assert (row.implementation_difficulty, row.reason) == (30.0, "Near to your interest “option chains”.")


def test_every_shelf_has_its_own(session: Session) -> None:
    waiting = add_finding(session)
    asleep = add_finding(session, snoozed_until=NOW + timedelta(days=2))
    aside = add_finding(session, status="rejected", decided_by="agent:research", relevance_score=20)
    rejected = add_finding(session, status="rejected", decided_by="ada", decided_at=NOON)
    converted = add_finding(session, status="converted_to_enhancement", decided_by="ada", decided_at=NOON)
    again = add_finding(session, status="duplicate", canonical_finding_id=waiting)

    found = {shelf: ids(session, FeedFilter(shelf=shelf)) for shelf in Shelf}

    assert {shelf: items for shelf, items in found.items() if shelf is not Shelf.EVERYTHING} == {
        Shelf.WAITING: [waiting],
        Shelf.SNOOZED: [asleep],
        Shelf.SET_ASIDE: [aside],
        Shelf.REJECTED: [rejected],
        Shelf.CONVERTED: [converted],
        Shelf.DUPLICATES: [again],
    }
    assert len(found[Shelf.EVERYTHING]) == 6
    assert counts(session, now=NOW).by_shelf == {shelf: len(items) for shelf, items in found.items()}


def test_what_was_decided_comes_with_the_newest_decision_first(session: Session) -> None:
    older = add_finding(session, status="rejected", decided_by="ada", decided_at=NOON, relevance_score=90)
    newer = add_finding(session, status="rejected", decided_by="ada", decided_at=NOW, relevance_score=10)

    assert ids(session, FeedFilter(shelf=Shelf.REJECTED)) == [newer, older]


def test_filters_narrow_by_site_score_date_state_and_words(session: Session) -> None:
    reddit = add_finding(session, "Gamma exposure of dealers", relevance_score=80)
    github = add_finding(session, "A wheel bot", source_type="github", relevance_score=65, discovered_at=NOW)
    unscored = add_finding(session, "Unread", source_type="arxiv", relevance_score=None, status="new")

    assert ids(session, FeedFilter(source_types=("github", "arxiv"))) == [github, unscored]
    assert ids(session, FeedFilter(least=70)) == [reddit]
    assert ids(session, FeedFilter(most=70)) == [github]
    assert ids(session, FeedFilter(found_after=NOW - timedelta(hours=1))) == [github]
    assert ids(session, FeedFilter(found_before=NOW - timedelta(hours=1))) == [reddit, unscored]
    assert ids(session, FeedFilter(statuses=(FindingStatus.NEW,))) == [unscored]
    assert ids(session, FeedFilter(text="dealer gamma")) == [reddit]
    assert ids(session, FeedFilter(text='"wheel bot"')) == [github]
    assert ids(session, FeedFilter(text="caching -wheel")) == [reddit, unscored]
    assert ids(session, FeedFilter(text="nothing of the kind")) == []
    assert ids(session, FeedFilter(text="the")) == [reddit, github, unscored]


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE ci_research_findings; --", "%", "\\", "((", '"', "a | b & !c <-> :*"]
)
def test_whatever_is_typed_is_searched_and_nothing_else(session: Session, hostile: str) -> None:
    add_finding(session)

    assert feed(session, FeedFilter(text=hostile), now=NOW).total in (0, 1)


def test_pages_that_cannot_be_are_refused(session: Session) -> None:
    for page in ({"limit": -1}, {"limit": 1_001}, {"offset": -1}):
        with pytest.raises(InvalidInput):
            feed(session, **page)
    for wanted in (FeedFilter(least=101), FeedFilter(found_after=datetime(2026, 1, 1))):  # noqa: DTZ001 - no zone on purpose
        with pytest.raises(InvalidInput):
            feed(session, wanted)
    assert ids(session, offset=10_000) == []


def test_sources_are_listed_with_what_waits(session: Session) -> None:
    add_finding(session, source_type="arxiv")
    add_finding(session, source_type="github")
    add_finding(session, source_type="github")
    add_finding(session, source_type="github", status="rejected")

    found = [(one.source_type, one.source_name, one.waiting) for one in sources_in_feed(session)]

    assert found == [("github", "github", 2), ("arxiv", "arxiv", 1)]


def test_a_finding_is_shown_to_a_person_once_and_for_ever(session: Session) -> None:
    one, other = add_finding(session, relevance_score=77), add_finding(session)

    assert record_exposures(session, "ada", [(one, 0), (other, 1)]) == 2
    assert record_exposures(session, "ada", [(one, 5), (999_999_999, 6)]) == 0
    assert record_exposures(session, "grace", [(one, 3)]) == 1
    rows = session.execute(
        text("SELECT person, position, relevance_score FROM ci_research_exposures WHERE finding_id = :id ORDER BY 1"),
        {"id": one},
    ).all()

    assert [tuple(row) for row in rows] == [("ada", 0, 77), ("grace", 3, 77)]


def test_when_a_person_was_here_last_is_when_they_were_last_shown_something(session: Session) -> None:
    now = datetime.now(UTC)
    one = add_finding(session)
    assert last_here(session, "ada", before=now) is None

    record_exposures(session, "ada", [(one, 0)])

    shown = last_here(session, "ada", before=now + timedelta(hours=1))
    assert shown is not None
    assert last_here(session, "ada", before=shown) is None
    assert last_here(session, "grace", before=now + timedelta(hours=1)) is None
