"""A repository that was checked for weeks: checks, what each checker did, issues of every kind and state, files.

`seed_platform` writes rows as the health agent would leave them; everything follows from a number, so that two runs
see the same.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ci_core.health.scores import Evidence, part_score
from db.enums import CheckerStatus, CheckStatus, CheckType, HealthChange, IssueStatus, IssueType, Severity
from db.tables import HealthCheck, HealthChecker, HealthFile, HealthIssue, HealthIssueChange, HealthRepository

HOSTILE = "<img src=x onerror=alert(1)>"
AREAS = ("positions", "options", "research", "dashboard", "imports")
# rule, checker, part, severity, title, message, CWE, minutes, fixer
RULES: tuple[tuple[str, str, str, str, str, str, str | None, int, str | None], ...] = (
    ("sql_injection", "flows", "security", "critical", "SQL put together from outside input",
     "A request's value reaches cursor.execute() as part of the statement", "CWE-89", 45, None),
    ("S602", "lint", "security", "high", "Shell command with outside input", "subprocess call with shell=True",
     "CWE-78", 30, None),
    ("pickle_from_outside", "flows", "security", "high", "Pickle read from outside", "pickle.load() of a received file",
     "CWE-502", 60, None),
    ("F821", "lint", "bugs", "high", "Name that does not exist", "Undefined name `price`", None, 15, None),
    ("B006", "lint", "bugs", "medium", "Mutable default argument", "Do not use mutable data structures as defaults",
     None, 10, "mutable_default"),
    ("float_money", "code_bugs", "bugs", "medium", "Money compared as a floating-point number",
     "== between floats that are prices", "CWE-1339", 20, None),
    ("C901", "complexity", "code_quality", "medium", "Function too complex", "Cognitive complexity 31, limit 10", None,
     90, None),
    ("E501", "lint", "code_quality", "low", "Line too long", "Line has 143 characters, limit 120", None, 2, "format"),
    ("duplicate_code", "duplication", "code_quality", "low", "Duplicated code", "34 lines as in another file", None, 40,
     None),
    ("D103", "documentation", "documentation", "info", "Public function without a docstring", "Missing docstring", None,
     10, None),
    ("n_plus_one", "code_bugs", "performance", "medium", "Query in a loop", "A query runs for each position", None, 45,
     None),
    ("vulnerable_package", "dependencies", "dependencies", "high", "Package with a known weakness",
     "requests 2.19.0 is affected by PYSEC-2018-28", "CWE-522", 20, "upgrade_package"),
    ("failing_test", "tests", "tests", "high", "Test that fails", "AssertionError: 3 != 4", None, 60, None),
)  # fmt: skip
CHECKERS = ("lint", "flows", "complexity", "types", "duplication", "documentation", "dependencies", "tests",
            "credentials", "code_bugs")  # fmt: skip
# Of each part: its medium issues at the end, and on how much they are counted.
PARTS = {
    IssueType.SECURITY: (60, 25.0),
    IssueType.BUGS: (60, 25.0),
    IssueType.CODE_QUALITY: (400, 90.0),
    IssueType.TESTS: (70, 6.0),
    IssueType.DEPENDENCIES: (30, 10.0),
    IssueType.PERFORMANCE: (4, 20.0),
    IssueType.DOCUMENTATION: (300, 30.0),
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was written: the repository, its checks oldest first, and the issues by rule."""

    repository_id: int
    check_ids: tuple[int, ...]
    issues: dict[str, list[int]]


def seed_platform(
    session: Session,
    now: datetime,
    *,
    weeks: int = 16,
    issues: int = 240,
    files: int = 90,
    name: str = "team/magnus",
) -> Seeded:
    """Write a repository with a check every half week, the newest two hours before `now`."""
    dice = random.Random(7)  # noqa: S311 - the same rows every time
    repository_id = add_repository(session, name)
    paths = [_path(number) for number in range(files)]
    count = weeks * 2
    moments = [now - timedelta(hours=2) - timedelta(days=3.5) * back for back in range(count)][::-1]
    checks = tuple(add_check(session, repository_id, moment, place / max(1, count - 1), dice)
                   for place, moment in enumerate(moments))  # fmt: skip
    by_rule = _add_issues(session, repository_id, checks, moments, paths, issues, dice)
    _add_changes(session, checks, by_rule)
    _add_files(session, repository_id, checks[-1], paths, dice)
    session.flush()
    return Seeded(repository_id, checks, by_rule)


def add_repository(session: Session, name: str = "team/magnus") -> int:
    """A repository that was never checked."""
    repository = HealthRepository(identity=f"https://example.org/{name}", name=name)
    session.add(repository)
    session.flush()
    return repository.id


