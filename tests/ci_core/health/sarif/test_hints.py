"""What another tool's rule is worth here."""

from __future__ import annotations

from typing import Any

import pytest

from ci_core.health.sarif.hints import LONGEST_TITLE, hints_of, title_of


def hints(rule: str = "R1", message: str = "it is broken", **details: Any) -> dict[str, Any]:
    return hints_of(rule, message, details)


@pytest.mark.parametrize(
    ("rule", "details", "part"),
    [
        ("R1", {}, "code_quality"),
        ("R1", {"cwe": "CWE-89"}, "security"),
        ("R1", {"security_severity": 3.0}, "security"),
        ("R1", {"tags": ["Security"]}, "security"),
        ("R1", {"tags": ["maintainability"]}, "code_quality"),
        ("R1", {"tags": ["reliability", "python"]}, "bugs"),
        ("R1", {"tags": ["performance"]}, "performance"),
        ("R1", {"tool": "gitleaks"}, "security"),
        ("generic-api-key", {}, "security"),
        ("CVE-2026-1234", {"cwe": "CWE-79"}, "dependencies"),
        ("GHSA-xxxx-yyyy-zzzz", {}, "dependencies"),
    ],
)
def test_the_part_of_the_score_follows_from_what_the_rule_is_about(
    rule: str, details: dict[str, Any], part: str
) -> None:
    assert hints(rule, **details)["part"] == part


@pytest.mark.parametrize(
    ("figure", "severity"),
    [(10.0, "critical"), (9.0, "critical"), (8.9, "high"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "info")],
)
def test_a_figure_of_cvss_has_its_severity(figure: float, severity: str) -> None:
    assert hints(level="note", security_severity=figure)["severity"] == severity


@pytest.mark.parametrize(
    ("level", "secure", "other"),
    [("error", "high", "medium"), ("warning", "medium", "low"), ("note", "low", "info"), ("none", "info", "info")],
)
def test_the_same_level_weighs_more_where_it_is_about_security(level: str, secure: str, other: str) -> None:
    assert hints(level=level, cwe="CWE-79")["severity"] == secure
    assert hints(level=level)["severity"] == other


def test_no_tool_makes_anything_critical_by_its_level_alone() -> None:
    assert {hints(level="error", cwe=f"CWE-{n}")["severity"] for n in (78, 89, 94, 502)} == {"high"}


@pytest.mark.parametrize(
    ("rule", "details"),
    [
        ("aws-access-token", {"tool": "gitleaks"}),
        ("generic-api-key", {}),
        ("R1", {"cwe": "CWE-798"}),
        ("R1", {"rule_name": "HardcodedPassword"}),
        ("R1", {"tags": ["secrets"]}),
    ],
)
def test_a_rule_about_credentials_says_that_its_line_holds_one(rule: str, details: dict[str, Any]) -> None:
    assert hints(rule, **details)["secret"] is True


def test_other_rules_do_not_say_so() -> None:
    assert "secret" not in hints("sql-injection", cwe="CWE-89")


@pytest.mark.parametrize(
    ("details", "title"),
    [
        ({"rule_text": "SQL built\nfrom text."}, "SQL built from text"),
        ({"rule_name": "sqlInjection"}, "Sql injection"),
        ({"rule_name": "hard-coded-key"}, "Hard coded key"),
        ({"rule_name": "py/sql-injection"}, "it is broken"),
        ({"rule_name": "F401"}, "it is broken"),
        ({}, "it is broken"),
    ],
)
def test_a_title_is_what_the_rule_says_of_itself(details: dict[str, str], title: str) -> None:
    assert title_of("R1", "it is broken", details) == title


def test_a_title_is_one_short_line() -> None:
    assert len(title_of("R1", "word " * 200, {})) <= LONGEST_TITLE
    assert title_of("R1", "", {}) == "R1"
