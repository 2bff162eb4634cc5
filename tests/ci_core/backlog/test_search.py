from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, merge_duplicate, search_queries
from ci_core.backlog.embedding_queries import stale_enhancements, store_vectors
from ci_core.backlog.search import WORDS_ONLY, fuse, search_enhancements
from ci_core.backlog.similar import similar_enhancements, similar_to_text
from ci_core.errors import QueryError
from tests.ci_core.backlog.vectors import WordEncoder

Make = Callable[..., Enhancement]


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


def embed(session: Session, encoder: WordEncoder) -> None:
    waiting = stale_enhancements(session, after=0, limit=1_000, characters=400)
    if waiting:
        store_vectors(session, encoder.name, waiting, encoder.encode([row.title for row in waiting]))


def titles(session: Session, query: str, encoder: Any = None, **options: Any) -> list[str]:
    return [one.title for one in search_enhancements(session, query, encoder=encoder, **options).enhancements]


def test_words_in_the_title_rank_above_words_in_the_description(session: Session, make: Make) -> None:
    make("Faster start", description="The pool is filled before the first request.")
    make("Limit the pool")

    assert titles(session, "pool") == ["Limit the pool", "Faster start"]


@pytest.mark.parametrize(
    "typed",
    [
        "options_flow_tracker.py", "options_flow_tracker", "options_flow_tra", "flow tracker", "tracker", "trackers",
        "src/options_flow_tracker.py:73", '"flow tracker"', "FLOW Tracker", "leaking -premium", "leak OR absent",
        "connectio",
    ],
)  # fmt: skip
def test_a_text_is_found_by(session: Session, make: Make, typed: str) -> None:
    make("Connections leak", description="See src/options_flow_tracker.py:73-179, it never closes one.")
    make("Rank premiums")

    assert titles(session, typed) == ["Connections leak"]


@pytest.mark.parametrize("typed", ["tracker_flow", '"tracker flow"', "leak absent", "leak -connections", "zzz"])
def test_a_text_is_not_found_by(session: Session, make: Make, typed: str) -> None:
    make("Connections leak", description="See src/options_flow_tracker.py:73-179, it never closes one.")

    assert titles(session, typed) == []


def test_without_the_model_words_are_found_and_the_note_says_so(session: Session, make: Make) -> None:
    make("Limit the pool")

    page = search_enhancements(session, "pool", encoder=None)

    assert (page.total, page.note) == (1, WORDS_ONLY)


