"""Decisions that really commit: exactly once from a browser, many at once, and back again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    NewEnhancement,
    add_comment,
    create_enhancement,
    get_enhancement,
    merge_duplicate,
    take_apart,
    undo_last,
    undo_transaction,
    update_enhancement,
)
from ci_core.backlog.operations import OutcomeKind
from ci_core.errors import InvalidInput, NotFound, UndoRefused
from ci_core.research.decisions import attach_finding, convert_finding, reject_finding
from ci_core.research.findings import finding
from ci_core.research.triage import (
    Attach,
    Convert,
    Decision,
    DecisionOutcome,
    Merge,
    Numbered,
    Reject,
    Reopen,
    Snooze,
    Split,
    TakeBack,
    apply_decisions,
    decide_many,
)
from db.engine import Database
from tests.ci_core.research.found import add_finding, stored

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"
LATER = datetime.now(UTC) + timedelta(days=7)
EVERYTHING = """
    SELECT (SELECT jsonb_agg(to_jsonb(f) - '{version,updated_at,search_vector}'::text[] ORDER BY id)
            FROM ci_research_findings f),
        (SELECT jsonb_agg(to_jsonb(v) ORDER BY id) FROM ci_enhancement_evidence v),
        (SELECT jsonb_agg(to_jsonb(c) ORDER BY id) FROM ci_research_corrections c),
        (SELECT jsonb_agg(e.title ORDER BY id) FROM ci_enhancements e)
"""


class Room:
    """People who commit what they decide."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def find(self, *titles: str, **fields: Any) -> list[int]:
        with self.database.transaction("agent:research") as session:
            return [add_finding(session, title, **fields) for title in titles]

    def enhancement(self, title: str = "Cache the chain") -> int:
        return int(self.do("tess", create_enhancement, NewEnhancement(title=title)).id)

    def do(self, actor: str, change: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.transaction(actor) as session:
            return change(session, *arguments, actor=actor, **named)

    def read(self, item: int) -> dict[str, Any]:
        with self.database.reading() as session:
            return dict(stored(session, item))

    def told(self, item: int) -> list[str]:
        with self.database.reading() as session:
            return [f"{entry.actor} {entry.summary}" for entry in finding(session, item).history]

    def everything(self) -> tuple[Any, ...]:
        with self.database.reading() as session:
            return tuple(session.execute(text(EVERYTHING)).one())

    def send(
        self, *decisions: tuple[Any, Decision | TakeBack], first: int = 1, actor: str = "ada"
    ) -> list[DecisionOutcome]:
        numbered = [
            Numbered(first + place, tuple((item, None) for item in items), decision)
            for place, (items, decision) in enumerate(decisions)
        ]
        return apply_decisions(self.database, CLIENT, numbered, actor=actor)


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def every_kind(room: Room) -> list[tuple[list[int], Decision]]:
    items = room.find(*(f"Finding {number}" for number in range(9)))
    room.find("Twin", status="duplicate", canonical_finding_id=items[0])
    (aside,) = room.find("Aside", status="rejected", decided_by="agent:research")
    with room.database.reading() as session:
        (twin,) = session.scalars(text("SELECT id FROM ci_research_findings WHERE source_title = 'Twin'"))
    target = room.enhancement()
    return [
        (items[1:2], Convert()),
        (items[2:3], Attach(target)),
        (items[3:4], Reject("Outdated")),
        (items[4:5], Snooze(LATER)),
        (items[5:6], Merge(items[0])),
        ([twin], Split()),
        ([aside], Reopen()),
        (items[6:9], Convert()),
    ]


def test_every_decision_is_carried_out_once_taken_back_and_made_again(room: Room) -> None:
    decisions = every_kind(room)
    before = room.everything()

    first = room.send(*decisions)
    after = room.everything()
    second = room.send(*decisions)

    assert [one.kind for one in first] == [OutcomeKind.APPLIED] * len(decisions)
    assert second == first
    assert room.everything() == after
    assert first[0].enhancement_id == room.read(decisions[0][0][0])["enhancement_id"]
    assert len(after[3]) == len(before[3]) + 4

    back = room.send(*((items, TakeBack(place)) for place, (items, _) in enumerate(decisions, 1)), first=100)
    assert [one.kind for one in back] == [OutcomeKind.APPLIED] * len(decisions)
    assert room.everything() == before

    again = room.send(*((items, TakeBack(100 + place)) for place, (items, _) in enumerate(decisions)), first=200)
    assert [one.kind for one in again] == [OutcomeKind.APPLIED] * len(decisions)
    assert room.everything() == after


def test_the_same_decisions_from_two_connections_at_once_are_made_once(room: Room) -> None:
    (item,) = room.find("One")

    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda _: room.send(([item], Convert())), range(4)))

    assert all(answer == answers[0] for answer in answers)
    assert room.everything()[3] == ["One"]


def test_two_people_who_decide_the_same_finding_make_one_enhancement(room: Room) -> None:
    (item,) = room.find("One")

    def convert(actor: str) -> str:
        try:
            room.do(actor, convert_finding, item, expected_version=1)
        except Exception as refusal:  # noqa: BLE001 - the text is what is looked at
            return str(refusal)
        return "done"

    with ThreadPoolExecutor(4) as people:
        answers = sorted(people.map(convert, ["ada", "grace", "kay", "joan"]))

    assert answers.count("done") == 1
    assert all("in the meantime" in answer for answer in answers if answer != "done")
    assert len(room.everything()[3]) == 1