def add_check(session: Session, repository_id: int, at: datetime, far: float, dice: random.Random, **other: Any) -> int:
    """A completed full scan with all its checkers; scores rise with `far`, 0 to 1, and fall a little with the last."""
    scores = _scores(far, dice)
    overall = round(44 + 14 * far + dice.uniform(-2, 2) - (5 if far == 1 else 0))
    before = session.scalar(
        select(HealthCheck.overall_health_score)
        .where(HealthCheck.repository_id == repository_id)
        .order_by(HealthCheck.id.desc())
        .limit(1)
    )
    values = {
        "repository_id": repository_id,
        "check_type": CheckType.FULL_SCAN,
        "status": CheckStatus.COMPLETED,
        "actor": "agent:health",
        "commit_sha": hashlib.sha1(f"{at}".encode(), usedforsecurity=False).hexdigest(),
        "branch": "main",
        "overall_health_score": overall,
        "scores": scores,
        "confidence": 93.4,
        "delta": None if before is None else overall - before,
        "metrics": {
            "coverage_percent": 41.3,
            "releases": [{"name": "v2.3", "at": (at - timedelta(days=20)).isoformat(), "commit": "0" * 40}],
        },
        "issues": {"new": 4, "open": 200, "resolved": 3, "regressed": 1},
        "by_severity": {"critical": 2, "high": 21, "medium": 63, "low": 80, "info": 34},
        "gate": {"passed": far < 1, "reasons": [] if far < 1 else ["1 fixed issue is back: SQL injection"]},
        "excluded": [{"path": "venv", "reason": "a virtual environment that was checked in", "files": 4600}],
        "files": 909,
        "lines": 253_000,
        "started_at": at,
        "ended_at": at + timedelta(seconds=34),
        "duration_seconds": 34.2,
        **other,
    }
    check = HealthCheck(**values)
    session.add(check)
    session.flush()
    session.execute(insert(HealthChecker), [_checker(check.id, name, place, at) for place, name in enumerate(CHECKERS)])
    return check.id


def _scores(far: float, dice: random.Random) -> dict[str, Any]:
    """What the rule of the scores makes of fewer and fewer issues; nothing looked at performance."""
    found = {}
    for part, (points, units) in PARTS.items():
        many = round(points * (2.0 - far) + dice.uniform(0, 4))
        counts = {Severity.MEDIUM: many, **({Severity.CRITICAL: 1} if part is IssueType.SECURITY else {})}
        looked_at = 0.0 if part is IssueType.PERFORMANCE else 97.4
        found[part.value] = part_score(part, Evidence(counts, units, looked_at)).as_json()
    return found


def _checker(check_id: int, name: str, place: int, at: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "check_id": check_id, "name": name, "status": CheckerStatus.COMPLETED, "version": "1.0",
        "seconds": 1.5 + place, "files_expected": 900, "files_seen": 900, "findings": 20 * place, "error": None,
        "remedy": None, "unseen": [], "started_at": at, "ended_at": at + timedelta(seconds=2 + place),
    }  # fmt: skip
    if name == "types":
        row |= {"status": CheckerStatus.MISSING, "files_seen": 0, "findings": 0, "error": "mypy is not installed",
                "remedy": "Install it: pip install mypy"}  # fmt: skip
    elif name == "flows":
        row |= {"status": CheckerStatus.PARTIAL, "files_seen": 899,
                "unseen": [{"path": f"src/broken {HOSTILE}.py", "reason": "line 3: invalid syntax"}]}  # fmt: skip
    elif name == "tests":
        row |= {"status": CheckerStatus.TIMED_OUT, "error": "pytest did not end within 900 s",
                "remedy": "Raise CI_HEALTH_TESTS_SECONDS, or find the test that hangs"}  # fmt: skip
    return row


def _path(number: int) -> str:
    area = AREAS[number % len(AREAS)]
    return f"src/{area}/{'core/' if number % 3 else ''}module_{number}.py"


def _add_issues(
    session: Session,
    repository_id: int,
    checks: tuple[int, ...],
    moments: list[datetime],
    paths: list[str],
    count: int,
    dice: random.Random,
) -> dict[str, list[int]]:
    weights = [1, 2, 2, 3, 9, 6, 12, 30, 12, 20, 8, 3, 6]
    chosen = list(range(len(RULES))) + dice.choices(range(len(RULES)), weights, k=max(0, count - len(RULES)))
    rows = [
        issue_row(repository_id, number, RULES[kind], paths[dice.randrange(len(paths))], checks, moments, dice)
        for number, kind in enumerate(chosen)
    ]
    made = list(session.scalars(insert(HealthIssue).returning(HealthIssue.id, sort_by_parameter_order=True), rows))
    by_rule: dict[str, list[int]] = {}
    for issue_id, row in zip(made, rows, strict=True):
        by_rule.setdefault(row["rule"], []).append(issue_id)
    return by_rule


