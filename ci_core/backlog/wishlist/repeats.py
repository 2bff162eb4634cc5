"""Roadmaps, rankings and summaries name wishes a second time; only the place that describes a wish counts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from ci_core.backlog.wishlist.entries import Wish
from ci_core.backlog.wishlist.fields import is_telling
from ci_core.backlog.wishlist.headings import group_of
from ci_core.backlog.wishlist.items import SkippedPart
from ci_core.backlog.wishlist.sections import Found

_FEW = 3
_NEARLY_ALL = 0.8
_SOME = 0.25
_CANDIDATES = 60
_LITTLE = frozenset(
    """
    the a an and or of for to with in on by from add implement improve create build fix feature system support
    basic enhanced advanced full new more better mvp beta initial integration
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)


def _words(title: str) -> frozenset[str]:
    words = re.findall(r"\w+", title.lower())
    stems = {word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words}
    return frozenset(stems - _LITTLE) or frozenset(stems)


class Titles:
    """Known titles, to be asked whether a title names one of them in about the same words."""

    def __init__(self) -> None:
        self._by_word: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        self.count = 0

    def add(self, title: str) -> None:
        """Remembers a title."""
        words = _words(title)
        self.count += 1
        for word in words:
            self._by_word[word].append(words)

    def knows(self, title: str) -> bool:
        """True when the words of one title are about those of the other."""
        words = _words(title)
        for word in sorted(words, key=lambda word: len(self._by_word.get(word, ())))[:3]:
            for known in self._by_word.get(word, ())[:_CANDIDATES]:
                shared = len(words & known)
                if shared * 2 >= len(words | known) or (shared >= 2 and shared == min(len(words), len(known))):
                    return True
        return False


def leave_out_repeats(found: Found) -> tuple[list[Wish], list[SkippedPart]]:
    """The wishes without mere repetitions, and what was left out. Plans that alone name their wishes stay."""
    skipped = list(found.skipped)
    kept, bare = _by_substance(found.wishes)
    known = Titles()
    for wish in kept:
        known.add(wish.label.text)
    for batch in bare:
        share = _share_known(batch, known) if len(batch) > 1 else 0
        if share >= (_NEARLY_ALL if batch[0].is_row else 0.5):
            skipped.append(_skipped(batch, "a list that only names items described elsewhere"))
            continue
        if batch[0].is_row and share >= _SOME:
            # A table of all wishes, of which some have a section of their own as well.
            named = [wish for wish in batch if known.knows(wish.label.text)]
            skipped.extend(
                SkippedPart(wish.line, wish.label.text, "a row for an item described elsewhere") for wish in named
            )
            batch = [wish for wish in batch if wish not in named]
        kept.extend(batch)
        for wish in batch:
            known.add(wish.label.text)
    for part, wishes in found.plans:
        if wishes and _share_known(wishes, known) < 0.5 and (len(kept) < _FEW or _stands_alone(wishes)):
            kept.extend(wishes)
        elif part.why_not is not None:
            skipped.append(SkippedPart(part.heading.start + 1, part.label.text or part.label.full, part.why_not.reason))
    return kept, skipped


def _by_substance(wishes: Iterable[Wish]) -> tuple[list[Wish], list[list[Wish]]]:
    """Wishes with substance, and the lists whose entries are bare names."""
    batches: defaultdict[int, list[Wish]] = defaultdict(list)
    kept: list[Wish] = []
    for wish in wishes:
        if wish.batch is None:
            kept.append(wish)
        else:
            batches[wish.batch].append(wish)
    bare: list[list[Wish]] = []
    for batch in batches.values():
        if sum(wish.rich and "\n" in wish.body for wish in batch) * 2 >= len(batch):
            kept.extend(batch)
        else:
            bare.append(batch)
    return kept, bare


def _share_known(wishes: list[Wish], known: Titles) -> float:
    return sum(known.knows(wish.label.text) for wish in wishes) / len(wishes)


def _stands_alone(wishes: list[Wish]) -> bool:
    """A plan that describes wishes of its own: with fields or bodies."""
    own = [wish for wish in wishes if group_of(wish.label.text) is None]
    described = sum((wish.rich and "\n" in wish.body) or any(map(is_telling, wish.fields)) for wish in own)
    return bool(own) and described * 2 >= len(own)


def _skipped(batch: list[Wish], reason: str) -> SkippedPart:
    section = batch[0].context.section
    return SkippedPart(batch[0].line, section[-1] if section else batch[0].label.text, reason)
