"""What happened to the work, as columns: every change of a status, without what was taken back.

An undone move never happened: it shifts no figure. A move that is undone, and whose undo is undone, happened when it
was made first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.enums import Status

Whole = NDArray[np.int64]
Seconds = NDArray[np.float64]
Flags = NDArray[np.bool_]

STATUSES = tuple(Status)
CODES = {status: code for code, status in enumerate(STATUSES)}
# Deleted, or merged into another one, which carries on the work.
GONE = -1
COMPLETED, ARCHIVED = CODES[Status.COMPLETED], CODES[Status.ARCHIVED]
IN_PROGRESS, BLOCKED = CODES[Status.IN_PROGRESS], CODES[Status.BLOCKED]


@dataclass(frozen=True, slots=True, eq=False)
class StatusEvents:
    """Columns of equal length in the order in which the changes were made.

    Attributes:
        items: ids of enhancements.
        at: when, in seconds since 1970 (UTC).
        status: the code of the status that was entered (see `CODES`), or `GONE`.
        undo: whether the change took another one back.
    """

    items: Whole
    at: Seconds
    status: Whole
    undo: Flags

    @classmethod
    def of(cls, events: Collection[tuple[int, float, Status | None, bool]]) -> StatusEvents:
        """Events given one by one: id, seconds, status (None for gone), whether it is an undo."""
        items, at, status, undo = zip(*events, strict=True) if events else ((), (), (), ())
        codes = [GONE if one is None else CODES[one] for one in status]
        return cls(
            np.array(items, np.int64), np.array(at, np.float64), np.array(codes, np.int64), np.array(undo, np.bool_)
        )

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """The way of each item through the statuses: one row per step, sorted by item, then by time.

    `leaves` is when the status of the row was left again (infinity: it stands); `first` and `last` mark the ends of an
    item's journey.
    """

    items: Whole
    status: Whole
    at: Seconds
    leaves: Seconds
    first: Flags
    last: Flags

    def only(self, ids: Collection[int]) -> Journeys:
        """The journeys of these items."""
        keep = np.isin(self.items, np.fromiter(ids, np.int64, len(ids)))
        return Journeys(*(getattr(self, name)[keep] for name in self.__slots__))


def journeys_of(events: StatusEvents) -> Journeys:
    """The journeys that stand: changes that were taken back are left out, and steps that lead nowhere."""
    order = np.argsort(events.items, kind="stable")
    order = order[_standing(events.items[order], events.status[order], events.undo[order])]
    items, at, status = events.items[order], events.at[order], events.status[order]
    first = _starts(items)
    moved = first | (status != np.roll(status, 1))
    items, at, status = items[moved], at[moved], status[moved]
    first = _starts(items)
    last = np.roll(first, -1)
    leaves = np.where(last, np.inf, np.roll(at, -1))
    return Journeys(items, status, at, leaves, first, last)


def _starts(items: Whole) -> Flags:
    """Where another item begins in a sorted column."""
    starts = np.ones(len(items), np.bool_)
    starts[1:] = items[1:] != items[:-1]
    return starts


def _standing(items: Whole, status: Whole, undo: Flags) -> Flags:
    keep = np.ones(len(items), np.bool_)
    if not undo.any():
        return keep
    touched = np.flatnonzero(np.isin(items, np.unique(items[undo])))
    for rows in np.split(touched, np.flatnonzero(_starts(items[touched]))[1:]):
        _drop_undone(rows.tolist(), status, undo, keep)
    return keep


def _drop_undone(rows: list[int], status: Whole, undo: Flags, keep: Flags) -> None:
    """Of one item's rows, mark the undone ones and their undos as not to be kept."""
    made: list[int] = []
    taken_back: list[int] = []
    for row in rows:
        now = status[made[-1]] if made else GONE
        before = status[made[-2]] if len(made) > 1 else GONE
        if undo[row] and made and status[row] == before:
            taken_back.append(made.pop())
            keep[taken_back[-1]] = keep[row] = False
        elif undo[row] and taken_back and status[row] == status[taken_back[-1]] != now:
            made.append(taken_back.pop())
            keep[made[-1]], keep[row] = True, False
        else:
            made.append(row)
            taken_back.clear()
