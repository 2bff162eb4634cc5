"""`ci health export` at a shell: SARIF of what is stored."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.health.seeds import Seeded, seed_platform

REPO = ("--repo", "team/magnus")
SCHEMA = Path(__file__).parents[1] / "health" / "sarif" / "sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def seeded(backlog: Database) -> Seeded:
    with backlog.transaction("agent:health") as session:
        return seed_platform(session, datetime.now(UTC), weeks=2, issues=60, files=10)


@pytest.fixture
def exported(ci: Ci, seeded: Seeded) -> dict[str, Any]:
    document: dict[str, Any] = ci("health", "export", "--sarif", *REPO).document
    return document


def test_what_is_stored_is_written_as_valid_sarif(exported: dict[str, Any]) -> None:
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(exported)


def test_all_that_counts_or_was_dismissed_is_in_it(ci: Ci, exported: dict[str, Any]) -> None:
    stored = ci("health", "issues", *REPO, "--status", "everything", "--limit", 1000, "--json").document["issues"]
    wanted = {one["fingerprint"]: one["status"] for one in stored if one["status"] != "fixed"}

    results = exported["runs"][0]["results"]

    assert {one["partialFingerprints"]["magnusHealth/v1"] for one in results} == set(wanted)
    suppressed = {one["properties"]["status"] for one in results if "suppressions" in one}
    assert suppressed == {"false_positive"}
    assert Counter(wanted.values())["false_positive"] == sum("suppressions" in one for one in results)


def test_rules_are_explained_where_the_table_explains_them(exported: dict[str, Any]) -> None:
    rules = exported["runs"][0]["tool"]["driver"]["rules"]

    assert all(rule["help"]["text"] for rule in rules)


def test_what_was_not_looked_at_is_told(exported: dict[str, Any]) -> None:
    told = [one["message"]["text"] for one in exported["runs"][0]["invocations"][0]["toolExecutionNotifications"]]

    assert "types: mypy is not installed" in told
    assert any(text.startswith("flows: line 3: invalid syntax") for text in told)


def test_a_file_is_written_and_told(ci: Ci, seeded: Seeded, tmp_path: Path) -> None:
    file = tmp_path / "health.sarif"

    told = ci("health", "export", "--sarif", "-o", file, "--severity", "critical", *REPO)

    results = json.loads(file.read_text(encoding="ascii"))["runs"][0]["results"]
    assert results
    assert {one["properties"]["severity"] for one in results} == {"critical"}
    assert f"{len(results)} issue" in told.err


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (REPO, 2, "--sarif"),
        (("--sarif",), 1, "was never checked"),
        (("--sarif", *REPO, "-o", "/dev/null/x"), 2, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    ci: Ci, seeded: Seeded, options: tuple[str, ...], status: int, told: str
) -> None:
    refused = ci("health", "export", *options)

    assert (refused.status, refused.out) == (status, "")
    assert told in refused.err
