"""A snoozed proposal is out of the inbox, and comes back by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    add_dependency,
    dependencies_of,
    get_enhancement,
    history_of,
    merge_duplicate,
    move_enhancement,
    update_enhancement,
)
from ci_core.backlog.listing import list_enhancements
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.snoozing import snooze, wake
from ci_core.backlog.triage import inbox
from ci_core.errors import DependencyCycle, EditConflict, InvalidInput, NotAllowed, NotFound, UndoRefused
from db.enums import DependencyKind, Status
from tests.ci_core.backlog.team import Team

Make = Callable[..., Enhancement]
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)


def waiting(session: Session, now: datetime = NOW) -> list[int]:
    return [one.id for one in inbox(session, limit=1000, now=now).enhancements]


def test_until_a_date_it_is_out_of_the_inbox_and_then_it_is_back(session: Session, make: Make) -> None:
    item = make()

    stored = snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)

    assert stored.snoozed_until == TOMORROW
    assert item.id not in waiting(session)
    assert item.id not in waiting(session, TOMORROW - timedelta(seconds=1))
    assert item.id in waiting(session, TOMORROW)


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.REJECTED, Status.ARCHIVED])
def test_until_another_one_is_done_or_closed(session: Session, make: Make, end: Status) -> None:
    item, other = make(), make("Build the queue", status="approved")
    snooze(session, item.id, until_done=other.id, actor="ada")
    assert item.id not in waiting(session)

    move_enhancement(session, other.id, Status.IN_PROGRESS, actor="ada")
    assert item.id not in waiting(session)
    move_enhancement(session, other.id, end, actor="ada")

    assert item.id in waiting(session)


def test_what_waits_for_one_that_was_merged_comes_back(session: Session, make: Make) -> None:
    item, other, original = make(), make("Queue"), make("The queue")
    snooze(session, item.id, until_done=other.id, actor="ada")

    merge_duplicate(session, other.id, original.id, actor="ada")

    assert item.id in waiting(session)


def test_the_inbox_counts_what_is_snoozed(session: Session, make: Make) -> None:
    make(), make("Second", status="approved")
    snooze(session, make("Third").id, until=TOMORROW, actor="ada", now=NOW)
    before = inbox(session, now=NOW)

    snooze(session, make("Fourth").id, until=TOMORROW, actor="ada", now=NOW)

    after = inbox(session, now=NOW)
    assert (after.total, after.snoozed) == (before.total, before.snoozed + 1)


def test_both_states_can_be_searched_for(session: Session, make: Make) -> None:
    awake, asleep, decided = make(tags=("zebra",)), make(tags=("zebra",)), make(tags=("zebra",), status="approved")
    snooze(session, asleep.id, until=TOMORROW, actor="ada", now=NOW)

    def found(query: str) -> set[int]:
        return {one.id for one in list_enhancements(session, parse_query(query), now=NOW).enhancements}

    assert found("tag:zebra is:inbox") == {awake.id}
    assert found("tag:zebra is:snoozed") == {asleep.id}
    assert found("tag:zebra -is:snoozed") == {awake.id, decided.id}


def test_waking_brings_it_back_at_once(session: Session, make: Make) -> None:
    item = make()
    snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)

    wake(session, item.id, actor="ada")

    assert item.id in waiting(session)


def test_waking_what_is_awake_changes_nothing(session: Session, make: Make) -> None:
    item = make()

    assert wake(session, item.id, actor="ada").version == item.version


def test_another_snooze_takes_the_place_of_the_first(session: Session, make: Make) -> None:
    item, other = make(), make("Other")
    snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)

    stored = snooze(session, item.id, until_done=other.id, actor="ada")

    assert (stored.snoozed_until, stored.snoozed_for_id) == (None, other.id)


def test_a_decision_ends_the_snooze(session: Session, make: Make) -> None:
    item = make()
    snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)

    move_enhancement(session, item.id, Status.APPROVED, actor="bob")

    assert get_enhancement(session, item.id).snoozed_until is None


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (NOW, "has passed"),
        (NOW - timedelta(days=1), "has passed"),
        (NOW + timedelta(days=4 * 366), "Three years"),
        (datetime(2026, 12, 1, 9), "time zone"),  # noqa: DTZ001 - a time without a zone is the point
    ],
)
def test_a_moment_that_cannot_be_is_refused(session: Session, make: Make, until: datetime, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        snooze(session, make().id, until=until, actor="ada", now=NOW)


def test_one_of_date_and_other_is_needed(session: Session, make: Make) -> None:
    item, other = make(), make("Other")

    with pytest.raises(InvalidInput, match="one of the two"):
        snooze(session, item.id, actor="ada")
    with pytest.raises(InvalidInput, match="one of the two"):
        snooze(session, item.id, until=TOMORROW, until_done=other.id, actor="ada", now=NOW)


def test_it_cannot_wait_for_itself(session: Session, make: Make) -> None:
    item = make()

    with pytest.raises(InvalidInput, match="itself"):
        snooze(session, item.id, until_done=item.id, actor="ada")


def test_two_cannot_wait_for_each_other_also_through_others(session: Session, make: Make) -> None:
    one, two, three = make("One"), make("Two"), make("Three")
    snooze(session, two.id, until_done=three.id, actor="ada")
    snooze(session, three.id, until_done=one.id, actor="ada")

    with pytest.raises(InvalidInput, match=f"#{two.id} itself waits for #{one.id}"):
        snooze(session, one.id, until_done=two.id, actor="ada")


def test_it_cannot_wait_for_what_it_blocks(session: Session, make: Make) -> None:
    item, other = make(), make("Needs it", status="approved")
    add_dependency(session, other.id, item.id, DependencyKind.BLOCKED_BY, actor="ada")

    with pytest.raises(InvalidInput, match="itself waits"):
        snooze(session, item.id, until_done=other.id, actor="ada")


def test_what_is_closed_or_merged_or_missing_cannot_be_waited_for(session: Session, make: Make) -> None:
    item, done, merged, original = make(), make("Done", status="completed"), make("Twin"), make("Original")
    merge_duplicate(session, merged.id, original.id, actor="ada")

    with pytest.raises(InvalidInput, match="completed already"):
        snooze(session, item.id, until_done=done.id, actor="ada")
    with pytest.raises(InvalidInput, match=f"merged into #{original.id}"):
        snooze(session, item.id, until_done=merged.id, actor="ada")
    with pytest.raises(NotFound):
        snooze(session, item.id, until_done=2**62, actor="ada")


def test_only_a_proposal_is_snoozed(session: Session, make: Make) -> None:
    with pytest.raises(NotAllowed, match="approved and no proposal"):
        snooze(session, make(status="approved").id, until=TOMORROW, actor="ada", now=NOW)


def test_whoever_decided_it_meanwhile_is_named(session: Session, make: Make) -> None:
    item = make()
    move_enhancement(session, item.id, Status.APPROVED, actor="grace")

    with pytest.raises(EditConflict, match="grace changed status"):
        snooze(session, item.id, until=TOMORROW, expected_version=item.version, actor="ada", now=NOW)


def test_two_snoozes_from_the_same_version_conflict(session: Session, make: Make) -> None:
    item = make()
    snooze(session, item.id, until=TOMORROW, expected_version=item.version, actor="grace", now=NOW)

    with pytest.raises(EditConflict, match="grace changed snoozed until"):
        snooze(
            session, item.id, until=TOMORROW + timedelta(days=1), expected_version=item.version, actor="ada", now=NOW
        )


def test_a_change_of_another_field_is_no_conflict(session: Session, make: Make) -> None:
    item = make()
    update_enhancement(session, item.id, {"title": "Better title"}, expected_version=None, actor="grace")

    stored = snooze(session, item.id, until=TOMORROW, expected_version=item.version, actor="ada", now=NOW)

    assert stored.title == "Better title"


def test_the_history_tells_of_it_in_words(session: Session, make: Make) -> None:
    item, other = make(), make("Build the queue")
    snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)
    snooze(session, item.id, until_done=other.id, actor="ada")
    wake(session, item.id, actor="ada")

    told = [entry.summary for entry in history_of(session, item.id)][:3]

    assert told == [
        "brought it back from its snooze",
        f"snoozed it until #{other.id} Build the queue is done",
        "snoozed it until 26 Nov 2026 09:00 UTC",
    ]


def test_a_decision_is_told_without_the_snooze_that_it_ends(session: Session, make: Make) -> None:
    item = make()
    snooze(session, item.id, until=TOMORROW, actor="ada", now=NOW)
    move_enhancement(session, item.id, Status.APPROVED, actor="ada")

    assert history_of(session, item.id)[0].summary == "moved from Proposed to Approved"


def test_no_blocker_closes_a_circle_with_a_snooze(session: Session, make: Make) -> None:
    asleep, middle, awaited = make("Asleep"), make("Middle"), make("Awaited")
    snooze(session, asleep.id, until_done=awaited.id, actor="ada")
    add_dependency(session, awaited.id, middle.id, DependencyKind.BLOCKED_BY, actor="ada")

    with pytest.raises(DependencyCycle, match=f"Bring #{asleep.id} back from its snooze") as refused:
        add_dependency(session, middle.id, asleep.id, DependencyKind.BLOCKED_BY, actor="ada")

    assert f"#{asleep.id} Asleep (snoozed until) → #{awaited.id} Awaited" in str(refused.value)
    assert dependencies_of(session, middle.id).blocked_by == ()
    wake(session, asleep.id, actor="ada")
    add_dependency(session, middle.id, asleep.id, DependencyKind.BLOCKED_BY, actor="ada")


def test_a_merge_drops_the_blocker_that_would_wait_for_a_sleeper(session: Session, make: Make) -> None:
    asleep, awaited, twin = make("Asleep"), make("Awaited"), make("Twin")
    snooze(session, asleep.id, until_done=awaited.id, actor="ada")
    add_dependency(session, twin.id, asleep.id, DependencyKind.BLOCKED_BY, actor="ada")

    merged = merge_duplicate(session, twin.id, awaited.id, actor="ada")

    assert merged.dropped == (f"#{twin.id} blocked by #{asleep.id}: it would close a circle",)


def test_an_undo_brings_no_snooze_back_into_a_circle(team: Team) -> None:
    asleep, awaited = team.create(title="Asleep"), team.create(title="Awaited")
    team.do("ada", snooze, asleep.id, until_done=awaited.id)
    team.do("ada", wake, asleep.id)
    woken = team.last()
    team.do("bob", add_dependency, awaited.id, asleep.id, "blocked_by")

    with pytest.raises(UndoRefused, match="circle"):
        team.undo("ada", woken)
