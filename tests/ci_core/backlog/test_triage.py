"""Decisions in the inbox: each is stored once, names its conflict, and can be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import Enhancement, add_comment, comments_of, history_of, move_enhancement, update_enhancement
from ci_core.backlog.operations import OutcomeKind
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.triage import (
    REJECTION_REASONS,
    Approve,
    Assign,
    Decision,
    DecisionOutcome,
    MergeInto,
    Numbered,
    Prioritise,
    Reject,
    Snooze,
    TakeBack,
    apply_decisions,
    decide,
    inbox,
    proposals_matching,
    reject,
)
from ci_core.errors import InvalidInput, NotAllowed
from db.enums import Priority, Status
from tests.ci_core.backlog.team import Team

CLIENT = "8d0f3c1e-4a52-4b8f-9a52-0f6f6a3d2b11"
LATER = datetime.now(UTC) + timedelta(days=7)


def send(team: Team, *decisions: Decision, first: int = 1, actor: str = "ada") -> list[DecisionOutcome]:
    numbered = [Numbered(first + place, decision) for place, decision in enumerate(decisions)]
    return apply_decisions(team.database, CLIENT, numbered, actor=actor)


def kinds(outcomes: list[DecisionOutcome]) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def every_kind(team: Team) -> tuple[list[Enhancement], list[Decision]]:
    """Proposals of all sorts, and one decision of every kind about them."""
    original = team.create(title="The original")
    items = [team.create(title=f"Wish {number}", priority="low" if number % 2 else "high") for number in range(7)]
    team.do("grace", add_comment, items[1].id, "It matters to me")
    decisions: list[Decision] = [
        Approve(items[0].id, items[0].version),
        MergeInto(items[1].id, items[1].version, original.id),
        Reject(items[2].id, items[2].version, "Out of scope"),
        Snooze(items[3].id, items[3].version, until=LATER),
        Snooze(items[4].id, items[4].version, until_done=original.id),
        Assign(items[5].id, items[5].version, "grace"),
        Prioritise(items[6].id, items[6].version, Priority.CRITICAL),
    ]
    return items, decisions


def test_the_inbox_has_the_most_urgent_first_then_by_score(team: Team) -> None:
    low = team.create(title="Prettier footer", priority="low")
    high = team.create(title="Crash loses data on every save", priority="high", category="bug_fix")
    medium = team.create(title="SQL injection in the search", priority="medium", category="security")
    weak = team.create(title="Nicer colour", priority="medium", category="documentation")
    team.create(title="Decided", priority="critical", status="approved")

    found = team.read(inbox)

    assert [one.id for one in found.enhancements] == [high.id, medium.id, weak.id, low.id]
    assert (found.total, found.snoozed) == (4, 0)


def test_the_inbox_can_be_narrowed_and_paged(team: Team) -> None:
    items = [team.create(title=f"Cache {number}", tags=("zebra",)) for number in range(3)]
    team.create(title="Other")

    page = team.read(lambda session: inbox(session, parse_query("tag:zebra"), limit=2, offset=1))

    assert page.total == 3
    assert len(page.enhancements) == 2
    assert {one.id for one in page.enhancements} < {one.id for one in items}


def test_proposals_that_match_are_named(team: Team) -> None:
    match, other = team.create(title="Cache the chain"), team.create(title="Other")
    decided = team.create(title="Cache the orders", status="approved")
    ids = [match.id, other.id, decided.id]

    found = team.read(lambda session: proposals_matching(session, ids, parse_query("cache"), actor="ada"))

    assert found == {match.id}


def test_every_kind_of_decision_is_stored(team: Team) -> None:
    items, decisions = every_kind(team)

    outcomes = send(team, *decisions)

    assert kinds(outcomes) == [OutcomeKind.APPLIED] * 7
    assert [outcome.enhancement_id for outcome in outcomes] == [item.id for item in items]
    approved, merged, rejected, until, until_done, assigned, urgent = (team.now(item) for item in items)
    assert approved.status is Status.APPROVED
    assert (merged.status, merged.merged_into_id) == (Status.ARCHIVED, until_done.snoozed_for_id)
    assert (rejected.status, rejected.rejection_reason) == (Status.REJECTED, "Out of scope")
    assert (until.status, until.snoozed_until) == (Status.PROPOSED, LATER)
    assert until_done.status is Status.PROPOSED
    assert (assigned.assignee, urgent.priority) == ("grace", Priority.CRITICAL)


def test_every_kind_of_decision_can_be_taken_back(team: Team) -> None:
    items, decisions = every_kind(team)
    before = team.state()
    send(team, *decisions)
    assert team.state() != before

    back = [TakeBack(items[number].id, number + 1) for number in reversed(range(7))]
    outcomes = send(team, *back, first=8)

    assert kinds(outcomes) == [OutcomeKind.APPLIED] * 7
    assert team.state() == before
    assert [comment.body for comment in team.read(lambda s: comments_of(s, items[1].id))] == ["It matters to me"]


def test_fifty_decisions_taken_back_restore_every_field(team: Team) -> None:
    items = [team.create(title=f"Wish {number}") for number in range(50)]
    other = team.create(title="Other")
    team.do("ada", decide, Snooze(items[7].id, None, until=LATER))
    before = team.state()
    makers: list[Any] = [
        lambda item: Approve(item.id, None),
        lambda item: Reject(item.id, item.version, "Too vague to act on"),
        lambda item: MergeInto(item.id, item.version, other.id),
        lambda item: Snooze(item.id, item.version, until_done=other.id),
        lambda item: Prioritise(item.id, item.version, Priority.HIGH),
    ]

    decided = send(team, *(makers[number % 5](item) for number, item in enumerate(items)))
    back = send(team, *(TakeBack(items[n - 1].id, n) for n in range(50, 0, -1)), first=51)

    assert kinds(decided) == kinds(back) == [OutcomeKind.APPLIED] * 50
    assert team.state() == before


def test_a_repeated_decision_is_answered_and_not_repeated(team: Team) -> None:
    _, decisions = every_kind(team)
    first = send(team, *decisions)
    state = team.state()

    # As after a kill between the commit and the answer: the browser has no answer, and sends everything again.
    again = send(team, *decisions)

    assert again == first
    assert team.state() == state


def test_a_decision_taken_back_stays_taken_back_when_the_undo_is_sent_again(team: Team) -> None:
    item = team.create()
    before = team.state()
    send(team, Approve(item.id, 1), TakeBack(item.id, 1))

    outcomes = send(team, Approve(item.id, 1), TakeBack(item.id, 1))

    assert kinds(outcomes) == [OutcomeKind.APPLIED] * 2
    assert team.state() == before


def test_the_same_decisions_from_two_requests_at_once_happen_once(team: Team) -> None:
    _, decisions = every_kind(team)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: send(team, *decisions), range(3)))

    assert answers[0] == answers[1] == answers[2]
    changes = "SELECT count(*) FROM ci_audit_log WHERE 'priority' = ANY (changed_fields) AND action = 'update'"
    assert team.read(lambda session: session.scalar(text(changes))) == 1


@pytest.mark.parametrize("kind", ["approve", "reject", "merge", "snooze"])
def test_what_somebody_else_decided_is_a_conflict_that_names_them(team: Team, kind: str) -> None:
    item, other = team.create(), team.create(title="Other")
    team.do("grace", move_enhancement, item.id, Status.DEFERRED)
    decision: Decision = {
        "approve": Approve(item.id, 1),
        "reject": Reject(item.id, 1, "Out of scope"),
        "merge": MergeInto(item.id, 1, other.id),
        "snooze": Snooze(item.id, 1, until=LATER),
    }[kind]

    (outcome,) = send(team, decision)

    assert outcome.kind is OutcomeKind.CONFLICT
    assert "grace changed status" in (outcome.message or "")
    assert team.now(item).status is Status.DEFERRED


def test_of_two_who_decide_one_item_exactly_one_wins(team: Team) -> None:
    item = team.create()

    def person(name: str) -> OutcomeKind:
        decision = Approve(item.id, 1) if name == "ada" else Reject(item.id, 1, "Out of scope")
        client = f"8d0f3c1e-4a52-4b8f-9a52-{len(name):012d}"
        return apply_decisions(team.database, client, [Numbered(1, decision)], actor=name)[0].kind

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(person, ["ada", "grace"]))

    assert sorted(outcomes) == [OutcomeKind.APPLIED, OutcomeKind.CONFLICT]


@pytest.mark.parametrize("field", ["priority", "assignee"])
def test_the_same_field_changed_by_somebody_else_is_a_conflict_and_another_is_none(team: Team, field: str) -> None:
    item = team.create()
    team.edit("grace", item, **({"priority": "low"} if field == "priority" else {"assignee": "grace"}))

    outcomes = send(team, Prioritise(item.id, 1, Priority.CRITICAL), Assign(item.id, 1, "ada"))

    expected = [OutcomeKind.CONFLICT, OutcomeKind.APPLIED]
    assert kinds(outcomes) == (expected if field == "priority" else expected[::-1])


def test_a_refused_decision_does_not_stop_the_next(team: Team) -> None:
    done, item = team.create(status="completed"), team.create()

    outcomes = send(team, Approve(done.id, None), Approve(item.id, 1))

    assert kinds(outcomes) == [OutcomeKind.REFUSED, OutcomeKind.APPLIED]
    assert "completed and no proposal" in (outcomes[0].message or "")


def test_a_decision_that_was_refused_cannot_be_taken_back(team: Team) -> None:
    done = team.create(status="completed")

    outcomes = send(team, Approve(done.id, None), TakeBack(done.id, 1), TakeBack(done.id, 77))

    assert kinds(outcomes) == [OutcomeKind.REFUSED] * 3
    assert "was not stored" in (outcomes[1].message or "")
    assert "not known any more" in (outcomes[2].message or "")


def test_taking_back_what_changed_nothing_is_fine(team: Team) -> None:
    item = team.create(assignee="ada")

    outcomes = send(team, Assign(item.id, 1, "ada"), TakeBack(item.id, 1))

    assert kinds(outcomes) == [OutcomeKind.APPLIED] * 2


def test_what_somebody_else_changed_since_is_not_taken_back(team: Team) -> None:
    item = team.create()
    send(team, Prioritise(item.id, 1, Priority.LOW))
    team.edit("grace", item, priority="critical")

    (outcome,) = send(team, TakeBack(item.id, 1), first=2)

    assert outcome.kind is OutcomeKind.REFUSED
    assert "grace" in (outcome.message or "")
    assert team.now(item).priority is Priority.CRITICAL


def test_only_numbered_decisions_are_taken_back_by_their_number(team: Team) -> None:
    item = team.create()

    with pytest.raises(NotAllowed):
        team.do("ada", decide, TakeBack(item.id, 1))


def test_a_snooze_without_an_end_wakes(team: Team) -> None:
    item = team.create()

    send(team, Snooze(item.id, 1, until=LATER), Snooze(item.id, 2))

    assert team.now(item).snoozed_until is None


def test_every_decision_is_in_the_history_with_its_reason(team: Team) -> None:
    items, decisions = every_kind(team)
    send(team, *decisions)

    entries = [team.read(lambda session, item=item: history_of(session, item.id))[0] for item in items]

    assert [entry.actor for entry in entries] == ["ada"] * 7
    assert [entry.reason for entry in entries][2] == "Out of scope"
    told = [entry.summary for entry in entries]
    assert told[0] == "moved from Proposed to Approved"
    assert told[2] == "moved from Proposed to Rejected"
    assert told[3].startswith("snoozed it until ")
    assert told[4].endswith("The original is done")
    assert told[5] == "assigned it to grace"


def test_a_rejection_needs_a_reason_of_reasonable_length(team: Team) -> None:
    item = team.create()

    for reason in ("", "   ", "x" * 501, "two\nlines"):
        with pytest.raises(InvalidInput):
            team.do("ada", reject, item.id, reason)
    assert team.now(item).status is Status.PROPOSED


def test_what_was_approved_can_be_rejected_too_outside_the_inbox(team: Team) -> None:
    item = team.create(status="approved")

    stored = team.do("ada", reject, item.id, "Not worth the effort")

    assert (stored.status, stored.rejection_reason) == (Status.REJECTED, "Not worth the effort")


def test_reopening_forgets_the_reason(team: Team) -> None:
    item = team.create()
    team.do("ada", reject, item.id, "Out of scope")

    team.do("ada", move_enhancement, item.id, Status.PROPOSED)

    assert team.now(item).rejection_reason is None


def test_only_what_is_rejected_has_a_reason_for_it(team: Team) -> None:
    item = team.create()

    with pytest.raises(NotAllowed, match="not rejected"):
        team.do("ada", update_enhancement, item.id, {"rejection_reason": "Because"}, expected_version=None)


def test_each_common_reason_has_a_key_of_its_own() -> None:
    keys = [reason.key for reason in REJECTION_REASONS]

    assert keys == sorted(set(keys))
    assert all(len(key) == 1 for key in keys)
