"""The SQL of proposals: what is to be repaired, what stands on the board for it, and what hangs on what."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ci_core.health.proposals.values import ACTIVE, PROPOSED_BY_ITSELF, GroupKey, IssueBehind, Standing
from db.enums import HealthChange, IssueStatus, IssueType, Severity, Status

ACTIVE_NAMES = sorted(status.value for status in ACTIVE)
# `c` is the churn of its file; without a row of files it is not known.
ISSUES = """
    SELECT i.id, i.rule, i.severity, i.issue_type, i.title, i.message, i.status, i.first_detected_at, i.last_seen_at,
        i.checker, i.file_path, i.line_number, i.scope, i.snippet, i.feature_area, i.details ->> 'subject' AS subject,
        i.details ->> 'package' AS package,
        i.cwe, i.effort_minutes, i.auto_fixable, i.regressed, i.introduced_at, i.introduced_commit, i.enhancement_id,
        i.repository_id,
        r.name AS repository, f.churn_commits AS commits
    FROM ci_health_issues i JOIN ci_health_repositories r ON r.id = i.repository_id
    LEFT JOIN ci_health_files f ON f.repository_id = i.repository_id AND f.path = i.file_path
"""
TO_REPAIR = text(f"""{ISSUES}
    WHERE i.repository_id = :repository AND i.status = ANY (:active)
    AND (i.severity = ANY (:severe) OR i.enhancement_id IS NOT NULL)
    ORDER BY i.id
""")
BY_ID = text(f"{ISSUES} WHERE i.id = ANY (:ids) ORDER BY i.id")
LOCKED = text("SELECT id FROM ci_health_issues WHERE id = ANY (:ids) ORDER BY id FOR UPDATE")
BEHIND = text(f"""{ISSUES}
    WHERE i.enhancement_id = ANY (:ids)
    ORDER BY i.status <> ALL (:active), array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], i.severity),
        i.file_path, i.line_number, i.id
    LIMIT :most
""")
ACTIVE_BEHIND = text(f"""{ISSUES}
    WHERE i.enhancement_id = :id AND i.status = ANY (:active)
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], i.severity), i.file_path, i.line_number,
        i.id
""")
KEY = text("SELECT rule, area FROM ci_health_proposals WHERE enhancement_id = :id ORDER BY id LIMIT 1")
COUNTED = text("""
    SELECT i.status, count(*) AS number FROM ci_health_issues i WHERE i.enhancement_id = :id GROUP BY i.status
""")
# A proposal that was merged into another one goes on there. One that was deleted, and brought back by an undo, is known
# by its issues, which came back with it.
KNOWN = text("""
    WITH RECURSIVE placed (id, enhancement_id) AS (
        SELECT p.id, coalesce(p.enhancement_id, (
            SELECT max(e.id) FROM ci_health_issues i JOIN ci_enhancements e ON e.id = i.enhancement_id
            WHERE i.repository_id = p.repository_id AND i.rule = p.rule AND e.created_by = :agent
            AND (p.area = '*' OR p.area = coalesce(CASE
                WHEN i.file_path IS NOT NULL AND i.details ->> 'package' IS NULL THEN i.feature_area
                ELSE coalesce(i.details ->> 'package', i.details ->> 'subject') END, ''))))
        FROM ci_health_proposals p WHERE p.repository_id = :repository
    ), final (proposal, id, into_id) AS (
        SELECT p.id, e.id, e.merged_into_id FROM placed p JOIN ci_enhancements e ON e.id = p.enhancement_id
        UNION ALL
        SELECT f.proposal, e.id, e.merged_into_id FROM final f JOIN ci_enhancements e ON e.id = f.into_id
    )
    SELECT p.id, p.rule, p.area, p.standing, p.told, e.id AS enhancement_id, e.status,
        e.id IS DISTINCT FROM placed.enhancement_id AS merged
    FROM ci_health_proposals p JOIN placed ON placed.id = p.id
    LEFT JOIN final f ON f.proposal = p.id AND f.into_id IS NULL
    LEFT JOIN ci_enhancements e ON e.id = f.id
