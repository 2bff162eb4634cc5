"""Which of the defects seen now is which of those known: keys from strong to weak, each known one used once.

Position says little: a header added to every file moves all. A statement with the function around it says nearly all,
and where it was edited, the parts of it that were not. Measured on known edits and on real history by
`benchmarks/health_identities.py`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import NamedTuple

from ci_core.health.places import Place

# The names of the keys, strongest first; a key that says too little to go by is empty.
STEPS = (
    "neighbours",  # scope, statement, message, and the statements beside it
    "message",  # scope, statement, message
    "statement",  # scope, statement
    "anonymous",  # scope and message and statement, without the names of local variables
    "anonymous_statement",
    "moved",  # the statement in another scope; a whole function under another name
    "moved_anonymous",
    "expression",  # scope, and of the statement only what the checker points at
    "said",  # scope, message
    "scope",
    "elsewhere",  # as "neighbours"; joins across files
)
# A return of what was fixed is told by keys with a statement in them only: a new defect is not an old one's return
# because it is of the same kind in the same function.
SURE = STEPS[: STEPS.index("said")]
# So short a statement, such as "pass", is found anywhere.
TELLING = 40
# Beyond so many twins on both sides the order alone decides.
MOST_ALIGNED = 60

QUOTED = re.compile(r"""(?P<quote>[`'"])(?P<name>[^\W\d][\w.]*)(?P=quote)""")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Marked(NamedTuple):
    """A defect with its keys, by an id of the caller's; `path` and `line` are as of its side."""

    id: int
    rule: str
    path: str | None
    line: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Matching:
    """Which known one is which seen one; and by which step each known one was found."""

    pairs: Mapping[int, int] = field(default_factory=dict)
    steps: Mapping[int, str] = field(default_factory=dict)


def keys_of(
    place: Place, message: str, *, path: str | None = None, subject: str | None = None, weak: bool = True
) -> tuple[str, ...]:
    """The keys of a defect at a place, one for each of `STEPS`; rule and path are compared beside them.

    Args:
        path: its file, whose name may stand in the message.
        subject: what of the repository it concerns where that is no place in a file, such as a package.
        weak: whether it may be recognised without its statement, which can hide a new defect behind an old one.
    """
    if path is not None:
        message = message.replace(path, "$path").replace(PurePosixPath(path).name, "$file")
    said = _without_numbers(message)
    said_anonymously = _without_numbers(_without_names(message, place.local))
    # A function that bears another name now is called by it in the message.
    said_elsewhere = _without_numbers(_without_names(message, {place.scope, place.scope.rpartition(".")[2]}))
    said_without_names = _without_names(said_elsewhere, place.local)
    if subject is not None or not place.begins:
        about = subject if subject is not None else said
        one = _digest("subject", about)
        return tuple(one if name in {"message", "statement"} else "" for name in STEPS)
    scope, statement = place.scope, place.statement
    neighbours = _digest(scope, statement, said, place.before, place.after)
    keys = {
        "neighbours": neighbours,
        "message": _digest(scope, statement, said),
        "statement": _digest(scope, statement),
        "anonymous": _digest(scope, place.anonymous, said_anonymously),
        "anonymous_statement": _digest(scope, place.anonymous),
        "moved": _digest(place.moved, said_elsewhere),
        "moved_anonymous": _digest(place.moved_anonymous, said_without_names),
        "expression": _digest(scope, place.expression) if len(place.expression) >= TELLING else "",
        "said": _digest(scope, said_anonymously) if weak else "",
        "scope": _digest(scope) if weak and place.in_function else "",
        "elsewhere": neighbours if len(statement) >= TELLING else "",
    }
    return tuple(keys[name] for name in STEPS)


def match(
    known: Iterable[Marked],
    seen: Iterable[Marked],
    renames: Mapping[str, str] | None = None,
    *,
    steps: Collection[str] = STEPS,
) -> Matching:
    """Join what is known with what is seen; both only of one repository.

    Args:
        renames: path of then → path of now.
        steps: only by these.
    """
    renames = renames or {}
    left = [one._replace(path=renames.get(one.path, one.path)) if one.path else one for one in known]
    free = list(seen)
    pairs: dict[int, int] = {}
    by: dict[int, str] = {}
    anchors = _Anchors()
    for index, name in enumerate(STEPS):
        if name not in steps or not left or not free:
            continue
        groups = _grouped(free, index, name == "elsewhere")
        both = [(old, groups[key]) for key, old in _grouped(left, index, name == "elsewhere").items() if key in groups]
        # Those without twins tell how far the lines around them moved, which tells twins apart.
        for alone in (True, False):
            found = [
                pair
                for old, new in both
                if (len(old) == len(new) == 1) is alone
                for pair in _aligned(old, new, anchors)
            ]
            for one, other in found:
                pairs[one.id], by[one.id] = other.id, name
            anchors.add(found)
        taken = set(pairs.values())
        left = [one for one in left if one.id not in pairs]
        free = [one for one in free if one.id not in taken]
    return Matching(pairs, by)


class _Anchors:
    """Where lines of then are now, by those defects that were found again already."""

    def __init__(self) -> None:
        self._lines: dict[str | None, list[tuple[int, int]]] = defaultdict(list)

    def add(self, found: Iterable[tuple[Marked, Marked]]) -> None:
        changed = set()
        for one, other in found:
            self._lines[one.path].append((one.line, other.line - one.line))
            changed.add(one.path)
        for path in changed:
            self._lines[path].sort()

    def expected(self, one: Marked) -> int:
        """The line where a defect should be now: moved as far as the nearest one that was found."""
        lines = self._lines.get(one.path)
        if not lines:
            return one.line
        at = bisect_left(lines, (one.line, 0))
        near = min(lines[max(0, at - 1) : at + 1], key=lambda pair: abs(pair[0] - one.line))
        return one.line + near[1]

    def sure(self, one: Marked) -> int | None:
        """The same, where what was found before it and after it moved alike; not so where functions changed places."""
        lines = self._lines.get(one.path, [])
        at = bisect_left(lines, (one.line, 0))
        moved = {shift for _, shift in lines[max(0, at - 1) : at + 1]}
        return one.line + moved.pop() if len(moved) == 1 and 0 < at < len(lines) else None


def fingerprint(rule: str, path: str | None, keys: Sequence[str], number: int) -> str:
    """What other tools know a defect by: 32 hexadecimal digits; `number` tells twins apart, from 0."""
    text = "\0".join((rule, path or "", keys[STEPS.index("message")], str(number)))
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _grouped(some: Iterable[Marked], step: int, anywhere: bool) -> dict[tuple[str, str | None, str], list[Marked]]:
    groups: dict[tuple[str, str | None, str], list[Marked]] = defaultdict(list)
    for one in some:
        if step < len(one.keys) and (key := one.keys[step]):
            groups[one.rule, None if anywhere else one.path, key].append(one)
    for group in groups.values():
        group.sort(key=lambda one: (one.path or "", one.line, one.id))
    return groups


def _aligned(old: Sequence[Marked], new: Sequence[Marked], anchors: _Anchors) -> list[tuple[Marked, Marked]]:
    """Twins: first those that stand where they should be now, the rest in their order."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    here: dict[tuple[str | None, int], list[Marked]] = defaultdict(list)
    for other in reversed(new):
        here[other.path, other.line].append(other)
    found = [(one, standing.pop()) for one in old if (standing := here.get((one.path, anchors.sure(one) or 0)))]
    gone, come = {one.id for one, _ in found}, {other.id for _, other in found}
    left = [one for one in old if one.id not in gone]
    return found + _in_order(left, [one for one in new if one.id not in come], anchors)


def _in_order(old: Sequence[Marked], new: Sequence[Marked], anchors: _Anchors) -> list[tuple[Marked, Marked]]:
    """Twins in their order; where some came or went, so that together they moved as little as possible."""
    if len(old) == len(new) or min(len(old), len(new)) > MOST_ALIGNED or max(len(old), len(new)) > 10 * MOST_ALIGNED:
        return list(zip(old, new, strict=False))
    expected, found = [anchors.expected(one) for one in old], [one.line for one in new]
    if len(old) > len(new):
        return [(old[place], one) for place, one in zip(_chosen(found, expected), new, strict=True)]
    return [(one, new[place]) for one, place in zip(old, _chosen(expected, found), strict=True)]


def _chosen(few: Sequence[int], many: Sequence[int]) -> list[int]:
    """Which places of `many` belong to those of `few`, in order, at the least sum of distances."""
    best = [0] * (len(many) + 1)
    taken: list[list[bool]] = []
    for row, line in enumerate(few):
        costs = [_FAR] * (len(many) + 1)
        took = [False] * (len(many) + 1)
        for column in range(row + 1, len(many) + 1):
            take = best[column - 1] + abs(line - many[column - 1])
            costs[column], took[column] = min((take, True), (costs[column - 1], False), key=lambda pair: pair[0])
        best = costs
        taken.append(took)
    places = []
    column = len(many)
    for row in range(len(few) - 1, -1, -1):
        while not taken[row][column]:
            column -= 1
        places.append(column - 1)
        column -= 1
    return places[::-1]


_FAR = 1 << 60


def _without_names(message: str, names: Collection[str]) -> str:
    """A message with these names left out, as far as it quotes them."""
    return QUOTED.sub(lambda found: "$" if found["name"] in names else found[0], message)


def _without_numbers(message: str) -> str:
    return NUMBER.sub("#", " ".join(message.split()))


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
