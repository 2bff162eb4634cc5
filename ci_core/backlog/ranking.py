"""Manual rank: where cards land between their neighbours in a column.

A column is ordered by `board_position`, a decimal in (0, 1), then by id. A card that nobody has placed has a position
by its score (about 0.1 to 0.9); a placed one has a `board_rank` between its neighbours. Ranks are exact decimals with
just the digits they need: bisecting the same gap again adds about 0.3 of a digit.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ci_core.errors import NotAllowed
from db import tables
from db.enums import Status

LOWEST = Decimal(0)
HIGHEST = Decimal(1)
# At an end there is no neighbour to keep away from; a small step leaves room for hundreds of thousands more.
END_STEP = Decimal(1) / Decimal(64)
# An entry of PostgreSQL's index holds about 5,400 digits.
MOST_DIGITS = 5_000
EXACT = Context(prec=3 * MOST_DIGITS, rounding=ROUND_HALF_EVEN)
COARSE = Context(prec=6, rounding=ROUND_FLOOR)


def spread(low: Decimal, high: Decimal, count: int) -> list[Decimal]:
    """`count` rising decimals strictly between `low` and `high`, evenly apart, with as few digits as that needs.

    Raises:
        NotAllowed: the gap has been halved so often (some 17,000 times) that its digits do not fit any more.
    """
    step = COARSE.divide(EXACT.subtract(high, low), Decimal(count + 1))
    digits = 1 - step.adjusted()
    if digits > MOST_DIGITS:
        raise NotAllowed("There is no room left between these two cards. Move one of them a little away first.")
    unit = Decimal(1).scaleb(-digits, EXACT)
    return [EXACT.quantize(EXACT.add(low, step * place), unit) for place in range(1, count + 1)]


def ranks_in_gap(low: Decimal | None, high: Decimal | None, count: int) -> list[Decimal]:
    """Ranks for `count` cards below the card at `low` and above the one at `high`; None where there is no card.

    Raises:
        NotAllowed: as `spread` does.
    """
    bottom, top = low if low is not None else LOWEST, high if high is not None else HIGHEST
    room = EXACT.subtract(top, bottom)
    if low is None and high is not None:
        bottom = EXACT.subtract(top, EXACT.multiply(room, END_STEP))
    elif high is None and low is not None:
        top = EXACT.add(bottom, EXACT.multiply(room, END_STEP))
    return spread(bottom, top, count)


def lock_column(session: Session, status: Status) -> None:
    """Let nobody else place cards in this column until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ci_board_column"), func.hashtext(status.value))))


def ranks_beside(
    session: Session, status: Status, moving: Collection[int], after_id: int | None, before_id: int | None
) -> list[Decimal] | None:
    """Ranks that put the cards `moving` right below `after_id`, or else right above `before_id`, as they stand now.

    A neighbour that has left the column meanwhile does not count; None when neither is there.

    Raises:
        NotAllowed: as `spread` does.
    """
    card = tables.Enhancement
    others = (card.status == status.value, card.id.not_in(moving))
    for neighbour_id, above in ((after_id, False), (before_id, True)):
        if neighbour_id is None:
            continue
        position = session.scalar(select(card.board_position).where(card.id == neighbour_id, *others))
        if position is None:
            continue
        beyond, nearest = (
            (card.board_position < position, func.max(card.board_position))
            if above
            else (card.board_position > position, func.min(card.board_position))
        )
        far = session.scalar(select(nearest).where(beyond, *others))
        low, high = (far, position) if above else (position, far)
        return ranks_in_gap(low, high, len(moving))
    return None
