"""What stands on the board follows what the checks see, and people have the last word."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    get_enhancement,
    history_of,
    merge_duplicate,
    move_enhancement,
    undo_transaction,
    update_enhancement,
)
from ci_core.backlog.triage import reject
from ci_core.backlog.undo import present_transaction
from ci_core.errors import NotFound
from ci_core.health.proposals import AGENT, Proposed, propose
from db.engine import Database
from db.enums import Category, Complexity, IssueStatus, Priority, Source, Status
from tests.ci_core.health.proposals.conftest import NOON, Platform


def cards(session: Session) -> int:
    return session.scalar(text("SELECT count(*) FROM ci_enhancements")) or 0


def test_one_proposal_for_each_rule_and_area_not_for_each_place(platform: Platform) -> None:
    many = [platform.issue(line_number=line, file_path=f"scanner/part_{line % 7}.py") for line in range(1, 41)]
    other_area = platform.issue(feature_area="orders", file_path="orders/book.py")
    other_rule = platform.issue(rule="path-traversal", title="Path from outside")

    done = platform.check()

    assert len(done.created) == 3
    assert {platform.behind(issue) for issue in many} == {platform.behind(many[0])}
    assert len({platform.behind(many[0]), platform.behind(other_area), platform.behind(other_rule)}) == 3


def test_a_proposal_says_what_where_how_bad_and_what_it_costs(platform: Platform) -> None:
    issues = [platform.issue(line_number=line, file_path=f"scanner/{line}.py") for line in (40, 41, 42)]
    platform.set(issues[:1], severity="critical")

    platform.check()

    card = platform.card(issues[0])
    assert card.title == "SQL put together from text in scanner"
    assert (card.status, card.source, card.created_by) == (Status.PROPOSED, Source.HEALTH_CHECK, AGENT)
    assert (card.category, card.priority, card.complexity) == (
        Category.SECURITY, Priority.CRITICAL, Complexity.SIMPLE,
    )  # fmt: skip
    assert (card.estimated_hours, card.feature_area) == (1.5, "scanner")
    assert card.source_url == "scanner/40.py#L40"
    assert "3 issues (1 critical, 2 high), in 3 files" in card.description
    assert "`scanner/41.py:41` in `Scanner.scan`" in card.description
    assert "Whoever controls a part of the text controls the statement" in card.description
    assert "**What to do:** Pass values as parameters" in card.description
    assert card.tags == ("health", "sql-injection", "cwe-89")
    assert card.predicted_impact == {
        "health": {"part": "security", "issues": 3, "by_severity": {"critical": 1, "high": 2}}
    }
    assert card.ai_priority_score is not None


def test_what_is_not_severe_or_was_dismissed_is_not_proposed(platform: Platform, session: Session) -> None:
    platform.issue(severity="medium")
    for status in (IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE, IssueStatus.FIXED):
        platform.issue(status=status.value)

    assert platform.check() == Proposed()
    assert cards(session) == 0


def test_a_second_check_that_sees_the_same_changes_nothing(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    before = platform.card(issue)
    platform.set([issue], line_number=77)

    assert platform.check() == Proposed()
    assert platform.card(issue) == before


def test_new_issues_of_a_group_join_its_proposal_which_says_so(platform: Platform) -> None:
    first = platform.issue()
    platform.check()
    worse = platform.issue(severity="critical", file_path="scanner/web.py", line_number=3)

    done = platform.check()

    card = platform.card(first)
    assert platform.behind(worse) == card.id
    assert done == Proposed(rewritten=(card.id,))
    assert card.priority is Priority.CRITICAL
    assert "`scanner/web.py:3`" in card.description


def test_fields_that_a_person_wrote_stay_theirs(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    card = platform.card(issue)
    theirs = {"title": "Bind the scanner's parameters", "priority": "low"}
    update_enhancement(session, card.id, theirs, expected_version=None, actor="ada")
    platform.issue(severity="critical", file_path="scanner/web.py")

    platform.check()

    after = platform.card(issue)
    assert (after.title, after.priority) == ("Bind the scanner's parameters", Priority.LOW)
    assert "2 issues (1 critical, 1 high)" in after.description


@pytest.mark.parametrize("accepted", [Status.APPROVED, Status.IN_PROGRESS, Status.BLOCKED])
def test_accepted_work_is_completed_once_every_issue_is_verified_gone(
    platform: Platform, session: Session, accepted: Status
) -> None:
    one, two = platform.issue(), platform.issue(line_number=50)
    platform.check()
    card = platform.card(one)
    move_enhancement(session, card.id, Status.APPROVED, actor="ada")
    move_enhancement(session, card.id, accepted, actor="ada")

    platform.fix(one)
    assert platform.check().completed == ()
    platform.fix(two)
    done = platform.check()

    assert done.completed == (card.id,)
    finished = get_enhancement(session, card.id)
    assert finished.status is Status.COMPLETED
    assert "1 high issue behind it" in (finished.ai_reasoning or "")
    told = [(entry.actor, entry.reason or "") for entry in history_of(session, card.id)]
    assert any(actor == AGENT and "every issue behind it is gone" in reason for actor, reason in told)


def test_a_proposal_that_nobody_accepted_leaves_the_board_when_it_is_repaired(platform: Platform) -> None:
    issue = platform.issue()
    platform.check()
    platform.fix(issue)

    done = platform.check()

    assert done.archived == (platform.behind(issue),)
    assert platform.card(issue).status is Status.ARCHIVED


def test_what_was_only_dismissed_is_not_called_done(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    move_enhancement(session, platform.card(issue).id, Status.APPROVED, actor="ada")
    platform.set([issue], status=IssueStatus.FALSE_POSITIVE.value)

    done = platform.check()

    assert (done.completed, done.archived) == ((), (platform.behind(issue),))


def test_work_is_open_again_when_an_issue_of_it_comes_back(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    card = platform.card(issue)
    move_enhancement(session, card.id, Status.APPROVED, actor="ada")
    platform.fix(issue)
    platform.check()

    done = platform.check(back=[issue])

    assert done.reopened == (card.id,)
    assert platform.card(issue).status is Status.APPROVED
    assert any("came back" in (entry.reason or "") for entry in history_of(session, card.id))
    assert "fixed before and came back" in platform.card(issue).description
    assert platform.check() == Proposed()


def test_what_a_person_completed_stays_completed_while_its_issues_are_still_seen(
    platform: Platform, session: Session
) -> None:
    issue = platform.issue()
    platform.check()
    card = platform.card(issue)
    for status in (Status.APPROVED, Status.COMPLETED):
        move_enhancement(session, card.id, status, actor="ada")

    assert platform.check() == Proposed()

    later = platform.issue(line_number=90)
    done = platform.check()
    assert done.created == (platform.behind(later),)
    assert platform.card(issue).status is Status.COMPLETED


def test_a_proposal_that_went_off_the_board_returns_with_its_issue(platform: Platform) -> None:
    issue = platform.issue()
    platform.check()
    platform.fix(issue)
    platform.check()

    done = platform.check(back=[issue])

    assert done.reopened == (platform.behind(issue),)
    assert platform.card(issue).status is Status.PROPOSED


def test_a_rejection_is_remembered_until_it_is_materially_more(platform: Platform, session: Session) -> None:
    first = platform.issue()
    platform.check()
    card = platform.card(first)
    reject(session, card.id, "The scanner is going away", actor="ada")

    second = platform.issue(line_number=50)
    done = platform.check()
    assert (done.created, done.reopened, done.remembered) == ((), (), 1)
    assert platform.behind(second) is None

    third, fourth = platform.issue(line_number=60), platform.issue(line_number=70)
    done = platform.check()
    assert (done.created, done.reopened) == ((), (card.id,))
    assert {platform.behind(one) for one in (second, third, fourth)} == {card.id}
    again = platform.card(first)
    assert (again.status, again.rejection_reason) == (Status.PROPOSED, None)
    reasons = [entry.reason or "" for entry in history_of(session, card.id)]
    assert any("there are 4 places now, and were 1" in reason for reason in reasons)


def test_a_rejection_ends_when_it_gets_worse(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    reject(session, platform.card(issue).id, "Not worth the effort", actor="ada")
    platform.set([issue], severity="critical")

    assert platform.check().reopened == (platform.behind(issue),)


def test_a_second_rejection_counts_from_there(platform: Platform, session: Session) -> None:
    issue = platform.issue()
    platform.check()
    card = platform.card(issue)
    reject(session, card.id, "No", actor="ada")
    for line in (50, 60, 70):
        platform.issue(line_number=line)
    platform.check()

    reject(session, card.id, "Still no", actor="ada")
    for line in (80, 90, 100):
        platform.issue(line_number=line)

    assert platform.check().reopened == ()
    assert platform.card(issue).rejection_reason == "Still no"


def test_a_deleted_proposal_is_not_made_again_and_lives_on_when_it_is_brought_back(database: Database) -> None:
    with database.transaction("tess") as session:
        platform = Platform(session)
        issue = platform.issue()
    with database.transaction(AGENT) as session:
        platform.session = session
        (made,) = platform.check().created
        transaction = present_transaction(session)

    with database.transaction("ada") as session:
        deletion = undo_transaction(session, transaction, actor="ada")

    with database.transaction(AGENT) as session:
        platform.session = session
        with pytest.raises(NotFound):
            get_enhancement(session, made)
        assert platform.behind(issue) is None
        assert (platform.check().created, cards(session)) == ((), 0)

    with database.transaction("ada") as session:
        undo_transaction(session, deletion.transaction_id, actor="ada")

    with database.transaction(AGENT) as session:
        platform.session = session
        later = platform.issue(line_number=90)
        assert platform.check().rewritten == (made,)
        assert {platform.behind(one) for one in (issue, later)} == {made}


def test_a_proposal_that_was_merged_goes_on_in_the_other_one(platform: Platform, session: Session) -> None:
    issue, other = platform.issue(), platform.issue(rule="raw-sql", title="Raw SQL")
    platform.check()
    original = platform.card(other)
    merge_duplicate(session, platform.card(issue).id, original.id, actor="ada")

    later = platform.issue(line_number=90)
    done = platform.check()

    assert {platform.behind(one) for one in (issue, later)} == {original.id}
    assert (done.created, done.rewritten) == ((), ())
    assert platform.card(other).title == original.title


def test_a_failed_check_changes_nothing_and_an_unknown_one_is_said(platform: Platform, session: Session) -> None:
    platform.issue()

    assert platform.check(status="failed") == Proposed()
    assert cards(session) == 0
    with pytest.raises(NotFound, match="no health check"):
        propose(session, 2**40, now=NOON)


def test_thousands_of_issues_are_proposed_in_few_statements(platform: Platform, session: Session) -> None:
    for number in range(900):
        platform.issue(rule=f"rule-{number % 60}", file_path=f"area/{number}.py", line_number=number + 1)

    assert len(platform.check().created) == 60
