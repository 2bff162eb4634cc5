"""The SQL of the backlog that is more than a lookup."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, text, update
from sqlalchemy.orm import Session, aliased

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.values import COLUMNS, Enhancement, enhancement_from
from ci_core.errors import NotFound
from db import tables
from db.enums import DependencyKind
from db.tables.enhancements import SCORES

ENHANCEMENTS = cast(Table, tables.Enhancement.__table__)
STORED = tuple(ENHANCEMENTS.c[name] for name in (*COLUMNS, "board_rank"))
UNEXPLAINED = tuple(column for column in STORED if column.name not in ("ai_reasoning", "score_breakdown"))
Stored = dict[str, Any]
LARGEST_ID = 2**63 - 1
OPEN = tuple(status.value for status in OPEN_STATUSES)
SCORER_READS = (
    "title", "description", "category", "priority", "complexity", "estimated_hours", "tags", "score_overrides",
)  # fmt: skip
SCORER_WRITES = (*SCORES, "ai_reasoning", "score_breakdown", "scored_by")

THIS_TRANSACTION = text("SELECT pg_current_xact_id()::text::bigint")
WAITING_FOR = text("""
    WITH RECURSIVE waits (blocker, id) AS (
        SELECT d.other_id, d.enhancement_id
        FROM ci_enhancement_dependencies d JOIN ci_enhancements w ON w.id = d.enhancement_id
        WHERE d.kind = 'blocked_by' AND w.status = ANY (:open) AND d.other_id = ANY (:ids)
        UNION
        SELECT waits.blocker, d.enhancement_id
        FROM waits JOIN ci_enhancement_dependencies d ON d.other_id = waits.id AND d.kind = 'blocked_by'
        JOIN ci_enhancements w ON w.id = d.enhancement_id AND w.status = ANY (:open)
    )
    SELECT blocker, count(*) AS waiting FROM waits GROUP BY blocker
""")
WAITED_FOR = text("""
    WITH RECURSIVE blockers (id) AS (
        SELECT other_id FROM ci_enhancement_dependencies WHERE kind = 'blocked_by' AND enhancement_id = ANY (:ids)
        UNION
        SELECT d.other_id FROM blockers JOIN ci_enhancement_dependencies d ON d.enhancement_id = blockers.id
        WHERE d.kind = 'blocked_by'
    )
    SELECT id FROM blockers
""")
STORE_SCORES = text(f"""
    UPDATE ci_enhancements e SET {", ".join(f"{name} = n.{name}" for name in SCORER_WRITES)}
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (
        id bigint, {", ".join(f"{name} numeric" for name in SCORES)},
        ai_reasoning text, score_breakdown jsonb, scored_by text)
    WHERE e.id = n.id
