"""What changed in a period, one line per enhancement, people's changes and agents' apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from ci_core.backlog.audit_log import Entry
from ci_core.backlog.history import told
from ci_core.backlog.history_words import describe, mentioned
from ci_core.overview import queries
from ci_core.overview.values import Block, Hint, Line, Period
from db.enums import Status

PEOPLE_SHOWN = 12
AGENTS_SHOWN = 4
# Of lines that say the same of different items, as after an import.
SAME_SHOWN = 3
# Of one item; more would make a paragraph of a line.
ENTRIES_READ = 12
WORDS_SHOWN = 4
FIELDS = tuple(Entry.__dataclass_fields__)
# The clock is read and the number taken one after the other: two sessions may do it crosswise, some entries apart.
CROSSWISE = 1_000


def changes_in(session: Session, person: str, period: Period) -> tuple[Block, Block]:
    """What people other than `person` changed in the period, and what agents changed, newest first."""
    first = max(0, session.execute(queries.FIRST_SINCE, {"since": period.since}).scalar_one() - CROSSWISE)
    asked = {"first": first, "since": period.since, "person": person, "derived": queries.DERIVED}
    rows = session.execute(queries.CHANGED_ITEMS, {**asked, "people": PEOPLE_SHOWN, "agents": AGENTS_SHOWN}).all()
    items = sorted({row.item for row in rows if row.item is not None})
    entries = session.execute(queries.ENTRIES, {**asked, "items": items, "most": ENTRIES_READ}).all() if items else []
    found = [(row.item, row.by_agent, Entry(*(getattr(row, name) for name in FIELDS))) for row in entries]
    known = mentioned(entry for _, _, entry in found) | set(items)
    cards = {row.id: row for row in session.execute(queries.TITLES, {"ids": sorted(known)})} if known else {}
    people, agents = (
        _block(rows, by_agent, [(item, entry) for item, agent, entry in found if agent is by_agent], cards)
        for by_agent in (False, True)
    )
    return people, agents


def _block(
    rows: Iterable[Row[Any]], by_agent: bool, entries: Sequence[tuple[int, Entry]], cards: Mapping[int, Row[Any]]
) -> Block:
    titles = {card.id: card.title for card in cards.values()}
    lines: list[Line] = []
    said: Counter[str] = Counter()
    rest: dict[str, Counter[str]] = {}
    total = 0
    for row in (row for row in rows if row.by_agent is by_agent):
        total += row.items
        if row.item is None:
            rest.setdefault(row.actor, Counter()).update(_kinds(row))
            continue
        own = [entry for item, entry in entries if item == row.item]
        line = _line(row.item, own, cards.get(row.item), titles)
        if line is None:
            continue
        said[line.note] += 1
        if said[line.note] <= SAME_SHOWN:
            lines.append(line)
        else:
            kind = "added" if any(entry.action == "insert" for entry in own) else "changed"
            rest.setdefault(own[-1].actor, Counter())[kind] += 1
    more = tuple(_rest(actor, kinds) for actor, kinds in rest.items())
    key, title, hint = (
        ("agents", "By agents", "No agent changed anything in this time.")
        if by_agent
        else ("people", "By your colleagues", "Nobody else changed anything in this time.")
    )
    return Block(key, title, tuple(lines), total, more, hint=None if lines else Hint(hint))


def _line(item: int, entries: Sequence[Entry], card: Row[Any] | None, titles: Mapping[int, str]) -> Line | None:
    """Entries come oldest first; None where they only accompany what another line tells."""
    kept = list(told(entries, item))
    if not kept:
        return None
    shown = kept[-WORDS_SHOWN:]
    sentences = [
        f"{actor} {', '.join(dict.fromkeys(describe(entry, item, titles) for entry in group))}"
        for actor, group in groupby(shown, key=lambda entry: entry.actor)
    ]
    if len(kept) > len(shown):
        sentences.insert(0, "earlier changes")
    last = kept[-1]
    lost = next((entry.before or {} for entry in reversed(kept) if entry.action == "delete"), {})
    return Line(
        card.title if card else str(lost.get("title", "a deleted enhancement")),
        "; ".join(sentences),
        enhancement_id=item if card else None,
        status=Status(card.status) if card else None,
        at=last.occurred_at,
    )


def _kinds(row: Row[Any]) -> dict[str, int]:
    changed = row.items - row.added - row.deleted - row.scored
    return {"added": row.added, "changed": changed, "scored": row.scored, "deleted": row.deleted}


def _rest(actor: str, kinds: Mapping[str, int]) -> str:
    items = sum(kinds.values())
    told = ", ".join(f"{count:,} {kind}" if count != items else kind for kind, count in kinds.items() if count)
    return f"and {items:,} more by {actor}: {told}"
