"""The team's interests: short texts of what it wants to hear of, words that count, and words it does not want."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ci_core.backlog.queries import LARGEST_ID
from ci_core.backlog.validation import line
from ci_core.errors import InvalidInput, NotFound
from ci_core.research import insight_queries as queries
from db.engine import act_as
from db.enums import InterestKind
from db.tables import Interest

SHORTEST, LONGEST = 2, 400
MOST_WEIGHT = 5.0
USUAL_WEIGHT = 1.0
# How a message speaks of each kind.
CALLED = {
    InterestKind.INTEREST: "interest",
    InterestKind.KEYWORD: "keyword",
    InterestKind.UNWANTED: "unwanted text",
}


@dataclass(frozen=True, slots=True)
class TeamInterest:
    """One text of the team. `weight` is 0–5, 1 the usual; one that is not `enabled` does not count."""

    id: int
    kind: InterestKind
    wording: str
    weight: float
    enabled: bool
    created_by: str
    created_at: datetime


def list_interests(session: Session, kind: InterestKind | None = None) -> tuple[TeamInterest, ...]:
    """All texts, or those of one kind: interests, keywords, unwanted; the weightiest first, then by their letters."""
    order = case({kind.value: place for place, kind in enumerate(InterestKind)}, value=Interest.kind)
    found = select(Interest).order_by(order, Interest.weight.desc(), func.lower(Interest.wording), Interest.id)
    if kind is not None:
        found = found.where(Interest.kind == kind.value)
    return tuple(_value(row) for row in session.scalars(found))


def get_interest(session: Session, interest_id: int) -> TeamInterest:
    """One text.

    Raises:
        NotFound: there is none with this number.
    """
    return _value(_stored(session, interest_id))


def add_interest(
    session: Session, wording: str, kind: InterestKind = InterestKind.INTEREST, *, weight: float = 1.0, actor: str
) -> TeamInterest:
    """Add a text.

    Raises:
        InvalidInput: it is too short or too long, the weight cannot be, or the team has this text already.
    """
    text = checked_wording(wording)
    values = {"kind": kind.value, "wording": text, "weight": checked_weight(weight), "created_by": actor}
    act_as(session, actor)
    added = insert(Interest).values(**values).on_conflict_do_nothing().returning(Interest.id)
    interest_id = session.scalar(added)
    if interest_id is None:
        raise _taken(kind, text)
    return get_interest(session, interest_id)


def edit_interest(
    session: Session,
    interest_id: int,
    *,
    wording: str | None = None,
    weight: float | None = None,
    enabled: bool | None = None,
    actor: str,
) -> TeamInterest:
    """Change a text, its weight, or whether it counts; what is None stays as it is.

    Raises:
        InvalidInput: a value cannot be, or the team has another text of these words.
        NotFound: there is none with this number.
    """
    stored = _stored(session, interest_id, lock=True)
    values: dict[str, Any] = {}
    if wording is not None:
        values["wording"] = checked_wording(wording)
        if _another(session, stored, values["wording"]):
            raise _taken(InterestKind(stored.kind), values["wording"])
    if weight is not None:
        values["weight"] = checked_weight(weight)
    if enabled is not None:
        values["enabled"] = enabled
    changed = {name: value for name, value in values.items() if getattr(stored, name) != value}
    if changed:
        act_as(session, actor)
        session.execute(update(Interest).where(Interest.id == interest_id).values(**changed))
    return get_interest(session, interest_id)


def remove_interest(session: Session, interest_id: int, *, actor: str) -> TeamInterest:
    """Remove a text; gives it as it was. An undo brings it back.

    Raises:
        NotFound: there is none with this number.
    """
    removed = _value(_stored(session, interest_id, lock=True))
    act_as(session, actor)
    session.execute(delete(Interest).where(Interest.id == interest_id))
    return removed


def lately_matched(session: Session, *, since: datetime) -> dict[str, int]:
    """How many findings since then each text spoke for, by its wording in lower case.

    An interest counts where it was the nearest of all, a keyword where the finding has it; as the scorer recorded.
    """
    return {row.wording: row.found for row in queries.rows(session, queries.RECENT_MATCHES, since=since)}


def checked_wording(wording: object) -> str:
    """The text on one line, blanks made single.

    Raises:
        InvalidInput: it has fewer than 2 or more than 400 characters, or some that cannot be read.
    """
    text = line("wording", " ".join(wording.split()) if isinstance(wording, str) else wording, LONGEST)
    if len(text) < SHORTEST:
        raise InvalidInput("wording", f"A text of one's interests has at least {SHORTEST} characters.")
    return text


def checked_weight(weight: float) -> float:
    """The weight.

    Raises:
        InvalidInput: it is not between 0 and 5.
    """
    if not math.isfinite(weight) or not 0 <= weight <= MOST_WEIGHT:
        raise InvalidInput(
            "weight", f"A weight is between 0 and {MOST_WEIGHT:g}; 1 is the usual one, 0 counts nothing."
        )
    return round(float(weight), 3)


def _stored(session: Session, interest_id: int, *, lock: bool = False) -> Interest:
    wanted = select(Interest).where(Interest.id == interest_id)
    if lock:
        wanted = wanted.with_for_update()
    found = None
    if 0 < interest_id <= LARGEST_ID:
        found = session.scalar(wanted, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound(
            f"There is no interest {interest_id} (any more). `ci research interests list` shows those there are."
        )
    return found


def _another(session: Session, stored: Interest, wording: str) -> bool:
    same = select(Interest.id).where(
        Interest.kind == stored.kind, func.lower(Interest.wording) == func.lower(wording), Interest.id != stored.id
    )
    return session.scalar(same) is not None


def _taken(kind: InterestKind, wording: str) -> InvalidInput:
    return InvalidInput("wording", f"The team has the {CALLED[kind]} “{wording}” already.")


def _value(row: Interest) -> TeamInterest:
    return TeamInterest(
        row.id, InterestKind(row.kind), row.wording, round(row.weight, 3), row.enabled, row.created_by, row.created_at
    )
