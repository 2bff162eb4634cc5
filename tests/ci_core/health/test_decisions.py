"""What people decide about issues, and that all of it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog.undo import present_transaction, undo_transaction
from ci_core.errors import DecidedMeanwhile, InvalidInput, NotAllowed, NotFound
from ci_core.health.decisions import acknowledge, dismiss, reopen
from db.engine import Database
from db.enums import IssueStatus
from db.tables import HealthIssue
from tests.ci_core.health.looks import BEGIN, Looks

WONT_FIX, FALSE_POSITIVE = IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE
UNSAFE = "def price(order):\n    return eval(order.formula)\n"
TWO = UNSAFE + "\n\ndef cost(order):\n    return eval(order.cost)\n"


@pytest.fixture
def looks(tmp_path: Path, session: Session) -> Looks:
    looks = Looks(tmp_path, session, {"price.py": TWO})
    looks.check()
    return looks


def ids(looks: Looks) -> list[int]:
    return [issue.id for issue in looks.issues()]


def test_a_dismissal_keeps_who_why_when_and_until_when(looks: Looks, session: Session) -> None:
    until = BEGIN + timedelta(days=90)

    decided = dismiss(session, ids(looks), WONT_FIX, reason=" Old code \n", until=until, actor="ada", now=BEGIN)

    session.expire_all()
    assert decided.issue_ids == tuple(ids(looks))
    for issue in looks.issues():
        assert (issue.status, issue.status_reason, issue.status_by) == (WONT_FIX, "Old code", "ada")
        assert (issue.status_at, issue.status_until) == (BEGIN, until)


def test_an_acknowledged_issue_needs_no_reason(looks: Looks, session: Session) -> None:
    acknowledge(session, ids(looks), actor="ada", reason="  ")

    session.expire_all()
    assert looks.statuses() == ["acknowledged"] * 2
    assert looks.issues()[0].status_reason is None


def test_a_reopened_issue_is_as_if_nothing_had_been_decided(looks: Looks, session: Session) -> None:
    dismiss(session, ids(looks), FALSE_POSITIVE, reason="no", actor="ada")

    reopen(session, ids(looks), actor="ben")

    session.expire_all()
    issue = looks.issues()[0]
    assert (issue.status, issue.status_reason, issue.status_by, issue.status_at) == ("open", None, None, None)


def test_a_dismissed_issue_that_is_gone_counts_as_fixed_when_it_is_reopened(looks: Looks, session: Session) -> None:
    dismiss(session, ids(looks), WONT_FIX, reason="no", actor="ada")
    looks.files["price.py"] = UNSAFE
    looks.check()

    reopen(session, ids(looks), actor="ada")

    session.expire_all()
    assert looks.statuses() == ["open", "fixed"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda session, issues: dismiss(session, issues, WONT_FIX, reason=" \n", actor="ada"), "reason"),
        (lambda session, issues: dismiss(session, issues, WONT_FIX, reason="x" * 2001, actor="ada"), "reason"),
        (lambda session, issues: dismiss(session, issues, IssueStatus.FIXED, reason="x", actor="ada"), "status"),
        (lambda session, issues: acknowledge(session, issues, actor="ada", until=datetime(2030, 1, 1)), "until"),  # noqa: DTZ001
        (lambda session, issues: acknowledge(session, issues, actor="ada", until=BEGIN, now=BEGIN), "until"),
        (
            lambda session, issues: acknowledge(
                session, issues, actor="ada", until=BEGIN + timedelta(days=1200), now=BEGIN
            ),
            "until",
        ),
        (lambda session, _issues: acknowledge(session, [], actor="ada"), "issue_ids"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    looks: Looks, session: Session, wrong: Callable[[Session, list[int]], object], field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        wrong(session, ids(looks))

    assert raised.value.field == field
    assert looks.statuses() == ["open"] * 2


def test_a_fixed_issue_is_not_decided_and_with_partly_the_rest_is(looks: Looks, session: Session) -> None:
    looks.files["price.py"] = UNSAFE
    looks.check()

    with pytest.raises(NotAllowed, match="is fixed"):
        acknowledge(session, ids(looks), actor="ada")
    decided = acknowledge(session, ids(looks), actor="ada", partly=True)

    session.expire_all()
    assert decided.issue_ids == (ids(looks)[0],)
    assert list(decided.left) == [ids(looks)[1]]
    assert looks.statuses() == ["acknowledged", "fixed"]


@pytest.mark.parametrize("issue", [0, -1, 2**62, 2**70])
def test_an_issue_that_does_not_exist_is_named(looks: Looks, session: Session, issue: int) -> None:
    with pytest.raises(NotFound, match=str(issue)):
        acknowledge(session, [*ids(looks), issue], actor="ada")


def test_somebody_elses_decision_in_between_is_not_overwritten(looks: Looks, session: Session) -> None:
    seen = {issue.id: issue.version for issue in looks.issues()}
    dismiss(session, ids(looks)[:1], FALSE_POSITIVE, reason="no", actor="ben")

    with pytest.raises(DecidedMeanwhile, match="ben said that it is a false alarm"):
        acknowledge(session, ids(looks), actor="ada", versions=seen)
    acknowledge(session, ids(looks), actor="ben", versions=seen)

    session.expire_all()
    assert looks.statuses() == ["acknowledged"] * 2


def test_a_check_in_between_is_no_conflict(looks: Looks, session: Session) -> None:
    seen = {issue.id: issue.version for issue in looks.issues()}
    looks.files["price.py"] = "# moved\n" + TWO
    looks.check()

    acknowledge(session, ids(looks), actor="ada", versions=seen)

    session.expire_all()
    assert looks.statuses() == ["acknowledged"] * 2


def test_decisions_are_undone_and_the_undo_too(tmp_path: Path, database: Database) -> None:
    with database.transaction("agent:health") as session:
        looks = Looks(tmp_path, session, {"price.py": TWO})
        looks.check()
        issues = ids(looks)
    with database.transaction("ada") as session:
        dismiss(session, issues, FALSE_POSITIVE, reason="no", actor="ada")
        dismissal = present_transaction(session)

    with database.transaction("ada") as session:
        undo = undo_transaction(session, dismissal, actor="ada").transaction_id

    assert _stored(database) == [("open", None)] * 2
    with database.transaction("ada") as session:
        undo_transaction(session, undo, actor="ada")
    assert _stored(database) == [("false_positive", "no")] * 2


def _stored(database: Database) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        return [(issue.status, issue.status_reason) for issue in session.query(HealthIssue).order_by(HealthIssue.id)]
