"""What is written is SARIF 2.1.0 as OASIS defines it, and says what other tools need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ci_core.health.sarif.reading import read_sarif
from ci_core.health.sarif.writing import WrittenChecker, sarif_of
from db.enums import CheckerStatus, IssueStatus, IssueType, Severity
from tests.ci_core.health.sarif.builders import NOW, THEN, check, issue

# The schema of the standard, errata 01: github.com/oasis-tcs/sarif-spec, sarif-2.1/schema.
SCHEMA = Path(__file__).with_name("sarif-schema-2.1.0.json")


@pytest.fixture(scope="module")
def valid() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def written(*issues: Any, explanations: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    document = sarif_of(check(**more), issues, explanations or {})
    return json.loads(json.dumps(document))


def first(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["runs"][0]
    return found


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("status", list(IssueStatus))
def test_every_kind_of_issue_is_valid(
    valid: jsonschema.Draft4Validator, severity: Severity, status: IssueStatus
) -> None:
    one = issue(severity=severity, status=status, status_by="tess", status_at=NOW, status_until=NOW, status_reason="no")

    valid.validate(written(one))


@pytest.mark.parametrize("kind", list(IssueType))
def test_every_part_of_the_score_is_valid(valid: jsonschema.Draft4Validator, kind: IssueType) -> None:
    bare = issue(
        issue_type=kind, file_path=None, line_number=None, end_line=None, column_number=None, snippet="", scope="",
        cwe=None, effort_minutes=None, message="",
    )  # fmt: skip

    document = written(bare)

    valid.validate(document)
    assert first(document)["results"][0]["message"]["text"] == bare.title
    assert "locations" not in first(document)["results"][0]


def test_a_failed_check_of_nothing_is_valid_and_says_so(valid: jsonschema.Draft4Validator) -> None:
    document = written(
        successful=False, error="it was killed", ended_at=None, checkers=(), files=(), repository_url=None, commit=None
    )

    valid.validate(document)
    told = first(document)["invocations"][0]
    assert (told["executionSuccessful"], told["exitCodeDescription"]) == (False, "it was killed")


def test_a_result_leads_to_its_place_and_rule() -> None:
    found = first(written(issue(), explanations={"sql-injection": "Use parameters."}))

    one = found["results"][0]
    rule = found["tool"]["driver"]["rules"][one["ruleIndex"]]
    place = one["locations"][0]["physicalLocation"]
    assert (one["level"], rule["id"], rule["help"]["text"]) == ("error", "sql-injection", "Use parameters.")
    assert rule["properties"]["security-severity"] == "9.5"
    assert "external/cwe/cwe-089" in rule["properties"]["tags"]
    assert place["region"] | {"snippet": None} == {"startLine": 12, "startColumn": 5, "endLine": 14, "snippet": None}
    assert found["artifacts"][place["artifactLocation"]["index"]]["location"]["uri"] == "src/app.py"
    assert one["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Shop.find"}]


def test_identities_are_ours_also_where_github_looks_for_them() -> None:
    prints = first(written(issue()))["results"][0]["partialFingerprints"]

    assert prints == {"magnusHealth/v1": "ab" * 16, "primaryLocationLineHash": f"{'ab' * 16}:1"}


def test_a_rule_has_the_worst_severity_of_its_issues() -> None:
    mild = issue(severity=Severity.LOW, fingerprint="cd" * 16, line_number=1, end_line=1)

    found = first(written(mild, issue()))

    assert [rule["defaultConfiguration"]["level"] for rule in found["tool"]["driver"]["rules"]] == ["error"]
    assert [one["level"] for one in found["results"]] == ["note", "error"]


@pytest.mark.parametrize("status", [IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE])
def test_a_dismissed_issue_is_suppressed_with_the_reason(status: IssueStatus) -> None:
    one = issue(status=status, status_reason="only tests", status_by="tess", status_at=THEN)

    marks = first(written(one))["results"][0]["suppressions"]

    assert [(mark["kind"], mark["status"], mark["justification"]) for mark in marks] == [
        ("external", "accepted", "only tests")
    ]
    assert marks[0]["properties"]["by"] == "tess"


@pytest.mark.parametrize("status", [IssueStatus.OPEN, IssueStatus.ACKNOWLEDGED, IssueStatus.FIXING])
def test_an_issue_that_counts_is_not_suppressed(status: IssueStatus) -> None:
    assert "suppressions" not in first(written(issue(status=status)))["results"][0]


def test_what_could_not_be_looked_at_is_told(valid: jsonschema.Draft4Validator) -> None:
    document = written(
        checkers=(
            WrittenChecker("types", CheckerStatus.TIMED_OUT, "", "it took longer than 300 s"),
            WrittenChecker("lint", CheckerStatus.PARTIAL, "1", None, (("bad.py", "line 3: invalid syntax"),)),
        )
    )

    valid.validate(document)
    told = [one["message"]["text"] for one in first(document)["invocations"][0]["toolExecutionNotifications"]]
    assert told == [
        "types: it took longer than 300 s",
        "lint: it looked at a part only (partial)",
        "lint: line 3: invalid syntax",
    ]


def test_odd_file_names_are_one_uri_each(valid: jsonschema.Draft4Validator) -> None:
    names = ["a b.py", "ü/%41.py", "odd\udcff.py", "x:y.py", "c#d?e.py"]

    document = written(*(issue(file_path=name, fingerprint=f"{n:032x}") for n, name in enumerate(names)), files=())

    valid.validate(document)
    uris = {one["location"]["uri"] for one in first(document)["artifacts"]}
    assert uris == {"a%20b.py", "%C3%BC/%2541.py", "odd%FF.py", "x%3Ay.py", "c%23d%3Fe.py"}
    read = read_sarif(json.dumps(document).encode())[0]
    assert {one.path for one in read.results} == set(names)


def test_without_an_address_of_the_repository_its_commit_is_told_all_the_same(
    valid: jsonschema.Draft4Validator,
) -> None:
    document = written(issue(), repository_url=None)

    valid.validate(document)
    assert "versionControlProvenance" not in first(document)
    assert first(document)["properties"]["commit"] == "c" * 40


def test_what_the_check_found_first_is_new() -> None:
    states = [one["baselineState"] for one in first(written(issue(), issue(first_check_id=4, rule="z")))["results"]]

    assert states == ["unchanged", "new"]


def test_the_same_issues_are_written_in_the_same_order() -> None:
    one, other = issue(line_number=1, fingerprint="cd" * 16), issue()

    assert written(one, other) == written(other, one)
