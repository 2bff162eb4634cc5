"""`ci health check` and `ci health import` at a shell, on a small repository of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci_core.health.checkers import registry
from db.enums import IssueType
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.health.looking import a_checker
from tests.ci_core.health.repositories import Repository
from tests.ci_core.health.sarif.builders import result, run, sarif

INJECTED = "def run(code):\n    return eval(code)\n"
FIELDS = [
    "check_id", "status", "overall_health_score", "scores", "confidence", "delta", "metrics", "issues", "by_severity",
    "checkers", "duration_seconds",
]  # fmt: skip


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A checkout with one grave defect, looked at by one checker that needs no tool."""
    monkeypatch.setattr(registry, "CHECKERS", (a_checker("find_eval", "flows", IssueType.SECURITY),))
    repository = Repository(tmp_path / "shop")
    # A first commit of its own makes it a repository of its own in the database that these tests share.
    repository.write({"shop/app.py": INJECTED, "shop/other.py": "print(1)\n", "name": str(tmp_path)}).commit()
    return repository


@pytest.fixture
def health(ci: Ci, code: Repository) -> Callable[..., Any]:
    """Runs a command of `ci health` on that checkout."""
    return lambda command, *options, **more: ci("health", command, *options, "--repo", code.root, **more)


def test_a_check_prints_exactly_the_promised_fields_first(health: Callable[..., Any]) -> None:
    checked = health("check", "--json")

    assert checked.status == 0, checked.err
    document = checked.document
    assert list(document)[: len(FIELDS)] == FIELDS
    assert document["issues"] == {"new": 1, "open": 1, "resolved": 0, "regressed": 0}
    assert [one["name"] for one in document["checkers"]] == ["flows"]
    assert health("show", "--json").document["check_id"] == document["check_id"]


def test_people_read_scores_and_checkers(health: Callable[..., Any]) -> None:
    told = health("check")

    assert "SCORES" in told.out
    assert "1 new, 1 open, 0 resolved, 0 regressed" in told.out


def test_the_gate_fails_with_its_reasons_when_a_grave_issue_is_new(
    health: Callable[..., Any], code: Repository
) -> None:
    code.write({"shop/app.py": "print(2)\n"}).commit()
    assert health("check", "--gate").status == 0
    code.write({"shop/app.py": INJECTED}).commit()

    refused = health("check", "--gate", "--json")

    assert (refused.status, refused.document["gate"]["passed"]) == (1, False)
    assert "gate: " in refused.err
    assert health("check").status == 0  # without the gate only what failed fails


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--type", "everything"), "no type"),
        (("--type", "import"), "ci health import"),
        (("--since", "nowhere"), "nowhere"),
        (("--path", "gone"), "gone"),
        (("--checker", "magic"), "magic"),
    ],
)
def test_what_cannot_be_checked_is_one_line(health: Callable[..., Any], options: tuple[str, ...], told: str) -> None:
    refused = health("check", *options)

    assert refused.status in (1, 2)
    assert refused.out == ""
    assert told in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def file_of(tmp_path: Path, *results: Any, **more: Any) -> Path:
    file = tmp_path / "other.sarif"
    file.write_bytes(sarif(run(*results, tool="Other", **more)))
    return file


def test_what_another_scanner_found_is_followed_like_ours(health: Callable[..., Any], tmp_path: Path) -> None:
    found = result("X1", "shop/other.py", 1, level="error"), result("X2", "shop/app.py", 2)

    first = health("import", file_of(tmp_path, *found), "--json").document
    again = health("import", file_of(tmp_path, *found), "--json").document
    less = health("import", file_of(tmp_path, found[0]), "--complete", "--json").document
    back = health("import", file_of(tmp_path, *found), "--json").document

    assert [one["issues"]["new"] for one in (first, again, less, back)] == [2, 0, 0, 0]
    assert (less["issues"]["resolved"], back["issues"]["regressed"]) == (1, 1)
    assert first["checkers"][0]["name"] == "sarif_other"
    assert any("does not say which files it looked at" in remark for remark in first["remarks"])
    shown = health("issues", "--rule", "X1", "--json").document["issues"]
    assert [(one["file_path"], one["line_number"], one["description"]) for one in shown] == [
        ("shop/other.py", 1, "X1 is broken")
    ]


def test_a_check_of_ours_does_not_resolve_what_another_scanner_found(
    health: Callable[..., Any], tmp_path: Path
) -> None:
    health("import", file_of(tmp_path, result("X1", "shop/other.py", 1)))

    checked = health("check", "--json").document

    assert checked["issues"]["resolved"] == 0
    assert health("issues", "--rule", "X1", "--json").document["total"] == 1


def test_an_import_resolves_nothing_of_ours(health: Callable[..., Any], tmp_path: Path) -> None:
    before = health("check", "--json").document["issues"]

    after = health("import", file_of(tmp_path), "--complete", "--json").document["issues"]

    assert after == {"new": 0, "open": before["open"], "resolved": 0, "regressed": 0}


def test_a_decision_stays_when_the_file_comes_again(health: Callable[..., Any], ci: Ci, tmp_path: Path) -> None:
    file = file_of(tmp_path, result("X1", "shop/other.py", 1))
    health("import", file)
    one = health("issues", "--rule", "X1", "--json").document["issues"][0]["id"]
    ci("health", "dismiss", one, "--reason", "a test", "--as-what", "false_positive")

    again = health("import", file, "--json").document

    assert again["issues"]["new"] == 0
    assert ci("health", "issue", one, "--json").document["status"] == "false_positive"


def test_a_credential_in_the_code_is_shown_nowhere(
    health: Callable[..., Any], ci: Ci, code: Repository, tmp_path: Path
) -> None:
    secret = "hunter2-" + "Zx9" * 6
    code.write({"shop/other.py": f"DB_PASSWORD = '{secret}'\n"}).commit()
    found = result("generic-password", "shop/other.py", 1, message={"text": f"password: '{secret}'"})

    health("import", file_of(tmp_path, found), "--json")
    one = health("issues", "--rule", "generic-password", "--json").document["issues"][0]["id"]

    told = ci("health", "issue", one, "--json").out
    told += ci("health", "issue", one).out
    told += health("export", "--sarif").out
    assert "generic-password" in told
    assert secret not in told


def test_our_own_export_comes_not_in_again(health: Callable[..., Any], tmp_path: Path) -> None:
    health("check")
    file = tmp_path / "own.sarif"
    health("export", "--sarif", "-o", file)

    refused = health("import", file)

    assert json.loads(file.read_text())["runs"][0]["results"]
    assert refused.status == 1
    assert "followed here already" in refused.err


def test_a_file_may_come_from_a_pipe(health: Callable[..., Any]) -> None:
    imported = health("import", "-", "--json", stdin=sarif(run(result("X1", "shop/app.py", 1))).decode())

    assert imported.status == 0, imported.err
    assert imported.document["issues"]["new"] == 1


def test_a_file_that_cannot_be_read_is_one_line(health: Callable[..., Any], tmp_path: Path) -> None:
    refused = health("import", tmp_path / "gone.sarif")

    assert (refused.status, refused.out, len(refused.err.strip().splitlines())) == (1, "", 1)
