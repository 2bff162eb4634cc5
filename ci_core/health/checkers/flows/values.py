"""What is known of a value while a file is read: where it came from, and what it is, as far as that is certain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

# Stands in a text for what is not known of it.
HOLE = "\0"
LONGEST_TEXT = 4000
ABSENT: object = object()


class Origin(IntEnum):
    """How far away a value comes from; the further, the likelier that somebody chose it to do harm."""

    UNKNOWN = 0
    ARGUMENT = 1
    LOCAL = 2
    OUTSIDE = 3


@dataclass(frozen=True, slots=True)
class Taint:
    """One thing that a value was made of; `safe` names the dangers that something on the way took from it."""

    origin: Origin
    label: str
    line: int
    safe: frozenset[str] = frozenset()


NO_TAINT: frozenset[Taint] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of one value.

    Attributes:
        taints: what it was made of that is not certain.
        const: the value itself, where it is certain and simple; else `ABSENT`.
        text: of a string, with `HOLE` for each part that is not known; None where it may be no string at all.
        items: the elements of a list or tuple, or the values of a mapping by key, where all are known.
        kind: what it is, as a dotted path: "os.path", "sqlite3.connect().cursor".
    """

    taints: frozenset[Taint] = NO_TAINT
    const: object = ABSENT
    text: str | None = None
    items: tuple[Value, ...] | dict[object, Value] | None = None
    kind: str = ""

    @property
    def is_const(self) -> bool:
        """Whether it is known for certain."""
        return self.const is not ABSENT

    @property
    def shown(self) -> str:
        """Its text, as far as known."""
        return HOLE if self.text is None else self.text

    def all_taints(self) -> frozenset[Taint]:
        """Its own and its elements' taints."""
        if not self.items:
            return self.taints
        inside = self.items.values() if isinstance(self.items, dict) else self.items
        return self.taints.union(*(value.all_taints() for value in inside))

    def made_safe(self, dangers: Iterable[str]) -> Value:
        """The same, without these dangers."""
        if not self.taints and not self.items:
            return self
        added = frozenset(dangers)
        taints = frozenset(replace(taint, safe=taint.safe | added) for taint in self.taints)
        items = self.items
        if isinstance(items, dict):
            items = {key: value.made_safe(added) for key, value in items.items()}
        elif items is not None:
            items = tuple(value.made_safe(added) for value in items)
        return replace(self, taints=taints, items=items)


CLEAN = Value()


def known(const: object) -> Value:
    """A value that is certain."""
    return Value(const=const, text=const if isinstance(const, str) and len(const) <= LONGEST_TEXT else None)


def a_kind(kind: str) -> Value:
    """Something of which only its dotted path is known, such as a module."""
    return Value(kind=kind)


def unknown(label: str, line: int, origin: Origin = Origin.UNKNOWN, kind: str = "") -> Value:
    """Something that came from elsewhere."""
    return Value(taints=frozenset({Taint(origin, label, line)}), kind=kind)


def made_of(values: Iterable[Value], *, text: str | None = None, kind: str = "") -> Value:
    """Something that was made of all of these."""
    taints = NO_TAINT.union(*(value.all_taints() for value in values))
    return Value(taints=taints, text=None if text is None else text[:LONGEST_TEXT], kind=kind)


def either(first: Value, second: Value) -> Value:
    """What is known where it may be one or the other."""
    if first is second:
        return first
    const = first.const if _same(first.const, second.const) else ABSENT
    items = _either_items(first.items, second.items)
    taints = first.taints | second.taints
    if items is None and (first.items or second.items):
        taints = first.all_taints() | second.all_taints()
    return Value(taints, const, _either_text(first, second), items, first.kind if first.kind == second.kind else "")


Items = tuple[Value, ...] | dict[object, Value] | None


def _either_items(first: Items, second: Items) -> Items:
    """Where one way has put more into a list or a mapping than the other, it may all be in there."""
    if first == second:
        return first
    if isinstance(first, tuple) and isinstance(second, tuple):
        shorter, longer = sorted((first, second), key=len)
        return tuple(either(*pair) for pair in zip(first, second, strict=False)) + longer[len(shorter) :]
    if isinstance(first, dict) and isinstance(second, dict):
        both = {key: either(first[key], second[key]) for key in first.keys() & second.keys()}
        return {**first, **second, **both}
    return None


def _same(first: object, second: object) -> bool:
    return first is second or (type(first) is type(second) and first == second)


def _either_text(first: Value, second: Value) -> str | None:
    """Where both begin alike, that much is known; of two certain texts without a hole, the longer tells more."""
    one, other = first.text, second.text
    if one == other:
        return one
    if one is None or other is None:
        # Something that may be no text at all, or one of which nothing is known.
        lacking = first if one is None else second
        return (one or other) if lacking.is_const else HOLE
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    if length == min(len(one), len(other)):
        return max(one, other, key=len)
    return one[:length] + HOLE


Env = dict[str, Value]


def joined(first: Env | None, second: Env | None) -> Env | None:
    """What is known where two ways meet; None is a way that ends."""
    if first is None or second is None:
        return first if second is None else second
    if first is second:
        return first
    result = dict(first)
    for name, value in second.items():
        before = first.get(name)
        if before is not value:
            result[name] = value if before is None else either(before, value)
    return result
