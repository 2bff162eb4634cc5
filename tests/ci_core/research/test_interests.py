"""What the team wants to hear of: added, changed, removed, recorded, and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.undo import undo_last
from ci_core.errors import InvalidInput, NotFound
from ci_core.research.interests import (
    add_interest,
    edit_interest,
    get_interest,
    lately_matched,
    list_interests,
    remove_interest,
)
from db.engine import Database
from db.enums import FindingStatus, InterestKind
from db.tables import AuditEntry
from tests.ci_core.research.test_insight import NOW, finding


def test_texts_are_listed_by_kind_the_weightiest_first(session: Session) -> None:
    for wording, kind, weight in (
        ("spam", InterestKind.UNWANTED, 1),
        ("theta", InterestKind.KEYWORD, 1),
        ("Rolling options", InterestKind.INTEREST, 1),
        ("alpha", InterestKind.KEYWORD, 1),
        ("vega", InterestKind.KEYWORD, 2.5),
    ):
        add_interest(session, wording, kind, weight=weight, actor="tess")

    assert [one.wording for one in list_interests(session)] == ["Rolling options", "vega", "alpha", "theta", "spam"]
    assert [one.wording for one in list_interests(session, InterestKind.UNWANTED)] == ["spam"]


def test_what_is_added_stands_as_it_was_meant(session: Session) -> None:
    added = add_interest(session, "  The wheel\n strategy ", weight=1.5, actor="tess")

    assert (added.kind, added.wording, added.weight, added.enabled) == ("interest", "The wheel strategy", 1.5, True)
    assert get_interest(session, added.id) == added


@pytest.mark.parametrize(
    ("wording", "weight", "field"),
    [("", 1, "wording"), ("x", 1, "wording"), ("x" * 401, 1, "wording"), ("a\x07b", 1, "wording"),
     ("Fine", -0.1, "weight"), ("Fine", 5.1, "weight"), ("Fine", float("nan"), "weight")],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_field(session: Session, wording: str, weight: float, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_interest(session, wording, weight=weight, actor="tess")

    assert refused.value.field == field


def test_the_same_words_are_there_once_per_kind_whatever_their_case(session: Session) -> None:
    add_interest(session, "Theta decay", actor="tess")
    other = add_interest(session, "Vega", actor="tess")
    add_interest(session, "theta decay", InterestKind.KEYWORD, actor="tess")

    with pytest.raises(InvalidInput, match="interest “THETA decay” already"):
        add_interest(session, "THETA decay", actor="tess")
    with pytest.raises(InvalidInput, match="already"):
        edit_interest(session, other.id, wording="theta DECAY", actor="tess")
    assert edit_interest(session, other.id, wording="VEGA", actor="tess").wording == "VEGA"


def test_only_what_is_given_changes(session: Session) -> None:
    one = add_interest(session, "Vega", weight=2, actor="tess")

    assert edit_interest(session, one.id, enabled=False, actor="tess").weight == 2
    changed = edit_interest(session, one.id, weight=0.5, actor="tess")

    assert (changed.wording, changed.weight, changed.enabled) == ("Vega", 0.5, False)


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**70])
def test_a_number_that_nothing_bears_is_not_found(session: Session, number: int) -> None:
    for act in (edit_interest, remove_interest):
        with pytest.raises(NotFound, match="interests list"):
            act(session, number, actor="tess")  # type: ignore[operator]


def test_what_each_text_spoke_for_lately_is_counted_as_the_scorer_recorded_it(session: Session) -> None:
    def found(days: float, status: FindingStatus = FindingStatus.ANALYZED, **details: object) -> None:
        finding(session, status, discovered_at=NOW - timedelta(days=days), score_details=details)

    found(1, interest="The Wheel", words=["theta", "Vega"])
    found(2, interest="the wheel", words=[])
    found(3, words="theta")
    found(3, FindingStatus.DUPLICATE, interest="The Wheel")
    found(31, interest="The Wheel")
    found(1)

    assert lately_matched(session, since=NOW - timedelta(days=30)) == {"the wheel": 2, "theta": 1, "vega": 1}


def test_every_change_is_recorded_and_can_be_taken_back(database: Database) -> None:
    with database.transaction("tess") as session:
        one = add_interest(session, "Vega", actor="tess")
    with database.transaction("tess") as session:
        edit_interest(session, one.id, weight=3, enabled=False, actor="tess")
    with database.transaction("tess") as session:
        remove_interest(session, one.id, actor="tess")

    with database.transaction("tess") as session:
        undo_last(session, actor="tess")
        back = get_interest(session, one.id)
    with database.transaction("tess") as session:
        undo_last(session, actor="tess")
        before = get_interest(session, one.id)
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.table_name == "ci_research_interests").order_by(AuditEntry.id)
        ).all()

    assert (back.weight, back.enabled) == (3, False)
    assert before == one
    assert actions == ["insert", "update", "delete", "insert", "update"]