def test_meaning_finds_what_has_none_of_the_words(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("mobile layout")
    make("Rank premiums")
    embed(session, encoder)

    page = search_enhancements(session, "phone", encoder=encoder)

    assert [one.title for one in page.enhancements] == ["mobile layout"]
    assert page.note is None


def test_what_words_and_meaning_both_find_comes_first(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("postgres latency")
    make("Explain it", description="The database is slow.")
    make("slow database")
    embed(session, encoder)

    assert titles(session, "slow database", encoder)[0] == "slow database"
    assert set(titles(session, "slow database", encoder)) == {"slow database", "postgres latency", "Explain it"}


def test_filters_hold_for_words_and_for_meaning(session: Session, make: Make, encoder: WordEncoder) -> None:
    for priority in ("high", "low"):
        make(f"phone {priority}", priority=priority)
        make(f"mobile {priority}", priority=priority)
    embed(session, encoder)

    assert set(titles(session, "phone priority:high", encoder)) == {"phone high", "mobile high"}


def test_excluded_words_hold_for_meaning_too(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("mobile chart")
    make("mobile alert")
    embed(session, encoder)

    assert titles(session, "phone -chart", encoder) == ["mobile alert"]


def test_quoted_words_must_be_there(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("mobile alert")
    make("phone alert")
    embed(session, encoder)

    assert titles(session, '"phone alert"', encoder) == ["phone alert"]


def test_a_search_of_filters_alone_is_a_list_by_score(session: Session, make: Make) -> None:
    make("Low", priority="low")
    make("Critical", priority="critical", category="security")

    assert titles(session, "is:open") == ["Critical", "Low"]
    assert titles(session, "-critical") == ["Low"]


def test_merged_duplicates_are_not_found(session: Session, make: Make, encoder: WordEncoder) -> None:
    duplicate, original = make("phone layout twice"), make("phone layout")
    merge_duplicate(session, duplicate.id, original.id, actor="tess")
    embed(session, encoder)

    assert titles(session, "phone layout", encoder) == ["phone layout"]


def test_pages_neither_overlap_nor_leave_out(session: Session, make: Make, encoder: WordEncoder) -> None:
    for number in range(23):
        make(f"phone {number % 4}")
    embed(session, encoder)

    whole = search_enhancements(session, "phone", encoder=encoder, limit=50)
    pages = [search_enhancements(session, "phone", encoder=encoder, limit=5, offset=at) for at in range(0, 25, 5)]

    assert [one.id for page in pages for one in page.enhancements] == [one.id for one in whole.enhancements]
    assert {page.total for page in pages} == {23} == {whole.total}


def test_a_wrong_query_is_refused(session: Session) -> None:
    with pytest.raises(QueryError):
        search_enhancements(session, "priority:urgentt", encoder=None)


@pytest.mark.parametrize(
    "typed", ["'; DROP TABLE ci_enhancements; --", "((", "a:b' OR", "\\", "%", '"', "🙂", "漢字", "x" * 1_000]
)
def test_whatever_is_typed_is_data(session: Session, make: Make, encoder: WordEncoder, typed: str) -> None:
    make("Here to stay")
    embed(session, encoder)

    with suppress(QueryError):
        search_enhancements(session, typed, encoder=encoder)

    assert titles(session, "stay") == ["Here to stay"]


def test_settings_of_the_search_end_with_it(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("phone")
    embed(session, encoder)
    before = session.execute(text("SELECT current_setting('enable_seqscan'), current_setting('jit')")).one()

    titles(session, "phone", encoder)

    assert session.execute(text("SELECT current_setting('enable_seqscan'), current_setting('jit')")).one() == before


def many(session: Session, count: int) -> None:
    """Many rows at once, each with a vector, of which every tenth is "mobile" and every twentieth of those is high."""
    session.execute(
        text("""
            INSERT INTO ci_enhancements (title, description, priority, ai_priority_score)
            SELECT CASE WHEN n % 10 = 0 THEN 'mobile wish ' ELSE 'another wish ' END || n, 'common text',
                   CASE WHEN n % 200 = 0 THEN 'high' ELSE 'low' END, n % 100
            FROM generate_series(1, :count) AS n
        """),
        {"count": count},
    )
    session.execute(text("ANALYZE ci_enhancements"))


def test_of_very_many_matches_the_best_are_ranked_and_the_note_says_so(
    session: Session, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_queries, "MOST_COUNTED", 500)
    monkeypatch.setattr(search_queries, "ENOUGH", 400)
    many(session, 2_000)
    make("A common thing in the title")

    page = search_enhancements(session, "common", encoder=None, limit=300)

    assert page.enhancements[0].title == "A common thing in the title"
    assert page.total == search_queries.MOST_RANKED == len(page.enhancements)
    assert page.note is not None
    assert "have these words; the best 200 are shown" in page.note
    assert min(one.ai_priority_score or 0 for one in page.enhancements[1:]) >= 80


@pytest.mark.parametrize("pgvector", [(0, 8), (0, 7)])
def test_a_narrow_filter_never_comes_back_empty_from_the_graph(
    session: Session, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, pgvector: tuple[int, int]
) -> None:
    monkeypatch.setattr(search_queries, "COMPARE_ALL", 1)
    many(session, 600)
    embed(session, encoder)
    session.execute(text("ANALYZE ci_enhancement_embeddings"))
    with search_queries.planner_settings(session) as server:
        old = search_queries.Server(pgvector, server.rows)
        conditions = [search_queries.ENHANCEMENTS.c.priority == "high"]

        near = search_queries.neighbours(session, encoder.encode(["phone"])[0], encoder.name, conditions, old)

    assert len(near) == 3
    assert all(one.similarity > 0.3 for one in near)


def test_fusion_rewards_agreement_and_breaks_ties_by_id() -> None:
    assert fuse([1, 2, 3], [3, 9]) == [3, 1, 2, 9]
    assert fuse([7], [5]) == [5, 7]
    assert fuse([], []) == []


def test_similar_enhancements_are_told_with_how_alike_they_are(
    session: Session, make: Make, encoder: WordEncoder
) -> None:
    first = make("mobile layout for alerts")
    second = make("phone layout for alerts")
    make("Rank premiums")
    embed(session, encoder)

    (found,) = similar_enhancements(session, first.id)

    assert found.enhancement.id == second.id
    assert found.similarity == pytest.approx(1.0, abs=1e-3)


def test_archived_and_merged_ones_are_not_similar(session: Session, make: Make, encoder: WordEncoder) -> None:
    first, second, third = make("phone layout"), make("phone layout"), make("phone layout")
    merge_duplicate(session, second.id, first.id, actor="tess")
    embed(session, encoder)

    assert [one.enhancement.id for one in similar_enhancements(session, first.id)] == [third.id]


def test_nothing_is_similar_while_the_vector_is_missing(session: Session, make: Make) -> None:
    assert similar_enhancements(session, make().id) == ()


def test_similar_to_a_text_that_is_being_typed(session: Session, make: Make, encoder: WordEncoder) -> None:
    item = make("phone layout")
    make("Rank premiums")
    embed(session, encoder)

    assert [one.enhancement.id for one in similar_to_text(session, "mobile layout", encoder=encoder)] == [item.id]
    assert similar_to_text(session, "mobile layout", encoder=encoder, without=item.id) == ()
    assert similar_to_text(session, "mo", encoder=encoder) == ()


def test_vectors_of_another_model_are_not_compared(session: Session, make: Make, encoder: WordEncoder) -> None:
    make("phone layout")
    embed(session, encoder)

    assert similar_to_text(session, "phone layout", encoder=WordEncoder("another")) == ()
    assert titles(session, "mobile", WordEncoder("another")) == []
