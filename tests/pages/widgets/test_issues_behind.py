"""What is behind an enhancement, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ci_core.health.proposals import Behind, IssueBehind
from db.enums import IssueStatus, IssueType, Severity
from pages.widgets.issues_behind import facts_of, left_in_words, name_of

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ONE = IssueBehind(
    id=7,
    rule="sql-injection",
    severity=Severity.HIGH,
    issue_type=IssueType.SECURITY,
    title="SQL *put* together",
    message="",
    status=IssueStatus.OPEN,
    first_detected_at=NOON,
    last_seen_at=NOON,
    file_path="scanner/db.py",
    line_number=40,
    scope="Scanner.scan",
    repository="team/magnus",
)


def test_an_issue_is_named_by_severity_and_title_and_crossed_out_when_settled() -> None:
    assert name_of(ONE) == r"▲ High · SQL \*put\* together"
    assert name_of(replace(ONE, status=IssueStatus.FIXED)) == r"~~▲ High · SQL \*put\* together~~"


def test_its_place_repository_and_state_stand_below() -> None:
    assert facts_of(ONE) == "scanner/db.py:40 in Scanner.scan · team/magnus · Open"
    back = replace(ONE, regressed=True, scope="", line_number=None)
    assert facts_of(back) == "scanner/db.py · team/magnus · Open · came back after it was fixed"
    assert facts_of(replace(ONE, file_path=None, scope="")).startswith("the whole repository · ")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({IssueStatus.OPEN: 1}, "1 issue, still to be repaired."),
        ({IssueStatus.OPEN: 2, IssueStatus.ACKNOWLEDGED: 1}, "3 issues, still to be repaired."),
        ({IssueStatus.OPEN: 1, IssueStatus.FIXED: 2}, "3 issues: 2 fixed, 1 left."),
        ({IssueStatus.FIXED: 1, IssueStatus.WONT_FIX: 1}, "2 issues: 1 fixed, 1 dismissed, nothing left."),
        ({IssueStatus.FALSE_POSITIVE: 2}, "2 issues: 2 dismissed, nothing left."),
    ],
)
def test_how_much_is_left(counts: dict[IssueStatus, int], said: str) -> None:
    assert left_in_words(Behind(counts=counts)).startswith(said)
