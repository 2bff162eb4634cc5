"""The SQL of an issue's life: thousands of rows at a time, in few statements."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.enums import HealthChange

# What a sighting says of an issue anew each time. Whether any of it changed is found by comparing.
TOLD = {
    "issue_type": "text", "checker": "text", "title": "text", "message": "text", "file_path": "text",
    "line_number": "integer", "end_line": "integer", "column_number": "integer", "scope": "text", "snippet": "text",
    "feature_area": "text", "cwe": "text", "effort_minutes": "integer", "auto_fixable": "boolean", "fixer": "text",
    "details": "jsonb", "match_keys": "text[]", "severity": "text",
}  # fmt: skip
# What is no decision and no judgement: a statement that sets only these is not audited, which costs most of the time.
WHERE_IT_IS = (
    "message", "file_path", "line_number", "end_line", "column_number", "scope", "snippet", "details", "match_keys",
)  # fmt: skip
WHAT_IT_IS = tuple(name for name in TOLD if name not in WHERE_IT_IS)
Row = dict[str, Any]

# Locked until the check is stored, in the order of ids as decisions lock them: nobody dismisses meanwhile.
KNOWN = text(f"""
    SELECT id, rule, status, withdrawn, {", ".join(TOLD)}
    FROM ci_health_issues
    WHERE repository_id = :repository_id AND (status <> 'fixed' OR rule = ANY (:rules))
        AND (file_path IS NULL OR file_path NOT IN (SELECT unnest(CAST(:hidden AS text[]))))
    ORDER BY id FOR NO KEY UPDATE
""")  # noqa: S608 - constants of this module
LAPSE = text("""
    UPDATE ci_health_issues SET status = 'open', status_until = NULL, status_by = NULL, status_at = NULL
    WHERE id IN (
        SELECT id FROM ci_health_issues
        WHERE repository_id = :repository_id AND status_until <= :now
            AND status IN ('acknowledged', 'wont_fix', 'false_positive')
        ORDER BY id FOR NO KEY UPDATE)
    RETURNING id
""")
SEEN = text("""
    UPDATE ci_health_issues
    SET last_seen_at = :now, last_check_id = :check_id, occurrence_count = occurrence_count + 1
    WHERE id = ANY (:ids)
""")
RESOLVE = text("""
    UPDATE ci_health_issues
    SET status = 'fixed', regressed = false, resolved_at = :now, resolved_check_id = :check_id,
        status_reason = NULL, status_by = NULL, status_at = NULL, status_until = NULL
    WHERE id = ANY (:ids)
""")
WITHDRAW = text("UPDATE ci_health_issues SET withdrawn = true WHERE id = ANY (:ids)")
RESTORE = text("""
    UPDATE ci_health_issues
    SET status = 'open', withdrawn = false, resolved_at = NULL, resolved_check_id = NULL
    WHERE id = ANY (:ids)
""")
REGRESS = text("""
    UPDATE ci_health_issues
    SET status = 'open', regressed = true, regressions = regressions + 1, resolved_at = NULL, resolved_check_id = NULL
    WHERE id = ANY (:ids)
""")
# A dismissed one that is not there stays dismissed, for the case that it comes back; until then it is told as gone.
GONE = text("UPDATE ci_health_issues SET resolved_at = :now WHERE id = ANY (:ids) AND resolved_at IS NULL")
BACK = text("UPDATE ci_health_issues SET resolved_at = NULL WHERE id = ANY (:ids) AND resolved_at IS NOT NULL")
NOTE = text("""
    INSERT INTO ci_health_changes (check_id, issue_id, change)
    SELECT :check_id, id, :change FROM unnest(CAST(:ids AS bigint[])) AS given (id)
    ON CONFLICT DO NOTHING
""")
BLOBS = text("SELECT path, blob FROM ci_health_files WHERE repository_id = :repository_id AND blob <> ''")
VERSIONS = text("""
    SELECT DISTINCT ON (k.name) k.name, k.version
    FROM ci_health_checkers k JOIN ci_health_checks c ON c.id = k.check_id
    WHERE c.repository_id = :repository_id AND c.id < :check_id AND k.status IN ('completed', 'partial')
    ORDER BY k.name, c.id DESC
