"""What a person sees of a proposal before deciding it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, add_dependency, merge_duplicate
from ci_core.backlog.embedding_queries import stale_enhancements, store_vectors
from ci_core.backlog.proposal import candidates_for, proposals
from db.enums import DependencyKind
from tests.ci_core.backlog.vectors import WordEncoder

Make = Callable[..., Enhancement]


def test_everything_is_there_and_what_does_not_exist_is_missing(session: Session, make: Make) -> None:
    item, blocker = make(description="Why"), make("Build the queue")
    add_dependency(session, item.id, blocker.id, DependencyKind.BLOCKED_BY, actor="ada")

    found = proposals(session, [item.id, 0, -3, 2**70, 2**40])

    assert list(found) == [item.id]
    assert [one.id for one in found[item.id].blocked_by] == [blocker.id]
    assert found[item.id].enhancement.description == "Why"
    assert found[item.id].history[0].actor == "ada"


def test_shared_words_of_the_titles_make_a_candidate_with_the_reason(session: Session, make: Make) -> None:
    item = make("Cache the option chains of the zebrafish", feature_area="Scanner")
    near = make("Caching option chain for zebrafish", feature_area="scanner", status="approved")
    make("Zebrafish in the garden of a far neighbour who reads a book")
    make("Dark mode")

    (candidate,) = candidates_for(session, item)

    assert candidate.enhancement.id == near.id
    assert candidate.shared_words == ("cache", "option", "chains", "zebrafish")
    assert (candidate.likeness, candidate.by_meaning, candidate.same_area) == (1.0, False, True)


def test_archived_and_merged_ones_and_itself_are_no_candidates(session: Session, make: Make) -> None:
    item = make("Quokka pipeline stalls")
    make("Quokka pipeline stalls", status="archived")
    twin, original = make("Quokka pipeline stalls"), make("Another thing")
    merge_duplicate(session, twin.id, original.id, actor="ada")

    assert candidates_for(session, item) == ()


def test_a_title_without_words_has_no_candidates(session: Session, make: Make) -> None:
    make("!!! ???")

    assert candidates_for(session, make("!!! ???")) == ()
    assert candidates_for(session, make("The of and")) == ()


def test_quotes_in_a_title_are_only_text(session: Session, make: Make) -> None:
    item, other = make("Wombat's 'quoted' \\ title | & !"), make("Wombat's quoted title")

    assert [one.enhancement.id for one in candidates_for(session, item)] == [other.id]


def test_the_likeness_of_meanings_comes_before_shared_words(session: Session, make: Make) -> None:
    item, alike = make("mobile layout for alerts"), make("phone layout for alerts")
    worded = make("mobile layout")
    encoder = WordEncoder()
    waiting = stale_enhancements(session, after=0, limit=10, characters=400)
    near = [row for row in waiting if row.id != worded.id]
    store_vectors(session, encoder.name, near, encoder.encode([row.title for row in near]))

    found = candidates_for(session, item)

    assert [(one.enhancement.id, one.by_meaning) for one in found] == [(alike.id, True), (worded.id, False)]
    assert found[0].shared_words == ("layout", "alerts")
