"""Which item of an edited wishlist is which item of the last import. Pure: no database, no files."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

LONGEST_KEY = 300
# Beyond so many leftovers on both sides (a rewritten file), only items at a near position are compared.
COMPARE_ALL = 150
WINDOW = 25
LEAST_WORDS_TO_TELL = 5


@dataclass(frozen=True, slots=True)
class ItemText:
    """What an item is recognised by: its words and its place in the document."""

    title: str
    section: tuple[str, ...] = ()
    identifier: str | None = None
    description: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of (old index, new index), and the indices on either side that have no partner; all in document order."""

    pairs: tuple[tuple[int, int], ...]
    missing: tuple[int, ...]
    new: tuple[int, ...]


def item_keys(items: Sequence[ItemText]) -> list[str]:
    """A key per item, unique in its document: section and title, and a count where both repeat."""
    seen: Counter[str] = Counter()
    keys = []
    for item in items:
        key = " / ".join((*item.section, item.title)).casefold()
        if len(key) > LONGEST_KEY:
            key = f"{key[:LONGEST_KEY]}…{hashlib.sha256(key.encode()).hexdigest()[:12]}"
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key} #{seen[key]}")
    return keys


def match_items(old: Sequence[ItemText], new: Sequence[ItemText], *, same_title_only: bool = False) -> Matches:
    """Pair the items of two versions of a document.

    The surest evidence goes first: the same section and title, then the same title anywhere (a moved section). What is
    left is paired by a weighing of title, body, identifier and neighbours, so that an edited title or a new number
    keeps its identity, while an item that merely took the number of a deleted one does not inherit it.
    """
    state = _State(old, new)
    state.pair_equal(lambda item: (_folded(item.section), _plain(item.title)))
    state.pair_equal(lambda item: _plain(item.title))
    if not same_title_only:
        state.pair_alike()
    pairs = tuple(sorted(state.partner.items(), key=lambda pair: pair[1]))
    matched_new = {there for _, there in pairs}
    return Matches(
        pairs,
        missing=tuple(i for i in range(len(old)) if i not in state.partner),
        new=tuple(i for i in range(len(new)) if i not in matched_new),
    )


@dataclass(slots=True)
class _State:
    old: Sequence[ItemText]
    new: Sequence[ItemText]
    partner: dict[int, int] = field(default_factory=dict)  # old index → new index

    def left(self) -> tuple[list[int], list[int]]:
        taken = set(self.partner.values())
        return (
            [i for i in range(len(self.old)) if i not in self.partner],
            [i for i in range(len(self.new)) if i not in taken],
        )

    def pair_equal(self, key: Callable[[ItemText], Hashable]) -> None:
        """Pair leftovers of equal `key`; among several of one key, equal bodies first and then in their order."""
        old_left, new_left = self.left()
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for there in new_left:
            groups[key(self.new[there])].append(there)
        for same_body in (True, False):
            for here in old_left:
                candidates = groups.get(key(self.old[here]), [])
                if here in self.partner or not candidates:
                    continue
                body = _plain(self.old[here].description)
                equal = [there for there in candidates if _plain(self.new[there].description) == body]
                chosen = equal[0] if equal else candidates[0]
                if same_body and not equal:
                    continue
                self.partner[here] = chosen
                candidates.remove(chosen)

    def pair_alike(self) -> None:
        """Pair leftovers that are likely one item with an edited title, best evidence first."""
        old_left, new_left = self.left()
        if not old_left or not new_left:
            return
        slots_old, slots_new = self._slots(old_left, new_left)
        near = len(old_left) + len(new_left) <= COMPARE_ALL
        weighed = []
        for i, here in enumerate(old_left):
            for j, there in enumerate(new_left):
                if near or abs(i - j) <= WINDOW:
                    weight = _weigh(self.old[here], self.new[there], slots_old[here] == slots_new[there])
                    if weight:
                        weighed.append((-weight, abs(i - j), here, there))
        taken: set[int] = set()
        for _, _, here, there in sorted(weighed):
            if here not in self.partner and there not in taken:
                self.partner[here] = there
                taken.add(there)

    def _slots(self, old_left: list[int], new_left: list[int]) -> tuple[dict[int, object], dict[int, object]]:
        """Between which matched neighbours each leftover stands, told in old indices."""
        origin = {there: here for here, there in self.partner.items()}
        return (
            {here: _neighbours(here, len(self.old), lambda i: i if i in self.partner else None) for here in old_left},
            {there: _neighbours(there, len(self.new), origin.get) for there in new_left},
        )


def _neighbours(index: int, count: int, matched: Callable[[int], int | None]) -> tuple[int | None, int | None]:
    before = next((m for i in range(index - 1, -1, -1) if (m := matched(i)) is not None), None)
    after = next((m for i in range(index + 1, count) if (m := matched(i)) is not None), None)
    return before, after


def _weigh(old: ItemText, new: ItemText, same_slot: bool) -> float:
    """How likely both are one item, about 0–3; 0 when the evidence is not enough."""
    title = similarity(_plain(old.title), _plain(new.title))
    body = _body_similarity(old.description, new.description)
    same_section = _folded(old.section) == _folded(new.section)
    same_identifier = old.identifier is not None and old.identifier == new.identifier
    telling_identifier = same_identifier and bool(re.search(r"[^\W\d]", old.identifier or ""))
    both_bare = not old.description.strip() and not new.description.strip()
    enough = (
        (telling_identifier and same_section)
        or (title >= 0.8 and (same_section or same_slot))
        or body >= 0.8
        or (title >= 0.5 and (body >= 0.4 or same_slot or (same_identifier and same_section)))
        or (same_identifier and same_section and same_slot and (title >= 0.3 or body >= 0.3 or both_bare))
    )
    if not enough:
        return 0.0
    return title + body + 0.5 * same_identifier + 0.5 * telling_identifier + 0.3 * same_section + 0.4 * same_slot


def _body_similarity(old: str, new: str) -> float:
    """Shared share of words, 0–1; bodies of a few words tell nothing and count 0."""
    first, second = Counter(_plain(old).split()), Counter(_plain(new).split())
    if min(first.total(), second.total()) < LEAST_WORDS_TO_TELL:
        return 0.0
    return (first & second).total() / max(first.total(), second.total())


def similarity(first: str, second: str) -> float:
    """How alike two lines are as strings, 0–1 (Ratcliff and Obershelp, as in difflib)."""
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.quick_ratio() < 0.3:
        return 0.0
    return matcher.ratio()


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _folded(section: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_plain(part) for part in section)
