"""Two people edit at once: what of a stale change still stands, and what is a conflict.

The rule is Taiga's (`taiga/projects/occ`): a write based on an older version succeeds unless a field that it changes
was changed by somebody else since that version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import EditConflict, InvalidInput

CHANGED_SINCE = text("""
    SELECT a.row_id, a.changed_fields, a.before, a.actor
    FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS bigint[])) AS seen (id, version)
    JOIN ci_audit_log a ON a.table_name = 'ci_enhancements' AND a.row_id = seen.id
        AND a.action = 'update' AND a.row_version > seen.version
    ORDER BY a.id
""")


@dataclass(frozen=True, slots=True)
class SinceThen:
    """What became of one field after the version that a writer saw: its value then, and who changed it last."""

    value_then: Any
    changed_by: str


def check_version(stored_version: int, expected_version: int | None) -> None:
    """Accept a version that the enhancement has or had; None stands for the newest.

    Raises:
        InvalidInput: there is no such version (yet).
    """
    if expected_version is not None and not 1 <= expected_version <= stored_version:
        raise InvalidInput(
            "expected_version", f"Version {expected_version} does not exist; the newest is {stored_version}."
        )


def changed_since(session: Session, enhancement_id: int, version: int) -> dict[str, SinceThen]:
    """The fields of an enhancement that were changed after `version`."""
    return changed_since_all(session, {enhancement_id: version}).get(enhancement_id, {})


def changed_since_all(session: Session, versions: Mapping[int, int]) -> dict[int, dict[str, SinceThen]]:
    """For each of these enhancements, the fields that were changed after the version given with it."""
    if not versions:
        return {}
    rows = session.execute(CHANGED_SINCE, {"ids": list(versions), "versions": list(versions.values())})
    found: dict[int, dict[str, SinceThen]] = {}
    for enhancement_id, changed_fields, before, actor in rows:
        since = found.setdefault(enhancement_id, {})
        for field in changed_fields:
            then = since[field].value_then if field in since else (before or {}).get(field)
            since[field] = SinceThen(then, actor)
    return found


def refuse_conflicts(
    enhancement_id: int, stored: Mapping[str, Any], wanted: Mapping[str, Any], since: Mapping[str, SinceThen]
) -> None:
    """Refuse when a field of `wanted` was changed since.

    Raises:
        EditConflict: with both versions of those fields.
    """
    both = [field for field in wanted if field in since]
    if both:
        raise EditConflict(
            enhancement_id,
            yours={field: _as_json(wanted[field]) for field in both},
            theirs={field: _as_json(stored[field]) for field in both},
            current_version=stored["version"],
            changed_by=since[both[-1]].changed_by,
        )


def fields_to_write(
    session: Session, stored: Mapping[str, Any], wanted: Mapping[str, Any], expected_version: int | None
) -> dict[str, Any]:
    """Of the values `wanted`, those that really change something.

    A value that equals what is stored changes nothing; neither does one that equals what the writer saw, when others
    have changed that field since: a form sends all of its fields.

    Raises:
        InvalidInput: there is no such version.
        EditConflict: somebody else changed one of these fields to another value since `expected_version`.
    """
    check_version(stored["version"], expected_version)
    differing = {field: value for field, value in wanted.items() if value != stored[field]}
    if not differing or expected_version in (None, stored["version"]):
        return differing
    return mine_of(stored, differing, changed_since(session, stored["id"], expected_version))


def mine_of(stored: Mapping[str, Any], differing: Mapping[str, Any], since: Mapping[str, SinceThen]) -> dict[str, Any]:
    """Of the values that differ from what is stored, those that the writer really changed.

    Raises:
        EditConflict: somebody else changed one of these fields to another value since.
    """
    mine = {
        field: value
        for field, value in differing.items()
        if field not in since or _as_json(value) != since[field].value_then
    }
    refuse_conflicts(stored["id"], stored, mine, since)
    return mine


def _as_json(value: Any) -> Any:
    """The value as the audit log shows it after a way through JSON."""
    return float(value) if isinstance(value, Decimal) else value
