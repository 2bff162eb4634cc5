"""Dependencies named in the text of wishlists ("Depends on ML-001") as blockers, where they surely mean an item."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from posixpath import dirname

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ci_core.backlog.queries import blockers_of
from ci_core.backlog.scoring import ScoringPolicy, rescore
from ci_core.backlog.wishlist.file_import import Link
from ci_core.backlog.wishlist.origins import remember_blockers
from db.enums import DependencyKind
from db.tables import Dependency, Enhancement

IDENTIFIER = re.compile(r"^#?\s*(?P<code>[^\W\d_]{1,10}[-_ ]?\d+(?:\.\d+)*|\d+(?:\.\d+)*)(?=$|[\s:.,)(–—-])")


def add_named_blockers(session: Session, links: Sequence[Link], *, policy: ScoringPolicy) -> dict[str, int]:
    """Add blockers newly named in the text and remove those no longer named; gives how many were added, by path.

    A name counts when it is the identifier of exactly one item of the same file, or the title of exactly one item of
    the same file or, failing that, of the same folder. Nothing is guessed, no circle is closed, and a blocker that a
    person removed does not come back.
    """
    named = _resolve(links)
    changed = [link for link in links if named[link.origin_id] != set(link.blocked_by)]
    if not changed:
        return {}
    waits, asleep = _standing(session), _asleep(session)
    added: dict[str, int] = defaultdict(int)
    rows, touched, remembered = [], set(), {}
    for link in changed:
        here, accepted = link.enhancement_id, set(link.blocked_by) & named[link.origin_id]
        for other in sorted(set(link.blocked_by) - named[link.origin_id]):
            if other in waits[here]:
                _remove(session, here, other)
                waits[here].discard(other)
                touched.add(other)
        for other in sorted(named[link.origin_id] - set(link.blocked_by)):
            if _reaches(waits, asleep, other, here):
                continue  # a circle: the documents contradict each other, and the first word counts
            if other not in waits[here]:
                waits[here].add(other)
                rows.append({"enhancement_id": here, "other_id": other, "kind": DependencyKind.BLOCKED_BY.value})
                touched.add(other)
                added[link.path] += 1
            accepted.add(other)
        if accepted != set(link.blocked_by):
            remembered[link.origin_id] = sorted(accepted)
    if rows:
        session.execute(insert(Dependency), rows)
    remember_blockers(session, remembered)
    if touched:
        rescore(session, touched | blockers_of(session, touched), policy=policy)
    return dict(added)


def _resolve(links: Sequence[Link]) -> Mapping[int, set[int]]:
    """The enhancements that each item's text names, by id of the item's origin."""
    by_code: dict[tuple[str, str], set[int]] = defaultdict(set)
    by_title: dict[tuple[str, str], set[int]] = defaultdict(set)
    for link in links:
        if link.item.identifier:
            by_code[link.path, _code(link.item.identifier)].add(link.enhancement_id)
        for place in (link.path, dirname(link.path) + "/"):
            by_title[place, _plain(link.item.title)].add(link.enhancement_id)
    found: dict[int, set[int]] = {}
    for link in links:
        found[link.origin_id] = set()
        for name in link.item.dependencies:
            meant = _meant(name, link.path, by_code, by_title)
            if meant is not None and meant != link.enhancement_id:
                found[link.origin_id].add(meant)
    return found


def _meant(
    name: str,
    path: str,
    by_code: Mapping[tuple[str, str], set[int]],
    by_title: Mapping[tuple[str, str], set[int]],
) -> int | None:
    code = IDENTIFIER.match(name.strip())
    candidates = [
        by_title.get((path, _plain(name)), set()),
        by_code.get((path, _code(code["code"])), set()) if code else set(),
        by_title.get((dirname(path) + "/", _plain(name)), set()),
    ]
    certain = next((ids for ids in candidates if ids), set())
    return next(iter(certain)) if len(certain) == 1 else None


def _code(identifier: str) -> str:
    return re.sub(r"[\s_#-]+", "", identifier).rstrip(".").casefold()


def _plain(title: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", title.casefold()).split())


def _standing(session: Session) -> dict[int, set[int]]:
    """All blockers there are, by id of the enhancement that waits."""
    waits: dict[int, set[int]] = defaultdict(set)
    rows = session.execute(
        select(Dependency.enhancement_id, Dependency.other_id).where(Dependency.kind == DependencyKind.BLOCKED_BY.value)
    )
    for here, other in rows:
        waits[here].add(other)
    return waits


def _asleep(session: Session) -> dict[int, int]:
    """What each snoozed proposal waits for, if it is another enhancement."""
    card = Enhancement
    rows = session.execute(select(card.id, card.snoozed_for_id).where(card.snoozed_for_id.is_not(None)))
    return {item: other for item, other in rows if other is not None}


def _reaches(waits: Mapping[int, Iterable[int]], asleep: Mapping[int, int], start: int, goal: int) -> bool:
    todo, seen = [start], set()
    while todo:
        here = todo.pop()
        if here == goal:
            return True
        if here not in seen:
            seen.add(here)
            todo.extend(waits.get(here, ()))
            if here in asleep:
                todo.append(asleep[here])
    return False


def _remove(session: Session, here: int, other: int) -> None:
    session.execute(
        delete(Dependency).where(
            Dependency.enhancement_id == here,
            Dependency.other_id == other,
            Dependency.kind == DependencyKind.BLOCKED_BY.value,
        )
    )
