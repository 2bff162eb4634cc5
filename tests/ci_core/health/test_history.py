"""The trend of the scores with releases and fixes, and why a score moved."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from ci_core.health import history, store
from ci_core.health.causes import NO_EARLIER, causes
from ci_core.health.scores import Evidence, at_least, part_score
from ci_core.health.store import Figures
from ci_core.health.values import CheckerOutcome, Report
from db.enums import CheckerStatus, IssueType, Severity
from tests.ci_core.health.checks import NOW, add_issue, begin, complete, note_change

DAY = timedelta(days=1)


def test_the_trend_has_the_scores_of_the_days_asked_for_with_releases_and_fixes(session: Session) -> None:
    complete(session, overall=40, now=NOW - 40 * DAY)
    repository_id, older = complete(session, overall=60, now=NOW - 5 * DAY)
    releases = [
        {"name": "v1.0", "at": (NOW - 100 * DAY).isoformat()},
        {"name": "v1.1", "at": (NOW - 2 * DAY).isoformat(), "commit": "abc"},
    ]
    _, newer = complete(session, overall=70, delta=10, metrics={"releases": releases}, now=NOW - DAY)
    for n in range(4):
        fixed = add_issue(session, repository_id, severity=Severity.HIGH, title=f"Hole {n}", status="fixed")
        note_change(session, newer, fixed, "resolved")
    note_change(session, newer, add_issue(session, repository_id, severity=Severity.LOW), "resolved")

    trend = history.trend(session, repository_id, days=30, now=NOW)

    assert [(point.check_id, point.overall, point.delta) for point in trend.points] == [
        (older, 60, None),
        (newer, 70, 10),
    ]
    assert trend.points[0].parts == {"security": 100}
    assert [(mark.kind, mark.label, mark.detail, mark.check_id) for mark in trend.marks] == [
        ("release", "v1.1", "abc", None),
        ("fix", "4 grave issues resolved", "Hole 0; Hole 1; Hole 2; and 1 more", newer),
    ]


def test_checks_come_newest_first_and_page_by_page(session: Session) -> None:
    repository_id, first = complete(session)
    _, second = complete(session)
    _, third = begin(session)

    page = history.checks(session, repository_id, limit=2)

    assert [one.id for one in page] == [third, second]
    assert [one.id for one in history.checks(session, before=second)] == [first]
    assert [checker.name for checker in page[0].checkers] == ["lint"]
    current = history.running(session, repository_id)
    assert current is not None
    assert current.id == third


def test_the_first_check_has_no_causes(session: Session) -> None:
    _, check_id = complete(session)

    assert causes(session, check_id).remarks == (NO_EARLIER,)


def test_a_score_moves_by_what_came_went_and_was_dismissed(session: Session) -> None:
    repository_id, before = complete(session, overall=80, counts={Severity.LOW: 2}, now=NOW - DAY)
    past = NOW - 2 * DAY
    gone = add_issue(session, repository_id, severity=Severity.LOW, status="fixed", title="Old", at=past)
    dismissed = add_issue(
        session,
        repository_id,
        severity=Severity.MEDIUM,
        status="false_positive",
        title="Wrong",
        at=past,
        status_at=NOW - DAY / 2,
    )
    add_issue(session, repository_id, status="wont_fix", title="Long ago", at=past, status_at=past)
    _, check_id = complete(session, overall=69, delta=-11, counts={Severity.HIGH: 1}, now=NOW)
    new = add_issue(session, repository_id, severity=Severity.HIGH, title="Hole")
    note_change(session, check_id, gone, "resolved")
    note_change(session, check_id, new, "new")

    told = causes(session, check_id)

    assert (told.before, told.delta, told.total) == (before, -11, 3)
    assert [(one.issue_id, one.change) for one in told.issues] == [
        (new, "new"),
        (dismissed, "dismissed"),
        (gone, "resolved"),
    ]
    by_change = {one.change: one.points for one in told.issues}
    assert by_change["new"] == -31.0  # from 100 down to the cap
    assert by_change["dismissed"] >= 0
    assert causes(session, check_id, part=IssueType.BUGS).total == 0


def _with(session: Session, part: IssueType, evidence: Evidence, version: str) -> int:
    _, check_id = begin(session)
    report = Report((), frozenset(), version=version)
    store.checker_ended(
        session, check_id, CheckerOutcome("lint", CheckerStatus.COMPLETED, frozenset(), 1, report), now=NOW
    )
    scores = {part.value: part_score(part, evidence).as_json()}
    store.complete_check(session, check_id, Figures(50, scores, 100.0, None, {}, {}, {}, {}), now=NOW)
    return check_id


def test_measures_unknown_parts_and_other_versions_are_told(session: Session) -> None:
    covered = Evidence({}, 1, 100.0, (at_least("coverage_percent", 61.0, 60.0),))
    _with(session, IssueType.TESTS, covered, "1.0")
    less = _with(session, IssueType.TESTS, Evidence({}, 1, 100.0, (at_least("coverage_percent", 58.5, 60.0),)), "1.1")
    unknown = _with(session, IssueType.TESTS, Evidence({}, 1, 100.0, lacking="There is no pytest."), "1.1")

    assert causes(session, less).remarks == (
        "Coverage percent went from 61 to 58.5.",
        "Lint works by another version: 1.0 before, 1.1 now.",
    )
    assert causes(session, unknown).remarks == ("Tests is not known any more: There is no pytest.",)