""")  # noqa: S608 - names of columns, no input


def usable_id(enhancement_id: int) -> int:
    """The id itself, so that a number no column can hold is simply not found.

    Raises:
        NotFound: no enhancement can have this id.
    """
    if isinstance(enhancement_id, bool) or not 1 <= enhancement_id <= LARGEST_ID:
        raise NotFound(f"There is no enhancement #{enhancement_id}.")
    return enhancement_id


def stored_row(session: Session, enhancement_id: int) -> Stored:
    """The columns `STORED` of one enhancement.

    Raises:
        NotFound: there is none with this id.
    """
    row = session.execute(select(*STORED).where(ENHANCEMENTS.c.id == usable_id(enhancement_id))).first()
    if row is None:
        raise NotFound(f"There is no enhancement #{enhancement_id}.")
    return row._asdict()


def locked_rows(session: Session, ids: Collection[int], *, with_blockers: bool = False) -> Mapping[int, Stored]:
    """The columns `STORED` of these enhancements, which nobody else can change until the transaction ends.

    Args:
        with_blockers: lock also what these wait for, because the change will reach the scores of those, and what
            waits for them, because that comes up when its last blocker is done.

    Raises:
        NotFound: one of them does not exist.
    """
    found = present_rows(session, [usable_id(item) for item in ids], with_blockers=with_blockers)
    for item in ids:
        if item not in found:
            raise NotFound(f"There is no enhancement #{item}.")
    return {item: found[item] for item in ids}


def present_rows(
    session: Session, ids: Collection[int], *, with_blockers: bool = False, explained: bool = True
) -> Mapping[int, Stored]:
    """As `locked_rows`, of those that exist; unless `explained`, without the words behind the scores."""
    asked = {item for item in ids if 1 <= item <= LARGEST_ID}
    wanted = asked | blockers_of(session, asked) | waiting_for(session, asked) if with_blockers else asked
    # All at once and in the order of ids, so that two who lock the same ones cannot wait for each other. Comments,
    # which only refer to the row, are not held up by this kind of lock.
    columns = STORED if explained else UNEXPLAINED
    rows = session.execute(
        select(*columns)
        .where(ENHANCEMENTS.c.id.in_(wanted))
        .order_by(ENHANCEMENTS.c.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row._asdict() for row in rows if row.id in asked}


def blockers_still_open(session: Session, ids: Collection[int]) -> Mapping[int, tuple[tuple[int, str], ...]]:
    """For each of these enhancements that waits for others: the id and title of every blocker that is still open."""
    dependency, blocker = tables.Dependency, aliased(tables.Enhancement)
    rows = session.execute(
        select(dependency.enhancement_id, blocker.id, blocker.title)
        .join(blocker, blocker.id == dependency.other_id)
        .where(
            dependency.enhancement_id.in_(ids),
            dependency.kind == DependencyKind.BLOCKED_BY.value,
            blocker.status.in_(OPEN),
        )
        .order_by(dependency.enhancement_id, blocker.id)
    )
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for waiting, blocker_id, title in rows:
        found[waiting] = (*found.get(waiting, ()), (blocker_id, title))
    return found


def unblocks_counts(session: Session, ids: Collection[int]) -> Mapping[int, int]:
    """How many open enhancements wait for each of these, directly or through other open ones; without the zeros."""
    rows = session.execute(WAITING_FOR, {"ids": list(ids), "open": list(OPEN)})
    return {row.blocker: row.waiting for row in rows}


def blockers_of(session: Session, ids: Collection[int]) -> set[int]:
    """The enhancements that these wait for, directly or through others, whatever their status."""
    return set(session.scalars(WAITED_FOR, {"ids": list(ids)}))


def waiting_for(session: Session, ids: Collection[int]) -> set[int]:
    """The enhancements that wait for one of these directly, whatever their status."""
    link = tables.Dependency
    return set(
        session.scalars(
            select(link.enhancement_id).where(
                link.other_id.in_(list(ids)), link.kind == DependencyKind.BLOCKED_BY.value
            )
        )
    )


def rows_to_score(session: Session, ids: Collection[int]) -> list[Stored]:
    """What a scorer reads and what it last wrote, of those of these enhancements that exist; locked."""
    rows = session.execute(
        select(*(ENHANCEMENTS.c[name] for name in ("id", *SCORER_READS, *SCORER_WRITES)))
        .where(ENHANCEMENTS.c.id.in_(ids))
        .order_by(ENHANCEMENTS.c.id)
        .with_for_update(key_share=True)
    )
    return [row._asdict() for row in rows]


def insert_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Enhancement]:
    """Add enhancements, all with the same columns, in one statement; gives them in the same order."""
    names = list(rows[0])
    statement = text(
        f"INSERT INTO ci_enhancements ({', '.join(names)}) "  # noqa: S608 - names of our own columns
        f"SELECT {', '.join(f'new.{name}' for name in names)} "
        "FROM jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS given (item, place), "
        "LATERAL jsonb_populate_record(NULL::ci_enhancements, given.item) AS new "
        f"ORDER BY given.place RETURNING {', '.join(column.name for column in STORED)}"
    )
    stored = session.execute(statement, {"rows": json.dumps(list(rows), default=str)})
    # Ids are given in the order of insertion.
    return sorted((enhancement_from(row._asdict()) for row in stored), key=lambda item: item.id)


def write_rows(
    session: Session, values: Mapping[int, Mapping[str, Any]], *, read: bool = True
) -> dict[int, Enhancement]:
    """Write columns of many enhancements, by their ids, in as many statements as there are sets of columns.

    Each row is written once; gives them as they are stored then, or (unless `read`) nothing.
    """
    written: dict[int, Enhancement] = {}
    alike: dict[tuple[str, ...], list[int]] = {}
    for item, columns in values.items():
        alike.setdefault(tuple(sorted(columns)), []).append(item)
    for names, items in alike.items():
        rows = [{"id": item, **values[item]} for item in items]
        assigned = ", ".join(f"{name} = n.{name}" for name in names)
        statement = text(
            f"UPDATE ci_enhancements e SET {assigned} "  # noqa: S608 - names of our own columns
            "FROM jsonb_populate_recordset(NULL::ci_enhancements, CAST(:rows AS jsonb)) AS n WHERE e.id = n.id "
            + (f"RETURNING {', '.join(f'e.{column.name}' for column in STORED)}" if read else "")
        )
        stored = session.execute(statement, {"rows": json.dumps(rows, default=_as_json_value)})
        if read:
            written |= {row.id: enhancement_from(row._asdict()) for row in stored}
    return written


def _as_json_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def store_scores(session: Session, rows: str) -> None:
    """Write the score columns of many enhancements at once; `rows` is a JSON list of objects with their ids."""
    session.execute(STORE_SCORES, {"rows": rows})


def write_columns(session: Session, enhancement_id: int, values: Mapping[str, Any]) -> Enhancement:
    """Write these columns of one enhancement and give it as it is stored then."""
    stored = session.execute(
        update(ENHANCEMENTS).where(ENHANCEMENTS.c.id == enhancement_id).values(dict(values)).returning(*STORED)
    )
    return enhancement_from(stored.one()._asdict())