def test_many_are_decided_together_and_what_conflicts_is_named_alone(room: Room) -> None:
    items = room.find("One", "Two", "Three")
    (gone,) = room.find("Gone")
    room.do("grace", reject_finding, items[1])

    result = room.do(
        "ada", decide_many, [(items[0], 1), (items[1], 1), (items[2], None), (gone + 99, 1)], Reject("Old")
    )

    assert result.changed == (items[0], items[2])
    assert [problem.id for problem in result.problems] == [items[1], gone + 99]
    assert result.problems[0].message == "grace rejected it in the meantime; nothing was overwritten."
    assert room.told(items[0])[0] == "ada rejected it: Old"
    assert room.told(items[1])[0] == "grace rejected it"

    room.do("ada", undo_transaction, result.transaction_id)
    assert [room.read(item)["status"] for item in items] == ["analyzed", "rejected", "analyzed"]


def test_a_browser_hears_of_each_that_was_left(room: Room) -> None:
    items = room.find("One", "Two")
    room.do("grace", convert_finding, items[0])

    (outcome,) = room.send((items, Reject("Old")))
    (refused,) = room.send((items, Merge(items[1])), first=2)

    assert outcome.kind is OutcomeKind.APPLIED
    assert set(outcome.problems or {}) == {items[0]}
    assert outcome.versions == {items[0]: 2, items[1]: 2}
    assert refused.kind is OutcomeKind.REFUSED
    assert refused.message is not None
    assert refused.message.startswith("None of the 2")


def test_what_cannot_be_asked_of_many_is_refused_as_a_whole(room: Room) -> None:
    items = room.find("One", "Two")

    with pytest.raises(InvalidInput, match="only once"):
        room.do("ada", decide_many, [(items[0], 1), (items[0], 1)], Reject())
    with pytest.raises(InvalidInput, match="too many"):
        room.do("ada", decide_many, [(number, None) for number in range(1, 1_003)], Reject())
    with pytest.raises(NotFound):
        room.do("ada", decide_many, [(item, None) for item in items], Attach(99_999))


def test_an_enhancement_made_of_a_finding_goes_with_the_undo_unless_somebody_worked_on_it(room: Room) -> None:
    items = room.find("Untouched", "Commented", "Changed", "Supported", "Merged")
    made = {item: room.do("ada", convert_finding, item).id for item in items}
    (other,) = room.find("Evidence")
    room.do("grace", add_comment, made[items[1]], "I need this")
    room.do("grace", update_enhancement, made[items[2]], {"assignee": "grace"}, expected_version=None)
    room.do("grace", attach_finding, other, made[items[3]])
    room.do("grace", merge_duplicate, made[items[4]], room.enhancement("Original"))
    transactions = {}
    with room.database.reading() as session:
        for item in items:
            transactions[item] = session.scalar(
                text(
                    "SELECT max(transaction_id) FROM ci_audit_log "
                    "WHERE actor = 'ada' AND table_name = :t AND row_id = :i"
                ),
                {"t": "ci_research_findings", "i": item},
            )

    room.do("ada", undo_transaction, transactions[items[0]])
    refusals = []
    for item in items[1:]:
        with pytest.raises(UndoRefused) as refused:
            room.do("ada", undo_transaction, transactions[item])
        refusals.append(str(refused.value))

    with pytest.raises(NotFound), room.database.reading() as session:
        get_enhancement(session, made[items[0]])
    assert room.read(items[0])["status"] == "analyzed"
    assert "grace commented on it" in refusals[0]
    assert "was changed by grace" in refusals[1]
    assert "grace attached evidence to it" in refusals[2]
    assert "merge" in refusals[3] or "was changed by grace" in refusals[3]
    assert room.read(items[1])["status"] == "converted_to_enhancement"


def test_undo_names_who_decided_otherwise_since(room: Room) -> None:
    (item,) = room.find("One")
    room.do("ada", reject_finding, item)
    room.do("grace", convert_finding, item)

    with pytest.raises(UndoRefused, match=f"finding {item} was changed by grace"):
        room.do("ada", undo_last)
    room.do("grace", undo_last)
    room.do("ada", undo_last)

    assert room.read(item)["status"] == "analyzed"
    assert room.told(item)[:2] == ["ada brought it back to the feed (undo)", "grace rejected it (undo)"]


def test_history_tells_evidence_from_origin_and_what_was_taken_back(room: Room) -> None:
    one, other = room.find("One", "Other")
    target = room.enhancement()
    room.do("ada", attach_finding, one, target)
    made = room.do("ada", convert_finding, other).id
    room.do("ada", undo_last)

    assert room.told(one) == [
        f"ada attached it as evidence to #{target} Cache the chain",
        "agent:research found it on Reddit",
    ]
    assert room.told(other) == [
        f"ada took it back from #{made} (undo)",
        f"ada converted it to #{made}",
        "agent:research found it on Reddit",
    ]


def test_evidence_follows_a_merged_enhancement_and_returns(room: Room) -> None:
    one, both = room.find("One", "Both")
    duplicate, original = room.enhancement("Duplicate"), room.enhancement("Original")
    room.do("ada", attach_finding, one, duplicate)
    room.do("ada", attach_finding, both, original)
    with room.database.transaction("ada") as session:
        session.execute(
            text("INSERT INTO ci_enhancement_evidence (enhancement_id, finding_id) VALUES (:e, :f)"),
            {"e": duplicate, "f": both},
        )

    merged = room.do("ada", merge_duplicate, duplicate, original)
    moved = room.everything()[1]
    room.do("ada", take_apart, duplicate)

    assert merged.evidence == 1
    assert [(row["enhancement_id"], row["finding_id"]) for row in moved] == [
        (original, one), (original, both), (duplicate, both),
    ]  # fmt: skip
    assert [(row["enhancement_id"], row["finding_id"]) for row in room.everything()[1]] == [
        (duplicate, one), (original, both), (duplicate, both),
    ]  # fmt: skip
