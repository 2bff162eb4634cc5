"""What happened to a finding, in words that follow the name of who did it, from the audit log."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.audit_log import COLUMNS, Entry
from ci_core.backlog.history import Told
from db import tables
from db.enums import FindingStatus

Titles = Mapping[tuple[str, int], str]
NEWEST_CHANGES = 20
SHORT = 80
SILENT = frozenset({
    "scored_at", "score_details", "score_reasoning", "scored_by", "uncertain", "run_id", "links", "summary", "keywords",
    "technologies", "novelty_score", "applicability_score", "difficulty_score", "language", "identities",
    "canonical_url", "text_hash",
})  # fmt: skip
FINDINGS = tables.ResearchFinding.__tablename__
KIND = re.compile(r"[a-z][a-z0-9_]*")
SITES = {"arxiv": "arXiv", "github": "GitHub", "hacker_news": "Hacker News", "stack_overflow": "Stack Overflow"}


def site_name(source_type: str) -> str:
    """The kind of a site as people write it."""
    return SITES.get(source_type, source_type.replace("_", " ").capitalize())


def place_name(source_name: str) -> str:
    """A source as people read it: what came without a configured source bears the name of its kind of site."""
    return site_name(source_name) if KIND.fullmatch(source_name) else source_name


def history_of_finding(session: Session, finding_id: int, limit: int = NEWEST_CHANGES) -> tuple[Told, ...]:
    """The newest changes of a finding, newest first."""
    entry = tables.AuditEntry
    found = session.execute(
        select(*COLUMNS)
        .where(entry.table_name == FINDINGS, entry.row_id == finding_id)
        .order_by(entry.id.desc())
        .limit(limit)
    )
    entries = [Entry(*row) for row in found]
    titles = _titles(session, entries)
    made = _made(session, {item for column, item in titles if column == "enhancement_id"})
    return tuple(
        Told(one.occurred_at, one.actor, describe(one, titles, made), one.reason) for one in entries if _is_told(one)
    )


def describe(entry: Entry, titles: Titles, made: Collection[tuple[int, int]] = ()) -> str:
    """The change in words.

    Args:
        titles: of the enhancements and findings that it names, by (column, id).
        made: pairs of an enhancement and the transaction that created it.
    """
    before, after = entry.before or {}, entry.after or {}
    if entry.action == "insert":
        words = f"found it on {site_name(after.get('source_type', ''))}"
    elif entry.action == "delete":
        words = "deleted it"
    elif "status" in entry.changed_fields or "canonical_finding_id" in entry.changed_fields:
        words = _step(entry, before, after, titles, made)
    elif "snoozed_until" in entry.changed_fields:
        words = _snooze(after)
    elif "decision_reason" in entry.changed_fields:
        words = _because("changed the reason", after)
    elif "relevance_score" in entry.changed_fields:
        words = _scored(before, after)
    else:
        words = f"changed its {', '.join(name.replace('_', ' ') for name in entry.changed_fields)}"
    return f"{words} (undo)" if entry.undo_of is not None else words


def _is_told(entry: Entry) -> bool:
    # That it was read or scored anew with the same result is no news.
    return entry.action != "update" or not set(entry.changed_fields) <= SILENT


def _step(
    entry: Entry,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    titles: Titles,
    made: Collection[tuple[int, int]],
) -> str:
    status, was = after.get("status"), before.get("status")
    agent = entry.actor.startswith("agent:")
    if status == FindingStatus.CONVERTED_TO_ENHANCEMENT:
        item = after.get("enhancement_id")
        verb = "converted it to" if (item, entry.transaction_id) in made else "attached it as evidence to"
        return f"{verb} {_enhancement(item, titles)}"
    if status == FindingStatus.REJECTED:
        return _because("set it aside" if agent else "rejected it", after)
    if status == FindingStatus.DUPLICATE or after.get("canonical_finding_id") is not None:
        other = _finding(after.get("canonical_finding_id"), titles)
        return f"found that it repeats {other}" if agent else f"said that it is the same as {other}"
    if was == FindingStatus.DUPLICATE:
        return f"said that it is not the same as {_finding(before.get('canonical_finding_id'), titles)}"
    if was == FindingStatus.CONVERTED_TO_ENHANCEMENT:
        return f"took it back from {_enhancement(before.get('enhancement_id'), titles)}"
    if was == FindingStatus.REJECTED:
        return "brought it back to the feed"
    if status == FindingStatus.ANALYZED:
        return _scored(before, after)
    return f"marked it as {str(status).replace('_', ' ')}"


def _because(words: str, after: Mapping[str, Any]) -> str:
    reason = str(after.get("decision_reason") or "").removeprefix("Set aside: ")
    return f"{words}: {_short(reason)}" if reason else words


def _snooze(after: Mapping[str, Any]) -> str:
    if after.get("snoozed_until") is None:
        return "brought it back from its snooze"
    moment = datetime.fromisoformat(after["snoozed_until"]).astimezone(UTC)
    return f"snoozed it until {moment.day} {moment:%b %Y %H:%M} UTC"


def _scored(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    score, was = after.get("relevance_score"), before.get("relevance_score")
    if score is None:
        return "read it" if "relevance_score" not in after else "removed its score"
    return f"scored it {score:.0f}" + (f" instead of {was:.0f}" if was is not None else "")


def _enhancement(item: Any, titles: Titles) -> str:
    return f"#{item} {_short(titles.get(('enhancement_id', item), ''))}".rstrip()


def _finding(item: Any, titles: Titles) -> str:
    title = titles.get(("canonical_finding_id", item))
    return f"“{_short(title)}”" if title else f"finding {item}"


def _titles(session: Session, entries: Sequence[Entry]) -> dict[tuple[str, int], str]:
    titles: dict[tuple[str, int], str] = {}
    sides = [side for entry in entries for side in (entry.before, entry.after) if side]
    for column, owner_id, title in (
        ("enhancement_id", tables.Enhancement.id, tables.Enhancement.title),
        ("canonical_finding_id", tables.ResearchFinding.id, tables.ResearchFinding.source_title),
    ):
        ids = {side[column] for side in sides if side.get(column) is not None}
        if ids:
            rows = session.execute(select(owner_id, title).where(owner_id.in_(ids)))
            # One that is gone is named by its number.
            titles |= {(column, item): "" for item in ids} | {(column, row[0]): row[1] for row in rows}
    return titles


def _made(session: Session, ids: Collection[int]) -> set[tuple[int, int]]:
    """Pairs of these enhancements and the transactions that created them."""
    entry = tables.AuditEntry
    query = select(entry.row_id, entry.transaction_id).where(
        entry.table_name == tables.Enhancement.__tablename__, entry.row_id.in_(ids), entry.action == "insert"
    )
    return {(row[0] or 0, row[1]) for row in session.execute(query)} if ids else set()


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= SHORT else one_line[: SHORT - 1] + "…"
