"""Corrections in the database: what was measured is kept, the window decides by them, and undoing one unteaches it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ci_core.research.decisions import merge_finding, split_finding
from ci_core.research.duplicates import SHIPPED, Window, learned, prepare
from ci_core.research.window_queries import of_ids
from db.enums import Verdict
from db.tables import Correction, LearnedModel
from tests.ci_core.research.duplicates.builders import vector_of
from tests.ci_core.research.found import add_finding, add_vector

ONE = "Robinhood fined 70 million dollars over outages of its platform"
OTHER = "Robinhood fined $70 million over platform outages"


def two_findings(session: Session, **fields: object) -> tuple[int, int]:
    made = []
    for title in (ONE, OTHER):
        finding_id = add_finding(session, title, **(fields if made else {}))
        add_vector(session, finding_id, vector_of(title).tolist())
        made.append(finding_id)
    return made[0], made[1]


def test_a_correction_keeps_everything_that_the_decision_measures(session: Session) -> None:
    one, other = two_findings(session)

    merge_finding(session, other, one, actor="ada")

    measured = session.scalars(select(Correction.measured)).one()
    assert SHIPPED.weights.keys() <= measured.keys()
    assert 0.3 < measured["cosine"] < 1


def test_a_split_makes_the_window_more_careful_until_it_is_taken_back(session: Session) -> None:
    one, other = two_findings(session)
    merge_finding(session, other, one, actor="ada")
    likely = dict(session.scalars(select(Correction.measured)).one())
    merged = learned(session).probability(likely)

    split_finding(session, other, actor="ada", verdict=Verdict.RELATED)
    split = learned(session).probability(likely)
    session.execute(delete(Correction))

    assert split < SHIPPED.probability(likely) < merged
    assert learned(session) == SHIPPED


def test_what_was_learned_is_recorded(session: Session) -> None:
    one, other = two_findings(session)

    merge_finding(session, other, one, actor="ada")

    model = session.scalars(select(LearnedModel)).one()
    assert (model.kind, model.samples, set(model.parameters)) == ("duplicates", 1, {"bias", "weights"})


def test_a_window_never_merges_again_what_a_person_split(session: Session) -> None:
    one, other = two_findings(session)
    merge_finding(session, other, one, actor="ada")
    split_finding(session, other, actor="ada")
    window = Window()
    prepare(session, window)
    earlier, later = of_ids(session, "words", [one, other])
    for held in (earlier, later):
        window.add(held.id, held.item, held.vector, held.appeared_at)

    found = window.compare(later.item, later.vector, later.appeared_at)

    assert (found.verdict, found.same) == (Verdict.DIFFERENT, None)


def test_findings_without_vectors_are_corrected_all_the_same(session: Session) -> None:
    one, other = add_finding(session, ONE), add_finding(session, OTHER)

    merge_finding(session, other, one, actor="ada")

    assert session.scalars(select(Correction.measured)).one() == {}
    assert learned(session) == SHIPPED
