"""What a check writes down: live progress, its end, files, and that a dead one is told and writes nothing more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.health import history, store
from ci_core.health.hotspots import hotspots
from ci_core.health.store import CheckLost, FileState
from ci_core.health.values import CheckerOutcome, CheckRequest, Excluded, Report, Sighting, Unseen
from db.enums import CheckerStatus, CheckStatus, CheckType, IssueType, RunStatus, Severity
from tests.ci_core.health.checks import NOW, a_file, a_target, add_issue, begin, complete

ODD = "odd\udc80\0.py"  # a name that is not UTF-8, with a NUL besides


def test_a_repository_is_entered_once_and_takes_its_new_name(session: Session) -> None:
    first = store.ensure_repository(session, "example.org/app", "app")
    again = store.ensure_repository(session, "example.org/app", "team/app")

    assert first == again
    assert [(one.id, one.name) for one in history.repositories(session)] == [(first, "team/app")]


def test_the_browser_can_follow_each_checker(session: Session) -> None:
    _, check_id = begin(session, expected={"lint": 2, "types": 1})
    seen = frozenset({"a.py"})
    report = Report(
        sightings=(Sighting("lint", "S608", "SQL", "a.py", 1),),
        seen=seen | {"elsewhere.py"},
        unseen=(Unseen("b.py", "line 3: invalid syntax"),),
        version="1.2",
        metrics={"lines": 200},
    )
    outcome = CheckerOutcome("lint", CheckerStatus.PARTIAL, frozenset({"a.py", "b.py"}), 1.5, report)

    store.checker_began(session, check_id, "lint", now=NOW)
    begun = history.check(session, check_id)
    store.checker_ended(session, check_id, outcome, now=NOW + timedelta(seconds=2))
    done = history.check(session, check_id)

    assert [(one.name, one.status) for one in begun.checkers] == [
        ("lint", CheckerStatus.RUNNING),
        ("types", CheckerStatus.WAITING),
    ]
    lint = done.checkers[0]
    assert (lint.status, lint.version, lint.seconds, lint.findings) == (CheckerStatus.PARTIAL, "1.2", 1.5, 1)
    assert (lint.files_expected, lint.files_seen) == (2, 1)
    assert lint.unseen == [{"path": "b.py", "reason": "line 3: invalid syntax"}]
    assert (done.files_expected, done.files_seen) == (3, 1)


def test_names_that_the_database_cannot_take_are_shown_with_escapes(session: Session) -> None:
    target = a_target(a_file(ODD), excluded=(Excluded(ODD, "generated", 1),), branch=ODD)
    repository_id = store.ensure_repository(session, ODD, ODD)
    request = CheckRequest(CheckType.FEATURE_SPECIFIC, Path("/nowhere"), paths=(ODD,))

    check_id = store.begin_check(
        session, repository_id, request, target, {"lint": 1}, run_id=None, actor="tess", thresholds={}, now=NOW
    )
    report = Report((), frozenset(), (Unseen(ODD, "a literal \\u0000 in it"),))
    store.checker_ended(
        session, check_id, CheckerOutcome("lint", CheckerStatus.PARTIAL, frozenset({ODD}), 0.1, report), now=NOW
    )

    found = history.check(session, check_id)
    assert (found.paths, found.branch) == (["odd\\udc80.py"], "odd\\udc80.py")
    assert found.excluded[0]["path"] == "odd\\udc80.py"
    assert found.checkers[0].unseen == [{"path": "odd\\udc80.py", "reason": "a literal \\u0000 in it"}]


def test_a_check_whose_process_died_is_told_as_failed_and_writes_nothing_more(session: Session) -> None:
    repository_id, check_id = begin(session)

    assert store.end_dead_checks(session, repository_id, now=NOW) == [check_id]

    found = history.check(session, check_id)
    assert (found.status, found.error) == (CheckStatus.FAILED, store.KILLED)
    assert [one.status for one in found.checkers] == [CheckerStatus.CANCELLED]
    with pytest.raises(CheckLost, match=f"Check {check_id} does not run any more"):
        store.hold_check(session, check_id)
    assert store.end_dead_checks(session, repository_id, now=NOW) == []


@pytest.mark.parametrize(
    ("run", "shown"), [(RunStatus.FAILED, CheckStatus.FAILED), (RunStatus.CANCELLED, CheckStatus.CANCELLED)]
)
def test_a_check_whose_run_is_over_is_not_shown_as_running(
    session: Session, run: RunStatus, shown: CheckStatus
) -> None:
    run_id = session.execute(
        text("""
            INSERT INTO ci_automation_runs (run_type, trigger, status, actor, error, started_at, ended_at)
            VALUES ('health_full_scan', 'manual', :status, 'Ada', 'was killed', :now, :now) RETURNING id
        """),
        {"status": run, "now": NOW},
    ).scalar_one()
    repository_id, check_id = begin(session, run_id=run_id)

    found = history.check(session, check_id)

    assert (found.status, found.error) == (shown, "was killed")
    assert history.running(session, repository_id) is None


def test_a_check_that_is_stopped_stops_its_checkers(session: Session) -> None:
    _, check_id = begin(session)

    store.stop_check(session, check_id, CheckStatus.CANCELLED, error="Ada cancelled it.", now=NOW)

    found = history.check(session, check_id)
    assert (found.status, found.error, found.duration_seconds) == (CheckStatus.CANCELLED, "Ada cancelled it.", 0)
    assert [one.status for one in found.checkers] == [CheckerStatus.CANCELLED]


def test_there_is_no_such_check(session: Session) -> None:
    with pytest.raises(NotFound, match="no health check 999"):
        history.check(session, 999)


def test_what_somebody_dismissed_or_fixed_is_not_counted(session: Session) -> None:
    repository_id, _ = begin(session)
    for status in ("open", "acknowledged", "fixing", "fixed", "wont_fix", "false_positive"):
        add_issue(session, repository_id, severity=Severity.HIGH, status=status)
    add_issue(session, repository_id, part=IssueType.DEPENDENCIES, severity=Severity.LOW, path=None)

    assert store.live_by_part(session, repository_id) == {
        IssueType.SECURITY: {Severity.HIGH: 3},
        IssueType.DEPENDENCIES: {Severity.LOW: 1},
    }
    assert store.live_by_file(session, repository_id) == {"a.py": {Severity.HIGH: 3}}


def test_files_are_kept_as_they_were_left_and_forgotten_when_gone(session: Session) -> None:
    repository_id, check_id = begin(session)
    a = FileState("a.py", "b" * 40, 10, 55, 4, 90, 12, 61.5, 100.0, 3, "scanner", check_id)
    store.store_files(session, repository_id, [a, FileState("b.py", "", 20)], gone=[])
    store.store_files(session, repository_id, [FileState("a.py", "d" * 40, 11, 60)], gone=["b.py"])

    assert store.file_states(session, repository_id) == {"a.py": FileState("a.py", "d" * 40, 11, 60)}


def test_hotspots_are_bad_files_that_change_often(session: Session) -> None:
    repository_id, _ = begin(session)
    files = [
        FileState("bad_and_still.py", "", 10, 0, 0),
        FileState("bad_and_busy.py", "", 10, 20, 10, 50),
        FileState("well_and_busy.py", "", 10, 100, 99),
        FileState("so_so.py", "", 10, 60, 10),
        FileState("unknown.md", "", 10, None, 50),
    ]
    store.store_files(session, repository_id, files, gone=[])

    found = hotspots(session, repository_id)

    assert [(spot.file.path, spot.heat, spot.share) for spot in found] == [
        ("bad_and_busy.py", 8.0, 1.0),
        ("so_so.py", 4.0, 0.5),
    ]


def test_the_newest_scored_check_is_found_past_those_without_a_score(session: Session) -> None:
    repository_id, scored = complete(session, overall=71)
    complete(session, overall=None)
    begin(session)

    found = history.latest_scored(session, repository_id)

    assert found is not None
    assert (found.id, found.overall_health_score, found.duration_seconds) == (scored, 71, 30.0)
    assert history.latest_scored(session, repository_id, before=scored) is None