""")
STORE = text("""
    INSERT INTO ci_health_proposals (repository_id, rule, area, enhancement_id, standing, told, created_at, updated_at)
    VALUES (:repository, :rule, :area, :enhancement, CAST(:standing AS jsonb), :told, :now, :now)
    ON CONFLICT (repository_id, rule, area) DO UPDATE SET
        enhancement_id = excluded.enhancement_id, standing = excluded.standing, told = excluded.told,
        updated_at = excluded.updated_at
    WHERE (ci_health_proposals.enhancement_id, ci_health_proposals.standing, ci_health_proposals.told)
        IS DISTINCT FROM (excluded.enhancement_id, excluded.standing, excluded.told)
""")
LINK = text("""
    UPDATE ci_health_issues i SET enhancement_id = n.enhancement_id
    FROM jsonb_to_recordset(CAST(:links AS jsonb)) AS n (id bigint, enhancement_id bigint)
    WHERE i.id = n.id AND i.enhancement_id IS DISTINCT FROM n.enhancement_id
""")
# Of every enhancement that an issue of this repository stands behind: all of its issues, whichever repository's.
LINKED = text("""
    SELECT e.id, e.status, e.title, count(*) FILTER (WHERE i.status = ANY (:active)) AS active,
        count(*) FILTER (WHERE i.status = 'fixed') AS fixed,
        count(*) FILTER (WHERE i.status IN ('wont_fix', 'false_positive')) AS dismissed,
        count(*) FILTER (WHERE i.status = ANY (:active) AND EXISTS (
            SELECT FROM ci_health_changes c
            WHERE c.check_id = :check AND c.issue_id = i.id AND c.change = :regressed)) AS regressed
    FROM ci_enhancements e JOIN ci_health_issues i ON i.enhancement_id = e.id
    WHERE e.merged_into_id IS NULL AND e.id IN (
        SELECT enhancement_id FROM ci_health_issues WHERE repository_id = :repository AND enhancement_id IS NOT NULL)
    GROUP BY e.id ORDER BY e.id
""")
# Who last said where an enhancement stands.
LAST_MOVED = text("""
    SELECT DISTINCT ON (row_id) row_id, actor FROM ci_audit_log
    WHERE table_name = 'ci_enhancements' AND row_id = ANY (:ids) AND 'status' = ANY (changed_fields)
    ORDER BY row_id, id DESC
""")
# Fields that somebody else wrote are theirs from then on.
OTHERS_FIELDS = text("""
    SELECT DISTINCT row_id, unnest(changed_fields) AS field FROM ci_audit_log
    WHERE table_name = 'ci_enhancements' AND row_id = ANY (:ids) AND action = 'update' AND actor <> :actor
