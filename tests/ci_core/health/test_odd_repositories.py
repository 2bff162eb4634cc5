"""Repositories as they should not be: each gets a clear answer, and nothing is resolved by what did not look."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import text

from ci_core.health.agent import CheckParts, check
from ci_core.health.check_result import CheckerResult, CheckResult
from ci_core.health.checkers.kinds import Checker, Workbench
from ci_core.health.checkers.registry import CHECKERS
from ci_core.health.checkers.tools import own_program, run_tool
from ci_core.health.issues import Issue, IssueFilter, find_issues
from ci_core.health.sarif.exporting import export_sarif
from ci_core.health.values import CheckRequest, Report, Target
from ci_core.settings import Settings
from db.engine import Database
from db.enums import CheckerStatus, CheckStatus, CheckType, IssueStatus, IssueType
from tests.ci_core.health.looking import FLOWS
from tests.ci_core.health.repositories import Repository

PROJECT = Path(__file__).resolve().parents[3]
SCHEMA = Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json"
LINT, TESTS = (next(checker for checker in CHECKERS if checker.name == name) for name in ("lint", "tests"))
EVIL = "def run(text):\n    return eval(text)\n"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def shared(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database that the tests of this file share; each has a repository of its own."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def look(shared: Database, repository: Repository, tmp_path: Path) -> Callable[..., CheckResult]:
    """Checks the repository of the test, by real checkers where none are given."""
    # A repository without an address is known by its first commit: this one is no other test's.
    repository.write({".mark": str(tmp_path)})

    def looked(*checkers: Checker, kind: CheckType = CheckType.FULL_SCAN) -> CheckResult:
        settings = Settings(_env_file=None, data_dir=tmp_path / "data")  # type: ignore[call-arg]
        parts = CheckParts(checkers=checkers or (LINT, FLOWS))
        return check(shared, settings, CheckRequest(kind, repository.root), actor="Ada", parts=parts)

    return looked


def by_name(result: CheckResult) -> dict[str, CheckerResult]:
    return {one.name: one for one in result.checkers}


def issues_of(database: Database, result: CheckResult) -> tuple[Issue, ...]:
    with database.reading() as session:
        return find_issues(session, result.repository_id, IssueFilter()).issues


def test_a_file_with_a_syntax_error_is_named_and_the_others_are_looked_at(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"broken.py": "def f(:\n", "fine.py": EVIL}).commit()

    found = look()

    lint = by_name(found)["lint"]
    assert found.status is CheckStatus.COMPLETED
    assert (lint.status, lint.files_seen, lint.files_expected) == (CheckerStatus.PARTIAL, 1, 2)
    assert [one["path"] for one in lint.unseen] == ["broken.py"]
    assert "1" in lint.unseen[0]["reason"]  # the line
    assert any(one.file_path == "fine.py" for one in issues_of(shared, found))


def test_an_issue_in_a_file_that_cannot_be_read_any_more_is_not_resolved(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"app.py": "import os\n\n\ndef run():\n    return undefined_name\n"}).commit()
    before = look(LINT)
    repository.write({"app.py": "def run(:\n"}).commit()

    after = look(LINT)

    assert before.issues["new"] >= 1
    assert after.issues["resolved"] == 0
    assert {one.status for one in issues_of(shared, after)} == {IssueStatus.OPEN}


def test_an_empty_repository_is_told_and_has_no_score(look: Callable[..., CheckResult], repository: Repository) -> None:
    (repository.root / ".mark").unlink()
    repository.git("init", "--quiet")

    found = look()

    assert (found.status, found.files, found.issues["open"]) == (CheckStatus.COMPLETED, 0, 0)
    assert any("no file to look at" in remark for remark in found.metrics["remarks"])
    assert found.overall_health_score is None


def test_a_repository_without_tests_is_told_so(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"app.py": EVIL}).commit()

    found = look(TESTS)

    assert by_name(found)["tests"].status is CheckerStatus.COMPLETED
    assert [one.issue_type for one in issues_of(shared, found)] == [IssueType.TESTS]
    assert (found.score_of(IssueType.TESTS) or 0) < 50


def test_a_folder_without_git_is_checked_and_says_what_is_not_known(
    look: Callable[..., CheckResult], repository: Repository
) -> None:
    repository.write({"app.py": EVIL})

    found = look()

    assert (found.status, found.commit_sha, found.issues["new"] >= 1) == (CheckStatus.COMPLETED, None, True)
    assert any("no git checkout" in remark for remark in found.metrics["remarks"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8_is_stored_shown_and_written(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"caf\udce9.py": EVIL}).commit()

    first, again = look(), look()

    assert first.issues["new"] >= 1
    assert (again.issues["new"], again.issues["resolved"]) == (0, 0)
    assert {one.file_path for one in issues_of(shared, again)} == {"caf\\udce9.py"}
    with shared.reading() as session:
        document = export_sarif(session, again.repository_id)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert json.dumps(document).isascii()


def test_a_generated_file_of_20_mb_is_left_out_and_told(
    look: Callable[..., CheckResult], repository: Repository
) -> None:
    rows = "    'a line of data that nobody wrote by hand',\n"
    repository.write({"data.py": f"ROWS = [\n{rows * (20 * MIB // len(rows))}]\n", "app.py": EVIL}).commit()

    found = look()

    assert [one["path"] for one in found.excluded] == ["data.py"]
    assert (found.files, by_name(found)["lint"].files_expected) == (2, 1)
    assert found.duration_seconds is not None
    assert found.duration_seconds < 30


def start_a_program_that_dies(target: Target, workbench: Workbench) -> Report:
    """A tool that something else kills, such as a system short of memory."""
    run_tool(own_program("tests.ci_core.health.dying"), cwd=target.root, workbench=workbench)
    raise AssertionError("unreachable")


DYING = Checker(
    name="lint",
    title="Dies",
    parts=frozenset({IssueType.CODE_QUALITY}),
    work=f"{__name__}:start_a_program_that_dies",
    check_types=LINT.check_types,
    looks_at=LINT.looks_at,
)


def test_a_tool_that_is_killed_resolves_nothing_and_is_named(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"app.py": EVIL + "\n\ndef other():\n    return undefined_name\n"}).commit()
    before = look()
    repository.write({"app.py": EVIL}).commit()

    found = look(DYING, FLOWS)

    lint = by_name(found)["lint"]
    assert (lint.status, lint.files_seen) == (CheckerStatus.FAILED, 0)
    assert "killed" in (lint.error or "")
    assert "9" in (lint.error or "")
    assert by_name(found)["flows"].status is CheckerStatus.COMPLETED
    assert found.issues["resolved"] == 0
    assert found.confidence is not None
    assert before.confidence is not None
    assert found.confidence < before.confidence
    repaired = look()
    assert repaired.issues["resolved"] >= 1


CHECK_THAT_DIES = """
import sys
from pathlib import Path
from db.engine import Database
from tests.ci_core.health.looking import FLOWS, KILLING, check_folder
check_folder(Database(sys.argv[1]), Path(sys.argv[2]), FLOWS, KILLING)
"""


def test_a_check_whose_process_is_killed_is_told_as_failed_and_changes_no_issue(
    look: Callable[..., CheckResult], repository: Repository, shared: Database
) -> None:
    repository.write({"app.py": EVIL}).commit()
    before = look(FLOWS)
    repository.write({"app.py": "x = 1\n"}).commit()

    died = subprocess.run(
        [sys.executable, "-c", CHECK_THAT_DIES, shared.url, str(repository.root)],
        cwd=PROJECT, capture_output=True, check=False,
    )  # fmt: skip

    assert died.returncode == -9, died.stderr.decode()[-2000:]
    assert {one.status for one in issues_of(shared, before)} == {IssueStatus.OPEN}
    after = look(FLOWS)
    assert after.issues["resolved"] == 1
    with shared.reading() as session:
        rows = session.execute(
            text("SELECT status, error FROM ci_health_checks WHERE repository_id = :id ORDER BY id"),
            {"id": before.repository_id},
        ).all()
    assert [row.status for row in rows] == ["completed", "failed", "completed"]
    assert "Nothing was resolved" in rows[1].error


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02" * 40,
        b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
        b"name = '\xe9'\n",
        b"\xef\xbb\xbfx = 1\r\n",
        b"x = 1" + b" + 1" * 4000,
        b"x = 1" + b" + 1" * 200_000,
        b"(" * 3000 + b")" * 3000,
        b"if x:\n\ty = 1\n        z = 2\n",
        b"",
    ],
    ids=["binary", "latin-1", "undeclared bytes", "bom and crlf", "long sum", "endless sum", "deep", "tabs", "nothing"],
)
def test_odd_contents_end_no_check(look: Callable[..., CheckResult], repository: Repository, content: bytes) -> None:
    repository.write({"odd.py": content, "fine.py": EVIL}).commit()

    found = look()

    lint = by_name(found)["lint"]
    assert found.status is CheckStatus.COMPLETED
    assert lint.status in (CheckerStatus.COMPLETED, CheckerStatus.PARTIAL), lint.error
    assert "fine.py" not in {one["path"] for one in lint.unseen}
    assert lint.files_seen + len(lint.unseen) == lint.files_expected == 2