def issue_row(
    repository_id: int,
    number: int,
    rule: tuple[str, str, str, str, str, str, str | None, int, str | None],
    path: str,
    checks: tuple[int, ...],
    moments: list[datetime],
    dice: random.Random,
    **other: Any,
) -> dict[str, Any]:
    """The row of an issue, first seen in one of the checks; some are decided or fixed."""
    name, checker, part, severity, title, message, cwe, minutes, fixer = rule
    first = dice.randrange(len(checks)) if number >= 5 else len(checks) - 1
    status = IssueStatus.OPEN
    if number >= len(RULES):
        status = {0: IssueStatus.FIXED, 3: IssueStatus.ACKNOWLEDGED, 5: IssueStatus.FALSE_POSITIVE}.get(
            number % 9, IssueStatus.OPEN
        )
    whole = part in ("dependencies", "tests")
    line = 10 + number % 300
    decided = status in (IssueStatus.ACKNOWLEDGED, IssueStatus.FALSE_POSITIVE)
    return {
        "repository_id": repository_id,
        "fingerprint": hashlib.md5(f"{repository_id} {number}".encode(), usedforsecurity=False).hexdigest(),
        "match_keys": [],
        "issue_type": part, "checker": checker, "rule": name, "severity": severity,
        "title": f"{title} {HOSTILE}" if number == 1 else title,
        "message": message,
        "file_path": None if whole else path,
        "line_number": None if whole else line,
        "end_line": None if whole else line,
        "scope": "" if whole else "Scanner.scan",
        "snippet": "" if whole else _snippet(line),
        "feature_area": None if whole else path.split("/")[1],
        "cwe": cwe, "effort_minutes": minutes, "auto_fixable": fixer is not None, "fixer": fixer,
        "details": {"subject": "requests"} if part == "dependencies" else {},
        "status": status,
        "status_reason": "agreed in the review" if decided else None,
        "status_by": "Grace" if decided else None,
        "status_at": moments[-1] if decided else None,
        "regressed": number == 0,
        "regressions": int(number == 0),
        "first_detected_at": moments[first], "first_check_id": checks[first],
        "last_seen_at": moments[-1], "last_check_id": checks[-1],
        "resolved_at": moments[-1] if status is IssueStatus.FIXED else None,
        "resolved_check_id": checks[-1] if status is IssueStatus.FIXED else None,
        "occurrence_count": len(checks) - first,
        "introduced_commit": "8c1f0e2d7b6a", "introduced_at": moments[first] - timedelta(days=1),
        "introduced_by": "Ada",
        **other,
    }  # fmt: skip


def _snippet(line: int) -> str:
    return "\n".join(
        ("def scan(request):",
         "    symbol = request.args['symbol']",
         f"    cursor.execute('SELECT * FROM positions WHERE symbol = ' + symbol)  # {HOSTILE} {line}",
         "    return cursor.fetchall()")
    )  # fmt: skip


def _add_changes(session: Session, checks: tuple[int, ...], by_rule: dict[str, list[int]]) -> None:
    rows = session.execute(
        select(HealthIssue.id, HealthIssue.first_check_id, HealthIssue.resolved_check_id, HealthIssue.regressed)
        .where(HealthIssue.id.in_([one for ids in by_rule.values() for one in ids]))
    ).all()  # fmt: skip
    changes = []
    for row in rows:
        if row.regressed:
            changes.append((checks[-1], row.id, HealthChange.REGRESSED))
        elif row.first_check_id is not None and row.first_check_id != checks[0]:
            changes.append((row.first_check_id, row.id, HealthChange.NEW))
        if row.resolved_check_id is not None:
            changes.append((row.resolved_check_id, row.id, HealthChange.RESOLVED))
    named = ("check_id", "issue_id", "change")
    session.execute(insert(HealthIssueChange), [dict(zip(named, one, strict=True)) for one in changes])


def _add_files(session: Session, repository_id: int, check_id: int, paths: list[str], dice: random.Random) -> None:
    rows = []
    for number, path in enumerate(paths):
        lines = int(40 + 900 * dice.random() ** 2)
        rows.append(
            {
                "repository_id": repository_id, "path": path, "blob": "0" * 40, "lines": lines,
                "score": None if number == 3 else max(3, 100 - int(lines / 11) - dice.randrange(25)),
                "churn_commits": int(18 * dice.random() ** 3), "churn_lines": int(400 * dice.random() ** 2),
                "complexity": dice.randrange(2, 42), "issues": dice.randrange(9),
                "coverage_percent": None if number % 4 == 0 else round(100 * dice.random(), 1),
                "documented_percent": round(100 * dice.random(), 1),
                "feature_area": path.split("/")[1], "check_id": check_id,
            }
        )  # fmt: skip
    session.execute(insert(HealthFile), rows)
