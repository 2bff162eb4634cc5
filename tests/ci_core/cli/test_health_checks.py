"""`ci health` at a shell: checks as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.health.seeds import Seeded, seed_platform

REPO = ("--repo", "team/magnus")
FIELDS = [
    "check_id", "status", "overall_health_score", "scores", "confidence", "delta", "metrics", "issues", "by_severity",
    "checkers", "duration_seconds",
]  # fmt: skip


@pytest.fixture(scope="module")
def seeded(backlog: Database) -> Seeded:
    with backlog.transaction("agent:health") as session:
        return seed_platform(session, datetime.now(UTC), weeks=2, issues=20, files=5)


def test_the_newest_check_is_shown_with_exactly_the_promised_fields_first(ci: Ci, seeded: Seeded) -> None:
    shown = ci("health", "show", *REPO, "--json").document

    assert list(shown)[: len(FIELDS)] == FIELDS
    assert shown["check_id"] == seeded.check_ids[-1]
    assert list(shown["issues"]) == ["new", "open", "resolved", "regressed"]
    assert list(shown["by_severity"]) == ["critical", "high", "medium", "low", "info"]
    assert list(shown["checkers"][0]) == [
        "name", "status", "seconds", "files_expected", "files_seen", "findings", "error",
    ]  # fmt: skip


def test_a_score_that_is_not_known_is_null(ci: Ci, seeded: Seeded) -> None:
    scores = ci("health", "show", *REPO, "--json").document["scores"]

    assert scores["performance"] is None
    assert all(isinstance(score, int) for part, score in scores.items() if part != "performance")


def test_another_check_is_shown_by_its_number(ci: Ci, seeded: Seeded) -> None:
    assert ci("health", "show", seeded.check_ids[0], "--json").document["check_id"] == seeded.check_ids[0]


def test_people_see_what_was_not_looked_at(ci: Ci, seeded: Seeded) -> None:
    told = ci("health", "show", *REPO)

    assert "mypy is not installed Install it: pip install mypy" in told.out
    assert "flows could not look at" in told.err
    assert "venv: a virtual environment that was checked in (4600 files)" in told.out
    assert "gate: 1 fixed issue is back" in told.err
    assert "\x1b" not in told.err


def test_checks_are_listed_newest_first(ci: Ci, seeded: Seeded) -> None:
    listed = ci("health", "checks", *REPO, "--limit", 3, "--json").document

    assert [one["check_id"] for one in listed] == list(reversed(seeded.check_ids))[:3]
    assert len(ci("health", "checks", *REPO).out.splitlines()) == 1 + len(seeded.check_ids)


def test_a_check_that_is_not_there_is_told_in_one_line(ci: Ci, seeded: Seeded) -> None:
    refused = ci("health", "show", 999_999)

    assert (refused.status, refused.out, len(refused.err.splitlines())) == (1, "", 1)


def test_a_folder_that_was_never_checked_is_told_with_the_command(ci: Ci, seeded: Seeded) -> None:
    refused = ci("health", "show")  # of CI_REPO_PATH, a folder of this test

    assert refused.status == 1
    assert "was never checked. Run: ci health check --repo" in refused.err
