"""What a foreign tool's rule may harm, and how much: judged by kind of weakness, never by the tool's level alone.

Tools mean different things by "error" (some call everything so). Where a figure of CVSS's scale is given, it is
taken with the spans of CVSS 3.1, table 14; else security weighs one step more than the rest at the same level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from db.enums import IssueType, Severity

# CVSS 3.1 specification, table 14: where each severity begins.
CVSS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
OF_SECURITY = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
OF_THE_REST = {
    "error": Severity.MEDIUM,
    "warning": Severity.LOW,
    "note": Severity.INFO,
    "none": Severity.INFO,
}
ADVISORY = re.compile(r"^(?:CVE-\d{4}|GHSA-|PYSEC-\d{4}|OSV-\d{4}|SNYK-)", re.IGNORECASE)
# CWE-798, 259, 321, 312: credentials that stand in the code.
CREDENTIALS = {"CWE-798", "CWE-259", "CWE-321", "CWE-312", "CWE-540"}
SECRET_TOOLS = re.compile(r"gitleaks|trufflehog|secret|whispers|talisman", re.IGNORECASE)
PARTS_OF_TAGS = (
    ("security", IssueType.SECURITY),
    ("vulnerability", IssueType.SECURITY),
    ("correctness", IssueType.BUGS),
    ("reliability", IssueType.BUGS),
    ("bug", IssueType.BUGS),
    ("bugs", IssueType.BUGS),
    ("error-handling", IssueType.BUGS),
    ("performance", IssueType.PERFORMANCE),
    ("documentation", IssueType.DOCUMENTATION),
    ("testing", IssueType.TESTS),
    ("tests", IssueType.TESTS),
)
LONGEST_TITLE = 200


def hints_of(rule: str, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """What a result is here: "part", "severity", "title", and "secret" where its line holds a credential.

    Args:
        details: of a `ForeignResult`.
    """
    part, secret = _part(rule, details), _holds_secret(rule, details)
    found = {
        "part": part.value,
        "severity": _severity(part, details).value,
        "title": title_of(rule, message, details),
        "secret": secret,
    }
    return {name: value for name, value in found.items() if value}


def title_of(rule: str, message: str, details: Mapping[str, Any]) -> str:
    """One line that says the same for every result of a rule."""
    told = details.get("rule_text") or _spoken(str(details.get("rule_name") or "")) or message or rule
    line = " ".join(str(told).split())
    if len(line) > LONGEST_TITLE:
        line = line[: LONGEST_TITLE - 1].rstrip() + "…"
    return line.rstrip(".")


def _spoken(name: str) -> str:
    """ "sqlInjection" and "sql-injection" as words; a name that is a path of ids (py/x.y) says nothing."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9 _-]{3,}", name):
        return ""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name).split()
    return " ".join(words).capitalize() if len(words) > 1 else ""


def _part(rule: str, details: Mapping[str, Any]) -> IssueType:
    tags = {str(tag).lower() for tag in details.get("tags", ())}
    if ADVISORY.match(rule):
        return IssueType.DEPENDENCIES
    if "cwe" in details or "security_severity" in details or _holds_secret(rule, details):
        return IssueType.SECURITY
    return next((part for tag, part in PARTS_OF_TAGS if tag in tags), IssueType.CODE_QUALITY)


def _holds_secret(rule: str, details: Mapping[str, Any]) -> bool:
    if details.get("cwe") in CREDENTIALS or SECRET_TOOLS.search(str(details.get("tool", ""))):
        return True
    named = (rule, details.get("rule_name", ""), *details.get("tags", ()))
    return any(re.search(r"secret|credential|password|api[-_ ]?key|private[-_ ]?key", str(n), re.I) for n in named)


def _severity(part: IssueType, details: Mapping[str, Any]) -> Severity:
    figure = details.get("security_severity")
    if isinstance(figure, int | float):
        return next((severity for least, severity in CVSS if figure >= least), Severity.INFO)
    level = str(details.get("level", "warning"))
    scale = OF_SECURITY if part in (IssueType.SECURITY, IssueType.DEPENDENCIES) else OF_THE_REST
    return scale.get(level, Severity.LOW)
