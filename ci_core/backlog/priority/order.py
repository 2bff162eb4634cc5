"""In which order to do things: the most urgent first, and what others wait for before them.

Something that is waited for is as urgent as the most urgent thing that waits for it, directly or through others; so
what unblocks much comes up. A score that a person set is the last word: it is not lifted by what waits, and nothing
that waits for it comes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the order.

    Attributes:
        rank: 1 is first.
        urgency: what it is ordered by, 0–100; its own score, or that of what waits for it.
        lifted_by: what waits for it and is more urgent than itself.
        held_by: what it waits for and a person put lower.
    """

    id: int
    rank: int
    urgency: float
    lifted_by: int | None = None
    held_by: int | None = None


def order_of_work(
    scores: Mapping[int, float], blocked_by: Mapping[int, Collection[int]], decided: Collection[int] = ()
) -> list[Place]:
    """All of `scores` in the order to do them.

    Args:
        scores: 0–100 by id.
        blocked_by: by id, what has to be done before; what has no score is not looked at.
        decided: those whose score a person set.

    Raises:
        ValueError: some wait for each other in a circle, so that there is no order.
    """
    before = {one: [other for other in blocked_by.get(one, ()) if other in scores] for one in scores}
    depth = _depths(before)
    upward = sorted(scores, key=lambda one: -depth[one])  # what waits comes before what it waits for
    urgency, lifted_by, waiting = dict(scores), dict[int, int](), dict.fromkeys(scores, 0)
    kept = set(decided)
    for one in upward:
        for other in before[one]:
            waiting[other] += 1
            if urgency[one] > urgency[other] and other not in kept:
                urgency[other] = urgency[one]
                lifted_by[other] = lifted_by.get(one, one)
    held_by: dict[int, int] = {}
    for one in reversed(upward):
        for other in before[one]:
            if urgency[one] > urgency[other]:
                urgency[one] = urgency[other]
                held_by[one] = held_by.get(other, other)
                lifted_by.pop(one, None)
    # Of what is equally urgent: first what waits for nothing else, then what most others wait for.
    ordered = sorted(scores, key=lambda one: (-urgency[one], depth[one], -waiting[one], -scores[one], one))
    return [Place(one, rank, urgency[one], lifted_by.get(one), held_by.get(one)) for rank, one in enumerate(ordered, 1)]


def _depths(before: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """By id, the length of the longest chain of what has to be done before it."""
    left = {one: len(others) for one, others in before.items()}
    after: dict[int, list[int]] = {}
    for one, others in before.items():
        for other in others:
            after.setdefault(other, []).append(one)
    free = [one for one, count in left.items() if not count]
    depth = dict.fromkeys(free, 0)
    while free:
        one = free.pop()
        for waiting in after.get(one, ()):
            depth[waiting] = max(depth.get(waiting, 0), depth[one] + 1)
            left[waiting] -= 1
            if not left[waiting]:
                free.append(waiting)
    circle = sorted(one for one, count in left.items() if count)
    if circle:
        raise ValueError(f"{', '.join(f'#{one}' for one in circle[:5])} wait for each other")
    return depth
