"""Writes what a check found as SARIF 2.1.0, the format that GitHub, editors and other tools read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ci_core.health.issue_values import Issue
from ci_core.health.sarif.places import uri_of
from db.enums import CheckerStatus, IssueStatus, IssueType, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
PRODUCT = "Magnus Continuous Improvement"
ROOT = "SRCROOT"
FINGERPRINT = "magnusHealth/v1"
# GitHub follows alerts by this name alone. Its value may be any text; ours survives renames and reformatting.
GITHUB_FINGERPRINT = "primaryLocationLineHash"

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# The middle of the span in which GitHub gives a security alert the same severity.
SECURITY_SEVERITIES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}
DISMISSED = {IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE}
UNWELL = {CheckerStatus.PARTIAL, CheckerStatus.FAILED, CheckerStatus.TIMED_OUT, CheckerStatus.MISSING}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenChecker:
    """What one checker did; `unseen` has a path and a reason each."""

    name: str
    status: CheckerStatus
    version: str
    error: str | None
    unseen: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenCheck:
    """The check whose issues are written.

    Attributes:
        repository_url: where the repository comes from; None where that is not known.
        files: the paths that were looked at.
    """

    id: int
    check_type: str
    successful: bool
    error: str | None
    started_at: datetime
    ended_at: datetime | None
    repository_url: str | None
    commit: str | None
    branch: str | None
    checkers: tuple[WrittenChecker, ...]
    files: tuple[str, ...] = ()


def sarif_of(check: WrittenCheck, issues: Iterable[Issue], explanations: Mapping[str, str]) -> Json:
    """The check as a SARIF document, valid against the OASIS schema.

    Args:
        issues: those that are to be written; dismissed ones are marked as suppressed, with the reason.
        explanations: by rule, what it means and what helps; a rule that has none is named by its title.
    """
    written = sorted(issues, key=_by_place)
    rules = _rules(written, explanations)
    places = {rule["id"]: number for number, rule in enumerate(rules)}
    files = {path: number for number, path in enumerate(_files(check, written))}
    run: Json = {
        "tool": {
            "driver": {
                "name": PRODUCT,
                "rules": rules,
            },
            "extensions": [_extension(checker) for checker in check.checkers],
        },
        "automationDetails": {"id": f"health/{check.id}"},
        "invocations": [_invocation(check, files)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(path), "roles": ["analysisTarget"]} for path in files],
        "results": [_result(issue, check, places[issue.rule], files) for issue in written],
        "properties": {"checkType": check.check_type} | ({"commit": check.commit} if check.commit else {}),
    }
    if not run["tool"]["extensions"]:
        del run["tool"]["extensions"]
    if provenance := _provenance(check):
        run["versionControlProvenance"] = [provenance]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _by_place(issue: Issue) -> tuple[object, ...]:
    return (issue.file_path or "", issue.line_number or 0, issue.rule, issue.fingerprint)


def _extension(checker: WrittenChecker) -> Json:
    return {"name": checker.name} | ({"version": checker.version} if checker.version else {})


def _files(check: WrittenCheck, issues: Sequence[Issue]) -> list[str]:
    unseen = {path for checker in check.checkers for path, _ in checker.unseen}
    return sorted({*check.files, *unseen, *(issue.file_path for issue in issues if issue.file_path)})


def _location(path: str) -> Json:
    return {"uri": uri_of(path), "uriBaseId": ROOT}


def _indexed(path: str, files: Mapping[str, int]) -> Json:
    return _location(path) | {"index": files[path]}


def _rules(issues: Sequence[Issue], explanations: Mapping[str, str]) -> list[Json]:
    worst: dict[str, Issue] = {}
    order = list(Severity)
    for issue in issues:
        known = worst.get(issue.rule)
        if known is None or order.index(issue.severity) < order.index(known.severity):
            worst[issue.rule] = issue
    return [_rule(worst[name], explanations.get(name, "")) for name in sorted(worst)]


def _rule(issue: Issue, explanation: str) -> Json:
    tags = [issue.issue_type.value]
    properties: Json = {"tags": tags, "problem.severity": _problem_severity(issue.severity)}
    if issue.issue_type is IssueType.SECURITY:
        properties["security-severity"] = SECURITY_SEVERITIES[issue.severity]
    if issue.cwe and issue.cwe.upper().startswith("CWE-") and issue.cwe[4:].isdecimal():
        tags.append(f"external/cwe/cwe-{int(issue.cwe[4:]):03d}")
    return {
        "id": issue.rule,
        "shortDescription": {"text": issue.title},
        "fullDescription": {"text": explanation or issue.title},
        "help": {"text": explanation or issue.title},
        "defaultConfiguration": {"level": LEVELS[issue.severity]},
        "properties": properties,
    }


def _problem_severity(severity: Severity) -> str:
    return {"error": "error", "warning": "warning"}.get(LEVELS[severity], "recommendation")


def _result(issue: Issue, check: WrittenCheck, rule: int, files: Mapping[str, int]) -> Json:
    result: Json = {
        "ruleId": issue.rule,
        "ruleIndex": rule,
        "level": LEVELS[issue.severity],
        "message": {"text": issue.message or issue.title},
        "partialFingerprints": {FINGERPRINT: issue.fingerprint, GITHUB_FINGERPRINT: f"{issue.fingerprint}:1"},
        "baselineState": "new" if issue.first_check_id == check.id else "unchanged",
        "occurrenceCount": issue.occurrence_count,
        "provenance": {
            "firstDetectionTimeUtc": _moment(issue.first_detected_at),
            "lastDetectionTimeUtc": _moment(issue.last_seen_at),
        },
        "properties": _properties(issue),
    }
    if issue.file_path is not None:
        result["locations"] = [_place(issue, issue.file_path, files)]
    if issue.status in DISMISSED:
        result["suppressions"] = [_suppression(issue)]
    return result


def _place(issue: Issue, path: str, files: Mapping[str, int]) -> Json:
    physical: Json = {"artifactLocation": _indexed(path, files)}
    if issue.line_number is not None:
        region: Json = {"startLine": issue.line_number}
        if issue.column_number is not None:
            region["startColumn"] = issue.column_number
        if issue.end_line is not None and issue.end_line > issue.line_number:
            region["endLine"] = issue.end_line
        if issue.snippet:
            region["snippet"] = {"text": issue.snippet}
        physical["region"] = region
    place: Json = {"physicalLocation": physical}
    if issue.scope:
        place["logicalLocations"] = [{"fullyQualifiedName": issue.scope}]
    return place


def _properties(issue: Issue) -> Json:
    found = {
        "issueId": issue.id,
        "issueType": issue.issue_type.value,
        "severity": issue.severity.value,
        "status": issue.status.value,
        "checker": issue.checker,
        "regressed": issue.regressed,
        "autoFixable": issue.auto_fixable,
        "effortMinutes": issue.effort_minutes,
        "introducedBy": issue.introduced_commit,
        "enhancementId": issue.enhancement_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _suppression(issue: Issue) -> Json:
    """A person's decision, kept outside the code (3.35); it is as good as accepted, because it holds."""
    told: Json = {"kind": "external", "status": "accepted", "properties": {"decision": issue.status.value}}
    if issue.status_reason:
        told["justification"] = issue.status_reason
    if issue.status_by:
        told["properties"]["by"] = issue.status_by
    if issue.status_at:
        told["properties"]["at"] = _moment(issue.status_at)
    if issue.status_until:
        told["properties"]["until"] = _moment(issue.status_until)
    return told


