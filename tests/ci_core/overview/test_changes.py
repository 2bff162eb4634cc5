"""What changed in a period: one line per enhancement, people and agents apart, long lists folded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import (
    NewEnhancement,
    add_comment,
    add_dependency,
    create_enhancements,
    delete_comment,
    edit_comment,
    merge_duplicate,
    move_enhancement,
    rescore_all,
    undo_last,
    update_enhancement,
)
from ci_core.overview import Block, Period
from ci_core.overview.changes import AGENTS_SHOWN, PEOPLE_SHOWN, SAME_SHOWN, changes_in
from db.enums import Status
from tests.ci_core.backlog.team import Team

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def clock(team: Team) -> datetime:
    """The database's time, which the audit log is written by."""
    moment: datetime = team.read(lambda session: session.scalar(text("SELECT clock_timestamp()")))
    return moment


def changes(team: Team, person: str = "ada", since: datetime = LONG_AGO) -> tuple[Block, Block]:
    found: tuple[Block, Block] = team.read(
        lambda session: changes_in(session, person, Period("x", since, "since long ago"))
    )
    return found


def told(block: Block) -> list[tuple[str, str]]:
    return [(line.text, line.note) for line in block.lines]


def test_one_line_tells_everything_about_an_enhancement_with_who_did_it(team: Team) -> None:
    item = team.create("ada", "Cache the chain")
    since = clock(team)
    team.do("grace", move_enhancement, item.id, Status.APPROVED)
    team.do("grace", add_comment, item.id, "I can do it")
    team.edit("lena", item, assignee="grace")

    people, agents = changes(team, since=since)

    assert told(people) == [
        (
            "Cache the chain",
            "grace moved from Proposed to Approved, commented: “I can do it”; lena assigned it to grace",
        )
    ]
    assert people.lines[0].enhancement_id == item.id
    assert people.lines[0].status is Status.APPROVED
    assert agents.lines == ()
    assert agents.hint is not None


def test_ones_own_changes_are_no_news(team: Team) -> None:
    item = team.create("grace")
    team.do("ada", move_enhancement, item.id, Status.APPROVED)

    people, _ = changes(team, "ada")

    assert told(people) == [("Wish", "grace added it to Proposed")]


def test_what_happened_before_is_not_told(team: Team) -> None:
    item = team.create("grace")
    since = clock(team)
    team.edit("grace", item, priority="high")

    people, _ = changes(team, since=since)

    assert told(people) == [("Wish", "grace changed priority from medium to high")]


def test_the_newest_stands_first(team: Team) -> None:
    first, second = team.create("grace", "First"), team.create("grace", "Second")
    team.edit("grace", first, priority="high")

    people, _ = changes(team)

    assert [line.enhancement_id for line in people.lines] == [first.id, second.id]


def test_agents_are_told_apart_from_people(team: Team) -> None:
    item = team.create("agent:setup", "Imported")
    team.edit("grace", item, priority="high")

    people, agents = changes(team)

    assert told(people) == [("Imported", "grace changed priority from medium to high")]
    assert told(agents) == [("Imported", "agent:setup added it to Proposed")]


def test_a_long_list_is_folded_by_who_changed_it(team: Team) -> None:
    def many(session: Any, titles: list[str], *, actor: str) -> Any:
        return create_enhancements(session, [NewEnhancement(title=title) for title in titles], actor=actor)

    made = team.do("agent:setup", many, [f"Imported {number}" for number in range(40)])
    team.do("lena", many, [f"By hand {number}" for number in range(PEOPLE_SHOWN + 3)])
    for item in made[:3]:
        team.edit("agent:night", item, priority="high")

    people, agents = changes(team)

    assert len(people.lines) == SAME_SHOWN
    assert people.more == (f"and {PEOPLE_SHOWN} more by lena: added",)
    assert people.total == PEOPLE_SHOWN + 3
    assert len(agents.lines) == AGENTS_SHOWN
    assert agents.total == 40
    assert agents.more == ("and 36 more by agent:setup: added",)


def test_the_rest_is_counted_by_what_was_done(team: Team) -> None:
    items = [team.create("ada", f"Item {number}") for number in range(PEOPLE_SHOWN + 2)]
    since = clock(team)
    extra = team.create("lena", "New")
    for number, item in enumerate(items):
        team.edit("lena", item, estimated_hours=number + 1)

    people, _ = changes(team, since=since)

    assert len(people.lines) == PEOPLE_SHOWN
    assert people.more == ("and 3 more by lena: 1 added, 2 changed",)
    assert extra.id not in {line.enhancement_id for line in people.lines}


