"""Decisions about findings: what each stores, what it refuses, and that all of it can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancement, merge_duplicate
from ci_core.errors import DecidedMeanwhile, InvalidInput, NotAllowed, NotFound
from ci_core.research.conversion import ConversionForm
from ci_core.research.correcting import measured_of
from ci_core.research.decisions import (
    attach_finding,
    convert_finding,
    merge_finding,
    reject_finding,
    reopen_finding,
    snooze_finding,
    split_finding,
)
from ci_core.research.duplicates import SHIPPED
from ci_core.research.findings import finding
from db.engine import act_as
from db.enums import Category, Priority, Source, Status, Verdict
from db.tables import Correction, Evidence
from tests.ci_core.research.found import add_finding, add_vector, stored

LATER = datetime.now(UTC) + timedelta(days=7)


def enhancement(session: Session, title: str = "Cache the chain", **fields: Any) -> int:
    return create_enhancement(session, NewEnhancement(title=title, **fields), actor="tess").id


def evidence(session: Session, finding_id: int) -> list[tuple[int, bool, str | None]]:
    rows = session.execute(
        select(Evidence.enhancement_id, Evidence.origin, Evidence.quote).where(Evidence.finding_id == finding_id)
    )
    return [tuple(row) for row in rows]


def corrections(session: Session) -> list[tuple[int, int, str]]:
    rows = session.execute(select(Correction.low_id, Correction.high_id, Correction.verdict).order_by(Correction.id))
    return [tuple(row) for row in rows]


def told(session: Session, finding_id: int) -> list[str]:
    return [f"{entry.actor} {entry.summary}" for entry in finding(session, finding_id).history]


def test_a_converted_finding_is_the_origin_of_an_enhancement_with_its_words(session: Session) -> None:
    item = add_finding(session, "A vectorised Greeks library", source_type="github", relevance_score=91)

    made = convert_finding(session, item, actor="ada")

    assert (made.title, made.source, made.priority) == ("A vectorised Greeks library", Source.GITHUB, Priority.HIGH)
    assert made.status is Status.PROPOSED
    assert made.source_url == stored(session, item)["source_url"]
    assert "> A first sentence about options." in made.description
    assert made.ai_priority_score is not None
    row = stored(session, item)
    assert (row["status"], row["enhancement_id"], row["decided_by"]) == ("converted_to_enhancement", made.id, "ada")
    assert evidence(session, item) == [
        (made.id, True, "A first sentence about options. A second one about caching the chain of strikes.")
    ]
    assert told(session, item)[0] == f"ada converted it to #{made.id} A vectorised Greeks library"
    assert [(one.enhancement_id, one.origin) for one in finding(session, item).became] == [(made.id, True)]


def test_a_form_says_what_the_enhancement_says(session: Session) -> None:
    item = add_finding(session)
    form = ConversionForm("Mine", "My words", Category.PERFORMANCE, Priority.LOW, "complex", "Scanner", ("roll",))

    made = convert_finding(session, item, form=form, actor="ada")

    assert (made.title, made.description, made.feature_area, made.tags) == ("Mine", "My words", "Scanner", ("roll",))
    assert (made.category, made.priority, made.complexity) == (Category.PERFORMANCE, Priority.LOW, "complex")
    with pytest.raises(InvalidInput):
        convert_finding(session, add_finding(session), form=ConversionForm("", "", "performance", "low"), actor="ada")


def test_an_attached_finding_is_evidence_for_what_exists(session: Session) -> None:
    item, target = add_finding(session), enhancement(session)

    attach_finding(session, item, target, actor="ada")

    assert [(one, origin) for one, origin, _ in evidence(session, item)] == [(target, False)]
    assert stored(session, item)["enhancement_id"] == target


def test_only_open_work_takes_evidence(session: Session) -> None:
    item, done = add_finding(session), enhancement(session, status="completed")
    gone, kept = enhancement(session, "Gone"), enhancement(session, "Kept")
    merge_duplicate(session, gone, kept, actor="tess")

    with pytest.raises(NotAllowed, match="is completed"):
        attach_finding(session, item, done, actor="ada")
    with pytest.raises(NotAllowed, match=f"merged into #{kept}"):
        attach_finding(session, item, gone, actor="ada")
    with pytest.raises(NotFound):
        attach_finding(session, item, 2**40, actor="ada")
    assert stored(session, item)["status"] == "analyzed"


def test_a_rejection_keeps_its_reason_if_there_is_one(session: Session) -> None:
    one, other = add_finding(session), add_finding(session)

    reject_finding(session, one, "Self-promotion", actor="ada")
    reject_finding(session, other, "  ", actor="ada")

    assert (stored(session, one)["status"], stored(session, one)["decision_reason"]) == ("rejected", "Self-promotion")
    assert stored(session, other)["decision_reason"] is None
    assert told(session, one)[0] == "ada rejected it: Self-promotion"
    with pytest.raises(InvalidInput):
        reject_finding(session, one, "x" * 501, actor="ada")


def test_what_the_agent_set_aside_can_be_brought_back_converted_or_rejected_by_a_person(session: Session) -> None:
    aside = {"status": "rejected", "decided_by": "agent:research", "relevance_score": 20}
    back, converted, refused = (add_finding(session, **aside) for _ in range(3))

    reopen_finding(session, back, actor="ada")
    convert_finding(session, converted, actor="ada")
    reject_finding(session, refused, actor="ada")

    assert (stored(session, back)["status"], stored(session, back)["decided_by"]) == ("analyzed", None)
    assert stored(session, converted)["status"] == "converted_to_enhancement"
    assert stored(session, refused)["decided_by"] == "ada"
    assert told(session, back)[0] == "ada brought it back to the feed"


def test_history_tells_what_the_agent_set_aside_and_why(session: Session) -> None:
    item = add_finding(session)
    act_as(session, "agent:research")
    session.execute(
        text(
            "UPDATE ci_research_findings SET status = 'rejected', decided_by = 'agent:research', relevance_score = 24, "
            "decision_reason = 'Set aside: relevance 24 is below 60. Far from all.' WHERE id = :id"
        ),
        {"id": item},
    )

    assert told(session, item)[0] == "agent:research set it aside: relevance 24 is below 60. Far from all."


def test_a_snoozed_finding_has_its_moment_and_comes_back_by_hand(session: Session) -> None:
    item = add_finding(session)

    snooze_finding(session, item, LATER, actor="ada")
    assert stored(session, item)["snoozed_until"] is not None
    assert told(session, item)[0].startswith("ada snoozed it until ")
    reopen_finding(session, item, actor="ada")

    assert stored(session, item)["snoozed_until"] is None
    assert told(session, item)[0] == "ada brought it back from its snooze"
    for moment in (datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(days=2_000)):
        with pytest.raises(InvalidInput):
            snooze_finding(session, item, moment, actor="ada")
    reject_finding(session, item, actor="ada")
    with pytest.raises(NotAllowed, match="was rejected"):
        snooze_finding(session, item, LATER, actor="ada")


def test_what_the_agent_set_aside_waits_once_a_person_snoozes_it(session: Session) -> None:
    item = add_finding(session, status="rejected", decided_by="agent:research", decided_at=datetime.now(UTC))

    snooze_finding(session, item, LATER, actor="ada")

    found = stored(session, item)
    assert (found["status"], found["decided_by"], found["decided_at"]) == ("analyzed", None, None)
    assert found["snoozed_until"] is not None


def test_what_is_the_same_follows_to_the_finding_it_repeats_and_teaches(session: Session) -> None:
    first, second, third = (add_finding(session) for _ in range(3))
    add_vector(session, first, [1.0] + [0.0] * 383)
    add_vector(session, second, [0.8, 0.6] + [0.0] * 382)
    merge_finding(session, third, second, actor="ada")

    merge_finding(session, second, first, actor="ada")

    assert [stored(session, item)["canonical_finding_id"] for item in (second, third)] == [first, first]
    assert stored(session, second)["status"] == "duplicate"
    assert stored(session, second)["duplicate_similarity"] == pytest.approx(0.8, abs=1e-6)
    assert stored(session, second)["duplicate_reason"] == "ada said that both are the same"
    assert corrections(session) == [(second, third, "duplicate"), (first, second, "duplicate")]
    measured = session.scalar(select(Correction.measured).where(Correction.low_id == first)) or {}
    assert measured.keys() >= SHIPPED.weights.keys() - {"bias"}
    assert all(isinstance(value, int | float) for value in measured.values())
    # Without vectors there is nothing to learn.
    assert session.scalar(select(Correction.measured).where(Correction.low_id == second)) == {}
    assert [one.id for one in finding(session, first).duplicates] == [second, third]
    repeated = finding(session, second).duplicate_of
    assert repeated is not None
    assert repeated.id == first
    assert told(session, second)[0] == "ada said that it is the same as “A faster option chain”"


def test_a_finding_merged_into_one_that_repeats_another_repeats_that_one(session: Session) -> None:
    first, second, third = (add_finding(session) for _ in range(3))
    merge_finding(session, second, first, actor="ada")

    merge_finding(session, third, second, actor="ada")

    assert stored(session, third)["canonical_finding_id"] == first
    with pytest.raises(InvalidInput, match="cannot repeat itself"):
        merge_finding(session, first, third, actor="ada")
    with pytest.raises(InvalidInput, match="cannot repeat itself"):
        merge_finding(session, first, first, actor="ada")


def test_what_is_not_the_same_waits_again_and_teaches(session: Session) -> None:
    first = add_finding(session)
    wrong = add_finding(session, status="duplicate", canonical_finding_id=first, duplicate_reason="same words")

    split_finding(session, wrong, actor="ada", verdict=Verdict.RELATED)

    row = stored(session, wrong)
    assert (row["status"], row["canonical_finding_id"], row["duplicate_reason"]) == ("analyzed", None, None)
    assert corrections(session) == [(first, wrong, "related")]
    assert told(session, wrong)[0] == "ada said that it is not the same as “A faster option chain”"
    with pytest.raises(NotAllowed, match="repeats no other"):
        split_finding(session, wrong, actor="ada")
    # A second opinion replaces the first.
    merge_finding(session, wrong, first, actor="grace")
    assert corrections(session) == [(first, wrong, "duplicate")]


def test_what_is_decided_or_repeats_another_is_not_decided_again(session: Session) -> None:
    done, first = add_finding(session), add_finding(session)
    made = convert_finding(session, done, actor="ada")
    again = add_finding(session, status="duplicate", canonical_finding_id=first)

    for decide in (convert_finding, reject_finding, reopen_finding):
        with pytest.raises(NotAllowed, match=f"part of #{made.id} already"):
            decide(session, done, actor="grace")
        with pytest.raises(NotAllowed, match=f"repeats finding {first}"):
            decide(session, again, actor="grace")
    for unknown in (0, -1, 2**70, 999_999_999):
        with pytest.raises(NotFound):
            reject_finding(session, unknown, actor="ada")


def test_a_decision_upon_an_old_version_conflicts_only_with_another_decision(session: Session) -> None:
    item = add_finding(session)
    session.execute(text("UPDATE ci_research_findings SET relevance_score = 71 WHERE id = :id"), {"id": item})

    snooze_finding(session, item, LATER, actor="grace", expected_version=1)
    with pytest.raises(DecidedMeanwhile, match="grace snoozed it in the meantime") as conflict:
        reject_finding(session, item, actor="ada", expected_version=1)

    assert (conflict.value.changed_by, conflict.value.current_version) == ("grace", 3)
    assert stored(session, item)["status"] == "analyzed"
    with pytest.raises(InvalidInput, match="does not exist"):
        reject_finding(session, item, actor="ada", expected_version=9)


def test_what_was_measured_is_what_the_decision_itself_measures(session: Session) -> None:
    one = add_finding(session, "Dealer gamma exposure from the chain", content="")
    other = add_finding(session, "Gamma exposure of dealers, from the chain", content="")
    apart = add_finding(session, "A recipe for bread", content="")
    for item, vector in ((one, [1.0, 0.0]), (other, [0.8, 0.6]), (apart, [0.0, 1.0])):
        add_vector(session, item, vector + [0.0] * 382)

    near, far = measured_of(session, one, other), measured_of(session, one, apart)

    assert near["cosine"] == pytest.approx(0.8, abs=1e-3)
    assert SHIPPED.probability(near) > SHIPPED.probability(far)
    assert measured_of(session, other, one).keys() == near.keys()
