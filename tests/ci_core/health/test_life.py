"""What becomes of an issue from check to check."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db.enums import IssueStatus, Severity
from tests.ci_core.health.looks import BEGIN, Looks

UNSAFE = "def price(order):\n    return eval(order.formula)\n"
SAFE = "def price(order):\n    return order.total\n"
DISMISSED = (IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE)


@pytest.fixture
def looks(tmp_path: Path, session: Session) -> Looks:
    return Looks(tmp_path, session, {"orders/price.py": UNSAFE})


def test_what_is_seen_first_is_new_and_belongs_to_its_place(looks: Looks) -> None:
    followed = looks.check()

    issue = looks.issue()
    assert followed.new == (issue.id,)
    assert followed.counts == {"new": 1, "open": 1, "resolved": 0, "regressed": 0}
    assert (issue.file_path, issue.line_number, issue.scope) == ("orders/price.py", 2, "price")
    assert issue.snippet == "    return eval(order.formula)"
    assert issue.feature_area == "orders"
    assert looks.changes() == ["new"]


def test_the_same_defect_seen_by_two_tools_is_one_issue(looks: Looks) -> None:
    looks.check()

    assert looks.issue().checker == "lint"
    assert looks.issue().details["also"] == ["bandit"]


def test_a_second_check_of_the_same_changes_nothing(looks: Looks) -> None:
    first = looks.check()
    before = looks.issue().version, looks.issue().fingerprint

    followed = looks.check()

    assert (followed.new, followed.resolved, followed.regressed, followed.severity) == ((), (), (), ())
    assert followed.ids == first.ids
    assert looks.changes() == []
    assert looks.issue().occurrence_count == 2
    assert looks.issue().last_seen_at > looks.issue().first_detected_at
    assert (looks.issue().version, looks.issue().fingerprint) == before


def test_an_issue_moves_with_its_line(looks: Looks) -> None:
    looks.check()
    looks.files["orders/price.py"] = "# Copyright\n\n" + UNSAFE

    followed = looks.check()

    assert followed.counts["new"] == 0
    assert looks.issue().line_number == 4


def test_an_issue_moves_with_its_file(looks: Looks) -> None:
    looks.check()
    looks.files = {"pricing/price.py": UNSAFE}
    looks.renames = {"orders/price.py": "pricing/price.py"}

    followed = looks.check()

    assert (followed.counts["new"], followed.counts["resolved"]) == (0, 0)
    assert looks.issue().file_path == "pricing/price.py"
    assert looks.issue().feature_area == "pricing"


def test_what_is_mended_is_resolved(looks: Looks) -> None:
    looks.check()
    looks.files["orders/price.py"] = SAFE

    followed = looks.check()

    issue = looks.issue()
    assert followed.resolved == (issue.id,)
    assert issue.status == IssueStatus.FIXED
    assert issue.resolved_check_id == issue.resolved_check_id is not None
    assert looks.changes() == ["resolved"]


def test_what_stood_in_a_file_that_is_gone_is_resolved_whoever_looked(looks: Looks) -> None:
    looks.check()
    looks.files = {"orders/other.py": SAFE}
    looks.failing = {"lint", "bandit"}

    assert len(looks.check().resolved) == 1


@pytest.mark.parametrize("failing", [{"lint"}, {"bandit"}, {"lint", "bandit"}])
def test_a_checker_that_failed_resolves_nothing(looks: Looks, failing: set[str]) -> None:
    looks.check()
    looks.files["orders/price.py"] = SAFE
    looks.failing = failing

    followed = looks.check()

    assert followed.resolved == ()
    assert looks.statuses() == [IssueStatus.OPEN]


def test_a_look_elsewhere_resolves_nothing(looks: Looks) -> None:
    looks.files["other.py"] = SAFE
    looks.check()
    looks.files["orders/price.py"] = SAFE

    assert looks.check(only=["other.py"]).resolved == ()


def test_a_checker_that_fails_stays_behind_what_another_one_still_sees(looks: Looks) -> None:
    looks.check()
    looks.failing = {"lint"}

    followed = looks.check()

    assert followed.counts["new"] == 0
    assert (looks.issue().checker, looks.issue().details["also"]) == ("lint", ["bandit"])
    assert followed.severity == ()


def test_what_was_fixed_and_is_back_has_regressed(looks: Looks) -> None:
    looks.check()
    looks.files["orders/price.py"] = SAFE
    looks.check()
    looks.files["orders/price.py"] = "\n\n" + UNSAFE

    followed = looks.check()

    issue = looks.issue()
    assert followed.regressed == (issue.id,)
    assert (issue.status, issue.regressed, issue.regressions) == (IssueStatus.OPEN, True, 1)
    assert issue.resolved_at is None
    assert issue.resolved_check_id is None
    assert looks.changes() == ["regressed"]


def test_another_defect_of_its_kind_in_the_same_function_is_no_return(looks: Looks) -> None:
    looks.check()
    looks.files["orders/price.py"] = SAFE
    looks.check()
    looks.files["orders/price.py"] = "def price(order):\n    total = eval(input())\n    return total\n"

    followed = looks.check()

    assert (len(followed.new), followed.regressed) == (1, ())


@pytest.mark.parametrize("status", [*DISMISSED, IssueStatus.ACKNOWLEDGED])
def test_a_decision_stays_while_the_issue_is_there(looks: Looks, status: IssueStatus) -> None:
    looks.check()
    looks.decide(status)
    looks.files["orders/price.py"] = "import os\n\n\n" + UNSAFE

    followed = looks.check()

    assert (followed.new, followed.resolved) == ((), ())
    assert looks.statuses() == [status]
    assert looks.issue().status_by == "tess"


@pytest.mark.parametrize("status", DISMISSED)
def test_what_was_dismissed_does_not_come_back_as_new_or_regressed(looks: Looks, status: IssueStatus) -> None:
    looks.check()
    looks.decide(status)
    looks.files["orders/price.py"] = SAFE
    gone = looks.check()
    assert (gone.resolved, looks.statuses()) == ((), [status])
    assert looks.issue().resolved_at is not None
    looks.files["orders/price.py"] = UNSAFE

    followed = looks.check()

    assert (followed.new, followed.regressed, followed.open) == ((), (), 0)
    assert looks.issue().resolved_at is None


def test_a_dismissal_ends_at_its_date(looks: Looks) -> None:
    looks.check()
    looks.decide(IssueStatus.WONT_FIX, until=BEGIN + timedelta(days=30))

    assert (looks.check(days=29).lapsed, looks.statuses()) == ((), [IssueStatus.WONT_FIX])
    assert looks.check(days=30).lapsed == (looks.issue().id,)
    assert looks.statuses() == [IssueStatus.OPEN]
    assert looks.changes() == ["lapsed"]


def test_a_lapsed_issue_that_is_not_there_is_resolved(looks: Looks) -> None:
    looks.check()
    looks.decide(IssueStatus.WONT_FIX, until=BEGIN + timedelta(days=30))
    looks.files["orders/price.py"] = SAFE

    assert len(looks.check(days=31).resolved) == 1
    assert looks.changes() == ["lapsed", "resolved"]


def test_another_judgement_is_told(looks: Looks, session: Session) -> None:
    looks.check()
    issue = looks.issue()
    issue.severity = Severity.INFO
    session.flush()

    followed = looks.check()

    assert followed.severity == (issue.id,)
    assert looks.changes() == ["severity"]
    assert looks.issue().severity != Severity.INFO


def test_twins_are_kept_apart_and_one_of_them_is_resolved(looks: Looks) -> None:
    looks.files["orders/price.py"] = "def price(a):\n" + "    eval(a)\n" * 3
    first = looks.check()
    assert len(set(first.new)) == 3
    assert len({issue.fingerprint for issue in looks.issues()}) == 3
    looks.files["orders/price.py"] = "def price(a):\n" + "    eval(a)\n" * 2

    followed = looks.check()

    assert (len(followed.new), len(followed.resolved)) == (0, 1)


def test_a_name_that_is_not_utf8_and_odd_signs_are_stored(looks: Looks) -> None:
    looks.files = {"odd\udcff.py": 'def f(x):\n    return eval("\\u0000" + x)  # \x00\n'.replace("\x00", "\x01")}
    looks.check()

    assert looks.check().counts == {"new": 0, "open": 1, "resolved": 0, "regressed": 0}
    assert looks.issue().file_path == "odd\\udcff.py"


def test_what_only_another_version_of_its_checker_says_no_more_is_withdrawn_and_not_fixed(looks: Looks) -> None:
    looks.check()
    looks.blind, looks.version = {"S307", "B307"}, "2"
    looks.files["other.py"] = "x = 1\n"

    followed = looks.check()

    assert followed.counts == {"new": 0, "open": 0, "resolved": 0, "regressed": 0}
    assert (looks.changes(), looks.statuses()) == (["withdrawn"], ["fixed"])


def test_what_is_told_no_more_while_no_file_changed_at_all_is_withdrawn(looks: Looks) -> None:
    looks.check()
    looks.blind = {"S307", "B307"}

    looks.check()

    assert looks.changes() == ["withdrawn"]


def test_what_may_have_been_mended_in_another_file_is_resolved(looks: Looks) -> None:
    looks.check()
    looks.blind = {"S307", "B307"}
    looks.files["other.py"] = "x = 1\n"

    looks.check()

    assert looks.changes() == ["resolved"]


def test_what_was_mended_is_resolved_also_by_another_version(looks: Looks) -> None:
    looks.check()
    looks.version = "2"
    looks.files["orders/price.py"] = SAFE

    looks.check()

    assert looks.changes() == ["resolved"]


def test_what_was_withdrawn_and_is_told_again_has_not_regressed(looks: Looks) -> None:
    looks.check()
    looks.blind, looks.version = {"S307", "B307"}, "2"
    looks.check()
    looks.blind, looks.version = set(), "3"

    followed = looks.check()

    assert followed.counts == {"new": 0, "open": 1, "resolved": 0, "regressed": 0}
    issue = looks.issue()
    assert (issue.status, issue.regressed, issue.withdrawn, issue.resolved_at) == ("open", False, False, None)
    looks.files["orders/price.py"] = SAFE
    looks.check()
    looks.files["orders/price.py"] = UNSAFE
    assert looks.check().counts["regressed"] == 1