def _invocation(check: WrittenCheck, files: Mapping[str, int]) -> Json:
    found: Json = {
        "executionSuccessful": check.successful,
        "startTimeUtc": _moment(check.started_at),
        "toolExecutionNotifications": [
            notification for checker in check.checkers for notification in _notifications(checker, files)
        ],
    }
    if check.ended_at is not None:
        found["endTimeUtc"] = _moment(check.ended_at)
    if check.error:
        found["exitCodeDescription"] = check.error
    return found


def _notifications(checker: WrittenChecker, files: Mapping[str, int]) -> Iterable[Json]:
    """What went wrong, so that nobody reads silence as health: a checker that failed, files that could not be read."""
    if checker.status in UNWELL:
        why = checker.error or f"it looked at a part only ({checker.status.value.replace('_', ' ')})"
        yield {"level": "error", "message": {"text": f"{checker.name}: {why}"}}
    for path, reason in checker.unseen:
        place = {"physicalLocation": {"artifactLocation": _indexed(path, files)}}
        yield {"level": "error", "message": {"text": f"{checker.name}: {reason}"}, "locations": [place]}


def _provenance(check: WrittenCheck) -> Json | None:
    """Where the code came from; SARIF wants an address for that (3.23.3), so that without one nothing is said."""
    if check.repository_url is None:
        return None
    found: Json = {"repositoryUri": check.repository_url, "mappedTo": {"uriBaseId": ROOT}}
    if check.commit:
        found["revisionId"] = check.commit
    if check.branch:
        found["branch"] = check.branch
    return found


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
