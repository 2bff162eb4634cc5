"""Many enhancements are changed at once by the rules for one, and what cannot be done is told item by item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    add_dependency,
    create_enhancements,
    get_enhancement,
    history_of,
    merge_duplicate,
    move_enhancement,
    update_enhancement,
)
from ci_core.backlog.bulk import BulkResult, change_many, merge_many
from ci_core.errors import InvalidInput, NotFound, UndoRefused
from tests.ci_core.backlog.conftest import Make
from tests.ci_core.backlog.team import Team

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def seen(*items: Enhancement) -> list[tuple[int, int]]:
    return [(item.id, item.version) for item in items]


def change(session: Session, items: list[Enhancement], **changes: Any) -> BulkResult:
    return change_many(session, seen(*items), changes, actor="tess")


EVERY_FIELD = {
    "title": "Another title",
    "description": "Why",
    "feature_area": "Alerts",
    "category": "security",
    "priority": "critical",
    "complexity": "epic",
    "status": "approved",
    "completion_percentage": 40,
    "estimated_hours": 12.25,
    "actual_hours": 3,
    "source": "github",
    "source_url": "https://example.org/1",
    "assignee": "Ada",
    "branch": "feature/x",
    "pull_request_url": "https://example.org/pull/1",
    "predicted_impact": {"a": [1, None, "é"]},
    "actual_impact": {"b": 2.5},
    "tags": ["pool", "broker"],
    "snoozed_until": TOMORROW,
}


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_every_field_can_be_changed_of_many(session: Session, make: Make, field: str) -> None:
    items = [make(f"Wish {number}") for number in range(3)]

    result = change(session, items, **{field: EVERY_FIELD[field]})

    assert result.changed == tuple(item.id for item in items)
    assert (result.unchanged, result.problems) == ((), ())
    for item in items:
        stored = getattr(get_enhancement(session, item.id), field)
        assert stored == (tuple(EVERY_FIELD[field]) if field == "tags" else EVERY_FIELD[field])


def test_all_fields_at_once_are_one_version_and_one_entry_of_the_history(session: Session, make: Make) -> None:
    items = [make("One"), make("Two")]
    changes = {name: value for name, value in EVERY_FIELD.items() if name != "snoozed_until"}

    change(session, items, **changes)

    for item in items:
        assert get_enhancement(session, item.id).version == item.version + 1
        assert len(history_of(session, item.id)) == 2


def test_tags_are_added_to_and_taken_from_what_is_there(session: Session, make: Make) -> None:
    first, second = make(tags=("pool", "old")), make(tags=("broker",))

    result = change(session, [first, second], add_tags=["New", "pool"], remove_tags=["old"])

    assert result.changed == (first.id, second.id)
    assert get_enhancement(session, first.id).tags == ("pool", "new")
    assert get_enhancement(session, second.id).tags == ("broker", "new", "pool")


def test_tags_that_somebody_else_changed_are_no_conflict_for_added_ones(session: Session, make: Make) -> None:
    item = make(tags=("pool",))
    update_enhancement(session, item.id, {"tags": ["pool", "theirs"]}, expected_version=None, actor="bob")

    assert change(session, [item], add_tags=["mine"]).problems == ()
    assert get_enhancement(session, item.id).tags == ("pool", "theirs", "mine")


def test_too_many_tags_are_the_problem_of_the_one_that_has_them(session: Session, make: Make) -> None:
    full, free = make(tags=tuple(f"t{number}" for number in range(30))), make()

    result = change(session, [full, free], add_tags=["more"])

    assert result.changed == (free.id,)
    assert [(problem.id, problem.message) for problem in result.problems] == [
        (full.id, "31 tags are too many; 30 are allowed.")
    ]


def test_what_has_the_values_already_is_unchanged(session: Session, make: Make) -> None:
    high, low = make(priority="high"), make(priority="low")

    result = change(session, [high, low], priority="high")

    assert (result.changed, result.unchanged) == ((low.id,), (high.id,))
    assert get_enhancement(session, high.id).version == high.version
    assert change(session, [high], priority="high").transaction_id is None


def test_a_conflict_is_told_with_who_and_what_and_the_rest_is_done(session: Session, make: Make) -> None:
    items = [make(f"Wish {number}") for number in range(4)]
    update_enhancement(session, items[1].id, {"priority": "low"}, expected_version=None, actor="Ada")
    update_enhancement(session, items[2].id, {"assignee": "Bob"}, expected_version=None, actor="Ada")

    result = change(session, items, priority="critical")

    assert result.changed == (items[0].id, items[2].id, items[3].id)
    assert [(problem.id, problem.message) for problem in result.problems] == [
        (items[1].id, f"#{items[1].id}: Ada changed priority in the meantime; nothing was overwritten.")
    ]
    assert get_enhancement(session, items[1].id).priority == "low"


def test_without_a_version_the_last_word_wins(session: Session, make: Make) -> None:
    item = make()
    update_enhancement(session, item.id, {"priority": "low"}, expected_version=None, actor="Ada")

    assert change_many(session, [(item.id, None)], {"priority": "critical"}, actor="tess").changed == (item.id,)


def test_lifecycle_tombstones_and_what_is_gone_are_problems_of_their_own(session: Session, make: Make) -> None:
    fine, proposed = make(status="in_progress"), make()
    original, merged = make(), make()
    merge_duplicate(session, merged.id, original.id, actor="tess")
    cards = [(fine.id, None), (proposed.id, None), (merged.id, None), (9_999_999, None), (-4, None)]

    result = change_many(session, cards, {"status": "completed"}, actor="tess")

    told = {problem.id: problem.message for problem in result.problems}
    assert result.changed == (fine.id,)
    assert "Proposed cannot become Completed directly" in told[proposed.id]
    assert f"was merged into #{original.id}" in told[merged.id]
    assert told[9_999_999] == "There is no enhancement #9999999 (any more)."
    assert told[-4] == "There is no enhancement #-4 (any more)."


def test_what_waits_for_others_is_completed_only_with_a_reason_or_together_with_them(
    session: Session, make: Make
) -> None:
    first, second, third, alone = (make(f"Wish {number}", status="in_progress") for number in range(4))
    outside = make("Outside")
    add_dependency(session, second.id, first.id, "blocked_by", actor="tess")
    add_dependency(session, first.id, outside.id, "blocked_by", actor="tess")
    add_dependency(session, third.id, alone.id, "blocked_by", actor="tess")
    cards = [(item.id, None) for item in (third, second, first, alone)]

    result = change_many(session, cards, {"status": "completed"}, actor="tess")

    told = {problem.id: problem.message for problem in result.problems}
    assert result.changed == (third.id, alone.id)
    assert f"#{first.id} still waits for #{outside.id} Outside." in told[first.id]
    assert f"#{second.id} still waits for #{first.id}" in told[second.id]
    done = change_many(session, cards, {"status": "completed"}, actor="tess", reason="Done by hand")
    assert set(done.changed) == {first.id, second.id}


def test_what_waited_comes_up_when_its_last_blockers_are_completed_together(session: Session, make: Make) -> None:
    first, second = make(status="in_progress"), make(status="in_progress")
    waiting = make(status="blocked")
    for blocker in (first, second):
        add_dependency(session, waiting.id, blocker.id, "blocked_by", actor="tess")

    change(session, [first, second], status="completed")

    assert get_enhancement(session, waiting.id).ready_at is not None


def test_only_proposals_are_snoozed_and_only_rejected_ones_keep_a_reason(session: Session, make: Make) -> None:
    proposed, approved = make(), make(status="approved")

    snoozed = change(session, [proposed, approved], snoozed_until=TOMORROW)
    rejected = change(session, [proposed, approved], status="rejected", rejection_reason="  Too dear ")

    assert snoozed.changed == (proposed.id,)
    assert "only a proposal can be snoozed" in snoozed.problems[0].message
    assert set(rejected.changed) == {proposed.id, approved.id}
    stored = get_enhancement(session, proposed.id)
    assert (stored.rejection_reason, stored.snoozed_until) == ("Too dear", None)


def test_a_snooze_for_another_one_takes_the_place_of_a_time(session: Session, make: Make) -> None:
    item, other = make(), make("Other")
    change(session, [item], snoozed_until=TOMORROW)

    result = change_many(session, [(item.id, None), (other.id, None)], {"snoozed_for_id": other.id}, actor="tess")

    stored = get_enhancement(session, item.id)
    assert (stored.snoozed_until, stored.snoozed_for_id) == (None, other.id)
    assert [problem.id for problem in result.problems] == [other.id]


def test_nothing_is_snoozed_for_what_waits_for_it(session: Session, make: Make) -> None:
    first, second, free = make(), make(), make()
    add_dependency(session, second.id, first.id, "blocked_by", actor="tess")

    result = change(session, [first, free], snoozed_for_id=second.id)

    assert result.changed == (free.id,)
    assert "neither would ever come back" in result.problems[0].message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "changes"),
        ({"version": 3}, "version"),
        ({"priority": "huge"}, "priority"),
        ({"snoozed_until": datetime(2020, 1, 1, tzinfo=UTC)}, "snoozed_until"),
        ({"snoozed_until": datetime(2099, 1, 1)}, "snoozed_until"),  # noqa: DTZ001 - that is the point
        ({"snoozed_for_id": 9_999_999}, "snoozed_for_id"),
        ({"add_tags": ["a"], "remove_tags": ["A"]}, "remove_tags"),
        ({"rejection_reason": "x" * 501}, "rejection_reason"),
    ],
)
def test_what_cannot_be_written_into_any_is_refused_as_a_whole(
    session: Session, make: Make, changes: dict[str, Any], field: str
) -> None:
    item = make()

    with pytest.raises(InvalidInput) as caught:
        change(session, [item], **changes)

    assert caught.value.field == field
    assert get_enhancement(session, item.id).version == item.version


def test_twice_the_same_or_too_many_are_refused(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(InvalidInput, match="only once"):
        change_many(session, [(item.id, None), (item.id, 1)], {"priority": "high"}, actor="tess")
    with pytest.raises(InvalidInput, match="1,001 are too many"):
        change_many(session, [(number, None) for number in range(1_001)], {"priority": "high"}, actor="tess")


def test_five_hundred_take_as_many_statements_as_five(session: Session) -> None:
    def statements(count: int) -> int:
        news = [NewEnhancement(title=f"Wish {number}", status="approved") for number in range(count)]
        cards = seen(*create_enhancements(session, news, actor="tess"))
        for card, _ in cards[::5]:
            session.execute(text("UPDATE ci_enhancements SET branch = 'x' WHERE id = :id"), {"id": card})
        ran: list[str] = []
        listen = lambda *given: ran.append(given[2])  # noqa: E731
        event.listen(session.connection().engine, "before_cursor_execute", listen)
        change_many(session, cards, {"priority": "high", "status": "completed", "add_tags": ["x"]}, actor="tess")
        event.remove(session.connection().engine, "before_cursor_execute", listen)
        return len(ran)

    few = statements(5)

    assert statements(500) == few < 15


def test_one_undo_brings_back_every_field_of_all(team: Team) -> None:
    items = [team.create(title=f"Wish {number}", tags=("a",), estimated_hours=number + 0.5) for number in range(5)]
    blocker = team.create(title="Blocker")
    team.do("ada", add_dependency, items[0].id, blocker.id, "blocked_by")
    team.do("ada", move_enhancement, items[3].id, "deferred")
    before = team.state()

    result: BulkResult = team.do(
        "ada",
        change_many,
        [(item.id, None) for item in items],
        {"status": "rejected", "rejection_reason": "No", "priority": "critical", "add_tags": ["b"], "assignee": "Bo"},
    )

    assert len(result.changed) == 5
    assert result.transaction_id == team.last()
    team.undo("ada", result.transaction_id)
    assert team.state() == before


def test_the_undo_of_all_is_refused_when_somebody_else_has_changed_one_since(team: Team) -> None:
    items = [team.create(title=f"Wish {number}") for number in range(3)]
    result = team.do("ada", change_many, seen(*items), {"priority": "critical"})
    team.edit("bob", items[1], priority="low")

    with pytest.raises(UndoRefused, match=f"priority of #{items[1].id} was changed by bob"):
        team.undo("ada", result.transaction_id)

    assert team.now(items[0]).priority == "critical"


def test_many_are_merged_into_one_and_come_back_by_one_undo(team: Team) -> None:
    original, first, second, moved = (team.create(title=f"Wish {number}") for number in range(4))
    merged = team.create(title="Merged before")
    team.do("ada", merge_duplicate, merged.id, second.id)
    team.do("bob", move_enhancement, moved.id, "approved")
    before = team.state()
    cards = [*seen(original, first, moved), (second.id, None), (merged.id, None)]

    result: BulkResult = team.do("ada", merge_many, cards, original.id)

    assert (result.changed, result.unchanged) == ((first.id, second.id), (original.id,))
    told = {problem.id: problem.message for problem in result.problems}
    assert told[moved.id] == f"#{moved.id}: bob changed status in the meantime; nothing was overwritten."
    assert f"was merged into #{second.id} already" in told[merged.id]
    assert team.now(first).merged_into_id == original.id
    team.undo("ada", result.transaction_id)
    assert team.state() == before


def test_merging_into_nothing_is_refused(session: Session, make: Make) -> None:
    with pytest.raises(NotFound, match="#9999999"):
        merge_many(session, seen(make()), 9_999_999, actor="tess")


def test_scores_follow_as_they_would_for_one(session: Session, make: Make) -> None:
    alone, among = make(title="Crash on login"), make(title="Crash on login")
    changes = {"priority": "critical", "estimated_hours": Decimal("2.5"), "add_tags": ["security"]}

    change(session, [among, make()], **changes)
    update_enhancement(
        session,
        alone.id,
        {"priority": "critical", "estimated_hours": 2.5, "tags": ["security"]},
        expected_version=None,
        actor="tess",
    )

    one, many = get_enhancement(session, alone.id), get_enhancement(session, among.id)
    assert (one.ai_priority_score, one.ai_reasoning) == (many.ai_priority_score, many.ai_reasoning)
    assert one.ai_priority_score != among.ai_priority_score