def test_scores_that_follow_from_others_changes_are_no_news_of_a_person(team: Team) -> None:
    blocker, waiting = team.create("ada", "Blocker"), team.create("ada", "Waiting")
    since = clock(team)
    team.do("grace", add_dependency, waiting.id, blocker.id, "blocked_by")
    rescored = (
        "SELECT count(*) FROM ci_audit_log WHERE row_id = :id AND table_name = 'ci_enhancements' AND actor = 'grace'"
    )

    people, _ = changes(team, since=since)

    assert team.read(lambda session: session.scalar(text(rescored), {"id": blocker.id})) == 1
    assert told(people) == [("Waiting", f"grace marked it as blocked by #{blocker.id} Blocker")]


def test_an_agent_that_only_scored_says_so(team: Team) -> None:
    item = team.create("ada")
    with team.database.transaction("ada") as session:
        session.execute(text("UPDATE ci_enhancements SET ai_priority_score = 1 WHERE id = :id"), {"id": item.id})
    since = clock(team)
    team.do("agent:night", rescore_all)

    _, agents = changes(team, since=since)

    assert [line.text for line in agents.lines] == ["Wish"]
    assert "agent:night scored it" in agents.lines[0].note


def test_a_merge_is_told_once_on_each_side(team: Team) -> None:
    duplicate, original = team.create("ada", "Cache it"), team.create("ada", "Cache the chain")
    team.do("ada", add_comment, duplicate.id, "Seen at Foo")
    since = clock(team)
    team.do("grace", merge_duplicate, duplicate.id, original.id)

    people, _ = changes(team, since=since)

    assert sorted(told(people)) == [
        ("Cache it", f"grace merged it into #{original.id} Cache the chain"),
        ("Cache the chain", f"grace merged #{duplicate.id} Cache it into it"),
    ]


def test_comments_that_were_edited_or_deleted_belong_to_their_enhancement(team: Team) -> None:
    item = team.create("ada")
    first = team.do("grace", add_comment, item.id, "Hm")
    second = team.do("grace", add_comment, item.id, "Never mind")
    since = clock(team)
    team.do("grace", edit_comment, first.id, "Hm!")
    team.do("grace", delete_comment, second.id)

    people, _ = changes(team, since=since)

    assert told(people) == [("Wish", "grace edited a comment, deleted the comment “Never mind”")]


def test_an_undo_says_that_it_is_one(team: Team) -> None:
    item = team.create("ada")
    since = clock(team)
    team.edit("grace", item, priority="high")
    team.do("grace", undo_last)

    people, _ = changes(team, since=since)

    assert people.lines[0].note == (
        "grace changed priority from medium to high, changed priority from high to medium (undo)"
    )


def test_many_changes_of_one_enhancement_stay_one_readable_line(team: Team) -> None:
    item = team.create("ada")
    since = clock(team)
    for number in range(30):
        team.do("grace", update_enhancement, item.id, {"estimated_hours": number + 1}, expected_version=None)

    people, _ = changes(team, since=since)

    assert people.total == 1
    note = people.lines[0].note
    assert note.startswith("earlier changes; grace changed the estimate from 26 h to 27 h, ")
    assert note.endswith("from 29 h to 30 h")


def test_a_deleted_enhancement_keeps_its_name_and_leads_nowhere(team: Team) -> None:
    item = team.create("ada", "Gone")
    with team.database.transaction("grace") as session:
        session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": item.id})

    people, _ = changes(team)

    assert (people.lines[0].text, people.lines[0].note, people.lines[0].enhancement_id) == (
        "Gone",
        "grace deleted it",
        None,
    )


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "with gaps"])
def test_the_first_entry_since_a_moment_is_found_without_reading_the_log(team: Team, gaps: bool) -> None:
    from ci_core.overview import queries

    item = team.create("ada")
    moments = []
    for number in range(20):
        moments.append(clock(team))
        team.do("grace", update_enhancement, item.id, {"estimated_hours": number + 1}, expected_version=None)
        if gaps and number % 3 == 0:  # numbers of transactions that were rolled back are never given again
            with team.database.engine.connect() as connection:
                connection.execute(text("SELECT nextval(pg_get_serial_sequence('ci_audit_log', 'id'))")).all()
    between = text("SELECT count(*) FROM ci_audit_log WHERE id >= least(:a, :b) AND id < greatest(:a, :b)")
    exact = text(
        "SELECT coalesce(min(id), (SELECT max(id) + 1 FROM ci_audit_log)) FROM ci_audit_log WHERE occurred_at >= :since"
    )

    for since in (LONG_AGO, *moments, clock(team), clock(team) + timedelta(days=1)):
        first = team.read(lambda session, at=since: session.execute(queries.FIRST_SINCE, {"since": at}).scalar_one())
        wanted = team.read(lambda session, at=since: session.execute(exact, {"since": at}).scalar_one())
        assert team.read(lambda session, a=first, b=wanted: session.scalar(between, {"a": a, "b": b})) == 0


def test_an_empty_log_has_no_changes(team: Team) -> None:
    people, agents = changes(team)

    assert (people.lines, people.more, agents.lines, agents.more) == ((), (), (), ())
    assert people.hint is not None
