"""Which of the defects seen now is which of those known: keys from strong to weak, each known one used once.

Position says little: a header added to every file moves all. A statement with the function around it says nearly all,
and where it was edited, the parts of it that were not. Measured on known edits and on real history by
`benchmarks/health_identities.py`.
"""

from __future__ import annotations

import re
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
    shifts: dict[str | None, list[int]] = defaultdict(list)
    for index, name in enumerate(STEPS):
        if name not in steps or not left or not free:
            continue
        anywhere = name == "elsewhere"
        groups = _grouped(free, index, anywhere)
        for key, old in _grouped(left, index, anywhere).items():
            new = groups.get(key)
            if not new:
                continue
            shift = _middle(shifts[old[0].path])
            for one, other in _aligned(old, new, shift):
                pairs[one.id], by[one.id] = other.id, name
                shifts[one.path].append(other.line - one.line)
        taken = set(pairs.values())
        left = [one for one in left if one.id not in pairs]
        free = [one for one in free if one.id not in taken]
    return Matching(pairs, by)


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


def _aligned(old: Sequence[Marked], new: Sequence[Marked], shift: int) -> list[tuple[Marked, Marked]]:
    """Twins, in their order; where some came or went, so that together they moved as little as possible."""
    if len(old) == len(new) or min(len(old), len(new)) > MOST_ALIGNED or max(len(old), len(new)) > 10 * MOST_ALIGNED:
        return list(zip(old, new, strict=False))
    if len(old) > len(new):
        return [(one, other) for other, one in _fewer_to_more(new, old, -shift)]
    return _fewer_to_more(old, new, shift)


def _fewer_to_more(few: Sequence[Marked], many: Sequence[Marked], shift: int) -> list[tuple[Marked, Marked]]:
    """Each of `few` with one of `many`, in order, at the least sum of moves (dynamic programming)."""
    best = [0] * (len(many) + 1)
    choices: list[list[bool]] = []
    for row, one in enumerate(few):
        line: list[int] = [_FAR] * (len(many) + 1)
        chosen = [False] * (len(many) + 1)
        for column in range(row + 1, len(many) + 1):
            take = best[column - 1] + abs(one.line + shift - many[column - 1].line)
            line[column], chosen[column] = min((take, True), (line[column - 1], False), key=lambda pair: pair[0])
        best = line
        choices.append(chosen)
    pairs = []
    column = len(many)
    for row in range(len(few) - 1, -1, -1):
        while not choices[row][column]:
            column -= 1
        pairs.append((few[row], many[column - 1]))
        column -= 1
    return pairs[::-1]


_FAR = 1 << 60


def _middle(values: list[int]) -> int:
    recent = sorted(values[-15:])
    return recent[len(recent) // 2] if recent else 0


def _without_names(message: str, names: Collection[str]) -> str:
    """A message with these names left out, as far as it quotes them."""
    return QUOTED.sub(lambda found: "$" if found["name"] in names else found[0], message)


def _without_numbers(message: str) -> str:
    return NUMBER.sub("#", " ".join(message.split()))


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