""")
TAKEN = text("""
    SELECT fingerprint FROM ci_health_issues WHERE repository_id = :repository_id AND fingerprint = ANY (:fingerprints)
""")
OPEN = text("""
    SELECT count(*) FROM ci_health_issues
    WHERE repository_id = :repository_id AND status IN ('open', 'acknowledged', 'fixing')
""")
_NEW = {"fingerprint": "text", "rule": "text", **TOLD}
INSERT = text(f"""
    INSERT INTO ci_health_issues (
        repository_id, first_detected_at, last_seen_at, first_check_id, last_check_id, {", ".join(_NEW)})
    SELECT :repository_id, :now, :now, :check_id, :check_id, {", ".join(f"n.{name}" for name in _NEW)}
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n ({", ".join(f"{name} {kind}" for name, kind in _NEW.items())})
    RETURNING id, fingerprint
""")  # noqa: S608 - constants of this module


def _rewrite(names: Sequence[str]) -> Any:
    """A statement that sets these columns of many issues."""
    return text(f"""
        UPDATE ci_health_issues i SET {", ".join(f"{name} = n.{name}" for name in names)}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (
            id bigint, {", ".join(f"{name} {TOLD[name]}" for name in names)})
        WHERE i.id = n.id
    """)  # noqa: S608 - constants of this module


REWRITE_PLACE = _rewrite(WHERE_IT_IS)
REWRITE_JUDGEMENT = _rewrite(WHAT_IT_IS)


def known(session: Session, repository_id: int, rules: Collection[str], hidden: Collection[str]) -> list[Row]:
    """Every issue that is not fixed, and of the fixed ones those of these rules; locked.

    Args:
        hidden: paths whose issues are not asked for.
    """
    rows = session.execute(KNOWN, {"repository_id": repository_id, "rules": sorted(rules), "hidden": sorted(hidden)})
    return [dict(row) for row in rows.mappings()]


def lapse(session: Session, repository_id: int, now: datetime) -> list[int]:
    """Open again what was dismissed or acknowledged until now."""
    return sorted(session.scalars(LAPSE, {"repository_id": repository_id, "now": now}))


def taken(session: Session, repository_id: int, fingerprints: Collection[str]) -> set[str]:
    """Those of the fingerprints that an issue has already."""
    values = {"repository_id": repository_id, "fingerprints": list(fingerprints)}
    return set(session.scalars(TAKEN, values))


def blobs(session: Session, repository_id: int) -> dict[str, str]:
    """What each file held when it was last looked at, as git tells contents apart, by path."""
    return {row.path: row.blob for row in session.execute(BLOBS, {"repository_id": repository_id})}


def versions(session: Session, repository_id: int, before: int) -> dict[str, str]:
    """The version that each checker had when it last came to an end before a check."""
    rows = session.execute(VERSIONS, {"repository_id": repository_id, "check_id": before})
    return {row.name: row.version for row in rows}


def insert(
    session: Session, repository_id: int, check_id: int, rows: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, int]:
    """Store new issues; gives their ids by fingerprint."""
    values = {"repository_id": repository_id, "check_id": check_id, "now": now, "rows": as_json(rows)}
    return {row.fingerprint: int(row.id) for row in session.execute(INSERT, values)} if rows else {}


def rewrite(session: Session, places: Sequence[Mapping[str, Any]], judgements: Sequence[Mapping[str, Any]]) -> None:
    """Store what changed of known issues: where they are, and what they are."""
    for statement, rows in ((REWRITE_PLACE, places), (REWRITE_JUDGEMENT, judgements)):
        if rows:
            session.execute(statement, {"rows": as_json(rows)})


def note(session: Session, check_id: int, change: HealthChange, ids: Iterable[int]) -> None:
    """Note what a check changed about issues."""
    if some := sorted(ids):
        session.execute(NOTE, {"check_id": check_id, "change": change.value, "ids": some})


def storable(value: str) -> str:
    """A text as the database takes it: bytes of names that are no UTF-8 as escapes, and without NUL."""
    return value.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def as_json(value: Any) -> str:
    """Plain JSON as the database takes it."""
    return json.dumps(plain_value(value), ensure_ascii=False)


def plain_value(value: Any) -> Any:
    """A value as it is once it was stored as JSON, so that it can be compared with what is."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {storable(str(name)): plain_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(one) for one in value]
    return storable(str(value))
