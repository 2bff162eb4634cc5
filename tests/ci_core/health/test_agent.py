"""Whole checks: what they find, how it moves the scores, and that none that ends early resolves anything."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.errors import AlreadyUnderWay, InvalidInput
from ci_core.health import history, store
from ci_core.health.agent import CheckParts
from ci_core.health.causes import causes
from ci_core.health.checkers.kinds import CheckCancelled
from ci_core.health.repository_lock import alone_with
from ci_core.runs import run_with_steps
from db.engine import Database
from db.enums import CheckerStatus, CheckStatus, CheckType, IssueStatus, IssueType, RunStatus, StepStatus
from tests.ci_core.health.checks import NOW
from tests.ci_core.health.looking import FAILING, FLOWS, TESTS, UNKNOWING, WAITING, check_folder
from tests.ci_core.health.repositories import Repository

CLEAN = "def add(a, b):\n    return a + b\n"
EVIL = "def run(text):\n    return eval(text)\n"


@pytest.fixture
def code(repository: Repository) -> Repository:
    repository.write({"app/sums.py": CLEAN, "app/shell.py": EVIL, "README.md": "# App\n", "coverage.txt": "30"})
    repository.commit()
    return repository


def issues(database: Database) -> list[tuple[str, str, bool]]:
    with database.reading() as session:
        rows = session.execute(text("SELECT file_path, status, regressed FROM ci_health_issues ORDER BY id"))
        return [(row.file_path, row.status, row.regressed) for row in rows]


def test_a_check_finds_scores_and_can_be_shown_again(database: Database, code: Repository) -> None:
    said: list[str] = []

    found = check_folder(database, code.root)

    assert found.status is CheckStatus.COMPLETED
    assert found.issues == {"new": 1, "open": 1, "resolved": 0, "regressed": 0}
    assert (found.commit_sha, found.dirty, found.files) == (code.git("rev-parse", "HEAD"), False, 4)
    assert found.score_of(IssueType.TESTS) == 50  # all passed, and half of the coverage that is wanted
    assert found.score_of(IssueType.DEPENDENCIES) is None
    security = found.score_of(IssueType.SECURITY)
    assert security is not None
    assert security < 100
    assert found.overall_health_score is not None
    assert found.confidence == 60.0  # security, bugs and tests by their weights
    assert (found.delta, found.gate["passed"]) == (None, None)
    assert [(one.name, one.status, one.files_seen) for one in found.checkers] == [
        ("flows", CheckerStatus.COMPLETED, 2),
        ("tests", CheckerStatus.COMPLETED, 0),
    ]
    assert issues(database) == [("app/shell.py", "open", False)]
    with database.reading() as session:
        brought_in = session.scalars(text("SELECT introduced_commit FROM ci_health_issues")).all()
        assert brought_in == [code.git("rev-parse", "HEAD")]
        assert history.check(session, found.id) == found
        files = store.file_states(session, found.repository_id)
    assert files["app/sums.py"].score == 100
    assert files["app/shell.py"].score is not None
    assert (files["app/shell.py"].issues, files["app/shell.py"].churn_commits) == (1, 1)
    assert files["README.md"].score is None
    assert said == []


def test_its_run_has_a_step_for_each_checker_and_leads_to_the_check(database: Database, code: Repository) -> None:
    found = check_folder(database, code.root, FLOWS, FAILING)

    assert found.run_id is not None
    with database.reading() as session:
        told = run_with_steps(session, found.run_id)
    assert (told.run.run_type, told.run.status, told.run.actor) == ("health_full_scan", RunStatus.COMPLETED, "Ada")
    assert [(link["kind"], link["id"]) for link in told.run.links] == [("health_check", found.id)]
    steps = {step.name: (step.status, step.message) for step in told.steps}
    assert steps["Flows"] == (StepStatus.COMPLETED, None)
    assert steps["Types"] == (StepStatus.FAILED, "mypy was killed by signal 9 Give it more memory.")


def test_nothing_changed_is_nothing_new_and_nothing_resolved(database: Database, code: Repository) -> None:
    first = check_folder(database, code.root)

    again = check_folder(database, code.root)

    assert again.issues == {"new": 0, "open": 1, "resolved": 0, "regressed": 0}
    assert (again.delta, again.gate["passed"]) == (0, True)
    assert again.overall_health_score == first.overall_health_score
    assert {name: part["delta"] for name, part in again.scores.items() if part["score"] is not None} == {
        "security": 0,
        "bugs": 0,
        "tests": 0,
    }


def test_repaired_is_resolved_and_back_is_a_regression_that_fails_the_gate(
    database: Database, code: Repository
) -> None:
    first = check_folder(database, code.root)
    code.write({"app/shell.py": CLEAN})
    code.commit()
    repaired = check_folder(database, code.root)
    code.write({"app/shell.py": EVIL})
    back = check_folder(database, code.root)
    still_back = check_folder(database, code.root)

    assert repaired.issues == {"new": 0, "open": 0, "resolved": 1, "regressed": 0}
    assert repaired.score_of(IssueType.SECURITY) == 100
    assert repaired.delta is not None
    assert repaired.delta > 0
    assert back.issues == {"new": 0, "open": 1, "resolved": 0, "regressed": 1}
    assert (back.gate["passed"], back.dirty) == (False, True)
    assert "is back" in back.gate["reasons"][0]
    assert still_back.issues == {"new": 0, "open": 1, "resolved": 0, "regressed": 0}
    assert still_back.gate["reasons"] == back.gate["reasons"]
    assert issues(database) == [("app/shell.py", "open", True)]
    with database.reading() as session:
        gain, loss = causes(session, repaired.id), causes(session, back.id)
    assert (gain.before, [one.change for one in gain.issues]) == (first.id, ["resolved"])
    assert gain.issues[0].points > 0
    assert [one.change for one in loss.issues] == ["regressed"]
    assert loss.issues[0].points == -gain.issues[0].points


def test_a_checker_that_fails_resolves_nothing_and_lowers_the_confidence(database: Database, code: Repository) -> None:
    whole = check_folder(database, code.root)
    code.write({"app/shell.py": CLEAN})
    blind = check_folder(database, code.root, TESTS, FAILING)

    assert blind.status is CheckStatus.COMPLETED
    assert issues(database) == [("app/shell.py", "open", False)]
    assert blind.confidence is not None
    assert whole.confidence is not None
    assert blind.confidence < whole.confidence
    assert (blind.gate["passed"], blind.score_of(IssueType.BUGS)) == (False, None)
    assert blind.gate["reasons"] == ["Types did not look at it: mypy was killed by signal 9."]
    assert blind.scores["bugs"]["unknown_because"] == "mypy was killed by signal 9"
    failed = next(one for one in blind.checkers if one.name == "types")
    assert (failed.error, failed.remedy) == ("mypy was killed by signal 9", "Give it more memory.")


def test_what_does_not_know_packages_keeps_no_new_code_from_passing(database: Database, code: Repository) -> None:
    check_folder(database, code.root, FLOWS, UNKNOWING)

    again = check_folder(database, code.root, FLOWS, UNKNOWING)

    assert again.gate["passed"] is True
    assert "Packages did not look at it: mypy was killed by signal 9." in again.gate["remarks"]


def test_a_quick_scan_looks_at_what_changed_and_keeps_what_is_known(database: Database, code: Repository) -> None:
    full = check_folder(database, code.root)
    code.write({"app/sums.py": EVIL})

    quick = check_folder(database, code.root, FLOWS, TESTS, check_type=CheckType.QUICK_SCAN)

    lint = quick.checkers[0]
    assert [one.name for one in quick.checkers] == ["flows"]
    assert (lint.files_expected, lint.files_seen) == (1, 1)
    assert quick.issues == {"new": 1, "open": 2, "resolved": 0, "regressed": 0}
    assert quick.confidence == full.confidence
    assert quick.score_of(IssueType.TESTS) == full.score_of(IssueType.TESTS)  # carried on
    assert (quick.scores["tests"]["as_of"], quick.scores["security"]["as_of"]) == (full.id, quick.id)
    assert quick.gate["passed"] is False
    again = check_folder(database, code.root, FLOWS, TESTS, check_type=CheckType.QUICK_SCAN)
    assert again.checkers[0].files_expected == 0
    assert again.issues == {"new": 0, "open": 2, "resolved": 0, "regressed": 0}
    assert again.score_of(IssueType.SECURITY) == quick.score_of(IssueType.SECURITY)


def test_the_first_check_in_a_pipeline_judges_what_is_new_since_a_commit(database: Database, code: Repository) -> None:
    base = code.git("rev-parse", "HEAD")
    code.write({"app/shell.py": EVIL + "\n\ndef more(text):\n    return eval(text)\n"})
    code.commit()

    first = check_folder(database, code.root, since=base)
    repeated = check_folder(database, code.root, since=base)

    assert first.issues["new"] == 2
    assert [first.gate["passed"], repeated.gate["passed"]] == [False, False]
    assert "1 new issue of" in first.gate["reasons"][0]
    assert "app/shell.py:6" in first.gate["reasons"][0]
    assert repeated.gate["reasons"] == first.gate["reasons"]


def test_a_commit_or_checker_that_is_not_there_is_refused(database: Database, code: Repository) -> None:
    with pytest.raises(InvalidInput, match="is no commit"):
        check_folder(database, code.root, since="nowhere")
    with pytest.raises(InvalidInput, match="is no checker"):
        check_folder(database, code.root, checkers=("nobody",))

    with database.reading() as session:
        assert history.checks(session) == ()
        ended = session.execute(text("SELECT status, error FROM ci_automation_runs ORDER BY id")).all()
    assert [row.status for row in ended] == ["failed", "failed"]
    assert "nowhere" in ended[0].error


def test_two_checks_of_a_repository_do_not_run_at_once(database: Database, code: Repository) -> None:
    first = check_folder(database, code.root)

    with (
        alone_with(database, first.repository_id, run_id=first.run_id or 0),
        pytest.raises(AlreadyUnderWay, match="Another check of this repository"),
    ):
        check_folder(database, code.root)

    assert check_folder(database, code.root).status is CheckStatus.COMPLETED


def _wait_for(database: Database, statement: str) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with database.reading() as session:
            found = session.execute(text(statement)).scalar_one_or_none()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never came: {statement}")


def test_a_cancelled_check_ends_at_once_and_resolves_nothing(database: Database, code: Repository) -> None:
    check_folder(database, code.root)
    code.write({"app/shell.py": CLEAN})
    parts = CheckParts(checkers=(FLOWS, WAITING), clock=lambda: NOW)
    ended: list[BaseException] = []

    def carry_out() -> None:
        try:
            check_folder(database, code.root, parts=parts)
        except CheckCancelled as error:
            ended.append(error)

    thread = threading.Thread(target=carry_out)
    thread.start()
    check_id = _wait_for(
        database, "SELECT check_id FROM ci_health_checkers WHERE name = 'types' AND status = 'running'"
    )
    parts.cancelled.set()
    thread.join(20)

    assert not thread.is_alive()
    assert ended
    with database.reading() as session:
        found = history.check(session, check_id)
        run = run_with_steps(session, found.run_id or 0).run
    assert (found.status, run.status) == (CheckStatus.CANCELLED, RunStatus.CANCELLED)
    assert issues(database) == [("app/shell.py", IssueStatus.OPEN.value, False)]


def test_a_check_that_was_taken_for_dead_stores_nothing(
    database: Database, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ci_core.health import agent

    def somebody_ends_it(*_: Any, **__: Any) -> dict[str, Any]:
        with database.transaction("tess") as session:
            session.execute(text("UPDATE ci_health_checks SET status = 'failed'"))
        return {}

    monkeypatch.setattr(agent, "churn_of", somebody_ends_it)

    with pytest.raises(store.CheckLost):
        check_folder(database, code.root)

    assert issues(database) == []


def test_a_board_that_refuses_takes_nothing_back(
    database: Database, code: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ci_core.health import proposals

    def refuse(*_: Any, **__: Any) -> None:
        raise InvalidInput("title", "The board takes no title like this.")

    monkeypatch.setattr(proposals, "propose", refuse)

    found = check_folder(database, code.root)

    assert (found.status, found.issues["new"]) == (CheckStatus.COMPLETED, 1)
    assert found.error == "Nothing was proposed on the board: The board takes no title like this."
