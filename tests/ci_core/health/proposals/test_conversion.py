"""A person makes an enhancement of issues, or puts them behind one, and can take that back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, get_enhancement, move_enhancement, undo_last
from ci_core.backlog import create_enhancement as add_to_backlog
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from ci_core.health.proposals import Proposed, attach_issues, behind, create_enhancement
from db.engine import Database
from db.enums import Category, IssueStatus, Priority, Source, Status
from tests.ci_core.health.proposals.conftest import Platform


def test_issues_of_one_rule_become_one_enhancement_by_that_person(platform: Platform, session: Session) -> None:
    issues = [platform.issue(line_number=line, severity="low") for line in (3, 4)]

    made = create_enhancement(session, issues, actor="ada")

    assert (made.title, made.created_by) == ("SQL put together from text in scanner/db.py", "ada")
    assert (made.source, made.category, made.priority) == (Source.HEALTH_CHECK, Category.SECURITY, Priority.LOW)
    assert {platform.behind(issue) for issue in issues} == {made.id}


def test_issues_of_several_rules_are_listed_by_what_they_are(platform: Platform, session: Session) -> None:
    issues = [platform.issue(), platform.issue(rule="md5", title="Weak hash", file_path="scanner/keys.py", cwe=None)]

    made = create_enhancement(session, issues, actor="ada", status="approved")

    assert (made.title, made.status, made.feature_area) == ("2 issues in scanner", Status.APPROVED, "scanner")
    assert "`scanner/keys.py:40` in `Scanner.scan`: Weak hash" in made.description
    assert {"md5", "sql-injection"} <= set(made.tags)


def test_a_person_may_name_it(platform: Platform, session: Session) -> None:
    made = create_enhancement(session, [platform.issue()], actor="ada", title="Bind every parameter")

    assert made.title == "Bind every parameter"
    with pytest.raises(InvalidInput):
        create_enhancement(session, [platform.issue()], actor="ada", title="two\nlines")


def test_the_agent_leaves_what_a_person_made_and_ends_it_when_it_is_repaired(
    platform: Platform, session: Session
) -> None:
    issue = platform.issue()
    made = create_enhancement(session, [issue], actor="ada", status="approved")

    assert platform.check() == Proposed()
    assert get_enhancement(session, made.id).description == made.description
    platform.fix(issue)
    assert platform.check().completed == (made.id,)


def test_settled_taken_or_unknown_issues_are_refused(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    fixed = platform.issue(status=IssueStatus.FIXED.value)
    made = create_enhancement(session, [issue], actor="ada")

    with pytest.raises(NotAllowed, match=f"stands behind #{made.id}"):
        create_enhancement(session, [issue], actor="bob")
    with pytest.raises(NotAllowed, match="is fixed"):
        create_enhancement(session, [fixed], actor="bob")
    with pytest.raises(NotFound, match="no issue"):
        create_enhancement(session, [2**70], actor="bob")
    with pytest.raises(InvalidInput, match="at least one"):
        create_enhancement(session, [], actor="bob")
    with pytest.raises(InvalidInput, match="too many"):
        create_enhancement(session, range(1, 6_000), actor="bob")


def test_an_issue_behind_something_closed_can_be_taken_up_again(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    first = create_enhancement(session, [issue], actor="ada")
    move_enhancement(session, first.id, Status.REJECTED, actor="ada")

    second = create_enhancement(session, [issue], actor="bob")

    assert platform.behind(issue) == second.id != first.id


def test_issues_can_be_put_behind_an_enhancement_that_exists(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    card = add_to_backlog(session, NewEnhancement(title="Harden the scanner"), actor="ada")

    attach_issues(session, [issue], card.id, actor="bob")
    attach_issues(session, [issue], card.id, actor="bob")

    assert [one.id for one in behind(session, card.id).issues] == [issue]
    move_enhancement(session, card.id, Status.REJECTED, actor="ada")
    with pytest.raises(NotAllowed, match="is rejected"):
        attach_issues(session, [platform.issue()], card.id, actor="bob")


def test_the_conversion_can_be_undone(database: Database) -> None:
    with database.transaction("tess") as session:
        platform = Platform(session)
        issue = platform.issue()
    with database.transaction("ada") as session:
        made = create_enhancement(session, [issue], actor="ada")

    with database.transaction("ada") as session:
        undo_last(session, actor="ada")

    with database.reading() as session:
        platform.session = session
        assert platform.behind(issue) is None
        with pytest.raises(NotFound):
            get_enhancement(session, made.id)


def test_what_is_behind_is_told_with_what_is_left_first(platform: Platform, session: Session) -> None:
    platform.file("scanner/db.py", commits=12)
    done = platform.issue(severity="critical")
    left = platform.issue(line_number=50)
    made = create_enhancement(session, [done, left], actor="ada")
    platform.fix(done)

    found = behind(session, made.id)

    assert [one.id for one in found.issues] == [left, done]
    assert (found.total, found.active, found.fixed) == (2, 1, 1)
    assert (found.issues[0].commits, found.issues[0].repository) == (12, "team/magnus")
    assert [one.id for one in behind(session, made.id, limit=1).issues] == [left]
    assert behind(session, 2**40).total == 0