""")


@dataclass(frozen=True, slots=True)
class Known:
    """A group that was proposed before; `enhancement_id` is where it stands now, None where it was deleted.

    `own`: it is the one that was proposed, and not one that it was merged into; its text is the agent's then, as far as
    nobody else has written it.
    """

    key: GroupKey
    standing: Standing
    told: str
    enhancement_id: int | None
    status: Status | None
    own: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """An enhancement with issues behind it, and how many are in which state; `regressed`: back since this check."""

    id: int
    status: Status
    title: str
    active: int
    fixed: int
    dismissed: int
    regressed: int


def issues_to_repair(session: Session, repository_id: int) -> list[IssueBehind]:
    """What is active and severe, or behind an enhancement."""
    values = {
        "repository": repository_id,
        "active": ACTIVE_NAMES,
        "severe": [severity.value for severity in PROPOSED_BY_ITSELF],
    }
    return [_issue(row) for row in session.execute(TO_REPAIR, values)]


def issues_by_id(session: Session, ids: Collection[int]) -> list[IssueBehind]:
    """These issues, locked until the transaction ends; those that do not exist are missing."""
    session.execute(LOCKED, {"ids": sorted(ids)})
    return [_issue(row) for row in session.execute(BY_ID, {"ids": sorted(ids)})]


def issues_behind(session: Session, ids: Collection[int], most: int) -> list[IssueBehind]:
    """The issues behind these enhancements, what is still to be repaired first, the worst first."""
    rows = session.execute(BEHIND, {"ids": list(ids), "active": ACTIVE_NAMES, "most": most})
    return [_issue(row) for row in rows]


def active_behind(session: Session, enhancement_id: int) -> list[IssueBehind]:
    """What is still to be repaired behind an enhancement, the worst first."""
    rows = session.execute(ACTIVE_BEHIND, {"id": enhancement_id, "active": ACTIVE_NAMES})
    return [_issue(row) for row in rows]


def key_of(session: Session, enhancement_id: int) -> GroupKey | None:
    """What an enhancement was proposed for; None where the agent did not propose it."""
    row = session.execute(KEY, {"id": enhancement_id}).first()
    return None if row is None else GroupKey(row.rule, row.area)


def counts_behind(session: Session, enhancement_id: int) -> dict[IssueStatus, int]:
    """How many issues are behind an enhancement, by their status."""
    return {IssueStatus(row.status): row.number for row in session.execute(COUNTED, {"id": enhancement_id})}


def known_groups(session: Session, repository_id: int, agent: str) -> dict[GroupKey, Known]:
    """What was proposed for this repository before."""
    found = {}
    for row in session.execute(KNOWN, {"repository": repository_id, "agent": agent}):
        key = GroupKey(row.rule, row.area)
        status = Status(row.status) if row.status else None
        standing = Standing.from_json(row.standing)
        found[key] = Known(key, standing, row.told, row.enhancement_id, status, own=not row.merged)
    return found


def linked_enhancements(session: Session, repository_id: int, check_id: int) -> list[Linked]:
    """The enhancements that issues of this repository stand behind."""
    values = {
        "repository": repository_id,
        "check": check_id,
        "active": ACTIVE_NAMES,
        "regressed": HealthChange.REGRESSED.value,
    }
    return [
        Linked(row.id, Status(row.status), row.title, row.active, row.fixed, row.dismissed, row.regressed)
        for row in session.execute(LINKED, values)
    ]


def store_group(
    session: Session,
    repository_id: int,
    key: GroupKey,
    enhancement_id: int | None,
    standing: Standing,
    told: str,
    now: datetime,
) -> None:
    """Remember what was proposed for a group."""
    values = {
        "repository": repository_id,
        "rule": key.rule,
        "area": key.area,
        "enhancement": enhancement_id,
        "standing": json.dumps(standing.as_json()),
        "told": told,
        "now": now,
    }
    session.execute(STORE, values)


def link(session: Session, links: Mapping[int, int]) -> None:
    """Put issues behind enhancements, by their ids."""
    if links:
        rows = [{"id": issue, "enhancement_id": enhancement} for issue, enhancement in sorted(links.items())]
        session.execute(LINK, {"links": json.dumps(rows)})


def last_moved_by(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Who last moved each of these enhancements; those that never moved are missing."""
    return {row.row_id: row.actor for row in session.execute(LAST_MOVED, {"ids": list(ids)})}


def fields_of_others(session: Session, ids: Collection[int], actor: str) -> dict[int, set[str]]:
    """By enhancement, the fields that somebody else than `actor` has written."""
    written: dict[int, set[str]] = {}
    for row in session.execute(OTHERS_FIELDS, {"ids": list(ids), "actor": actor}):
        written.setdefault(row.row_id, set()).add(row.field)
    return written


def _issue(row: Row[Any]) -> IssueBehind:
    values = row._asdict()
    for name, kind in (("severity", Severity), ("issue_type", IssueType), ("status", IssueStatus)):
        values[name] = kind(values[name])
    return IssueBehind(**values)
