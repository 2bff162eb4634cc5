"""SARIF as other tools write it, in as few words as a test needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ci_core.health.issue_values import Issue
from ci_core.health.sarif.writing import WrittenCheck, WrittenChecker
from db.enums import CheckerStatus, IssueStatus, IssueType, Severity

THEN = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def result(rule: str = "R1", uri: str | None = "src/app.py", line: int | None = 3, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"ruleId": rule, "message": {"text": f"{rule} is broken"}}
    if uri is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        if line is not None:
            physical["region"] = {"startLine": line}
        found["locations"] = [{"physicalLocation": physical}]
    return found | more


def run(*results: Any, tool: Any = "Scanner", rules: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    described = {"driver": {"name": tool}} if isinstance(tool, str) else tool
    if rules is not None:
        described["driver"]["rules"] = rules
    return {"tool": described, "results": list(results)} | more


def sarif(*runs: Any) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": list(runs)}).encode()


def issue(**more: Any) -> Issue:
    given: dict[str, Any] = {
        "id": 7,
        "repository_id": 1,
        "fingerprint": "ab" * 16,
        "issue_type": IssueType.SECURITY,
        "checker": "lint",
        "rule": "sql-injection",
        "severity": Severity.CRITICAL,
        "title": "SQL put together from text",
        "message": "The query is made of text that comes from outside.",
        "file_path": "src/app.py",
        "line_number": 12,
        "end_line": 14,
        "column_number": 5,
        "scope": "Shop.find",
        "snippet": 'cursor.execute("SELECT 1")',
        "feature_area": None,
        "cwe": "CWE-89",
        "effort_minutes": 30,
        "auto_fixable": False,
        "fixer": None,
        "status": IssueStatus.OPEN,
        "status_reason": None,
        "status_by": None,
        "status_at": None,
        "status_until": None,
        "regressed": False,
        "regressions": 0,
        "first_detected_at": THEN,
        "first_check_id": 2,
        "last_seen_at": NOW,
        "last_check_id": 4,
        "resolved_at": None,
        "occurrence_count": 3,
        "introduced_commit": None,
        "introduced_at": None,
        "introduced_by": None,
        "enhancement_id": None,
        "version": 1,
    }
    return Issue(**(given | more))


def check(**more: Any) -> WrittenCheck:
    given: dict[str, Any] = {
        "id": 4,
        "check_type": "full_scan",
        "successful": True,
        "error": None,
        "started_at": THEN,
        "ended_at": NOW,
        "repository_url": "https://example.org/team/app",
        "commit": "c" * 40,
        "branch": "main",
        "checkers": (WrittenChecker("lint", CheckerStatus.COMPLETED, "0.17", None),),
        "files": ("src/app.py", "src/other.py"),
    }
    return WrittenCheck(**(given | more))
