"""From what the tools said to what is wrong: judged by the table of rules, placed, keyed, and each defect once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ci_core.health.areas import feature_area, is_test_code
from ci_core.health.fingerprints import keys_of
from ci_core.health.masking import without_likely_secrets, without_secrets
from ci_core.health.places import Place, SourceText
from ci_core.health.rules import Catalogue, Judgement
from ci_core.health.rules.catalogue import ORDER, worse
from ci_core.health.syntax import Unparsable, decode, parse
from ci_core.health.values import CheckerOutcome, Sighting, Target
from db.enums import IssueType, Severity

# Parts where a new defect must never pass for an old one that was edited.
STRICT = frozenset({IssueType.SECURITY, IssueType.BUGS})
# A larger file is not source that anybody wrote; its sightings are placed by their lines alone.
LARGEST_PARSED = 2_000_000
LARGEST_READ = 50_000_000
MESSAGE_MAX = 2_000
# From so many files on, processes of their own are worth their start.
SHARED_FROM_FILES = 120


@dataclass(frozen=True, slots=True)
class Observed:
    """One defect as a check sees it.

    Attributes:
        checkers: who saw it, first whose word it is.
        rule: as it is called here, whichever tool saw it.
        scope, snippet: where it is and what stands there; a snippet never holds a credential.
        keys: by which it is found again; see `fingerprints`.
        known: whether the table of rules has its rule.
    """

    checkers: tuple[str, ...]
    rule: str
    issue_type: IssueType
    severity: Severity
    title: str
    message: str
    keys: tuple[str, ...]
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    scope: str = ""
    snippet: str = ""
    feature_area: str | None = None
    cwe: str | None = None
    effort_minutes: int | None = None
    fixer: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    known: bool = True

    @property
    def checker(self) -> str:
        """Whose word it is."""
        return self.checkers[0]

    @property
    def auto_fixable(self) -> bool:
        """Whether something can repair it without a person."""
        return self.fixer is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a checker saw, and what that is here."""

    sighting: Sighting
    judgement: Judgement


def observe(
    target: Target, outcomes: Iterable[CheckerOutcome], catalogue: Catalogue, *, processes: int = 1
) -> list[Observed]:
    """What the checkers saw, in the order of path, line and rule; the same defect seen by two tools is one.

    Args:
        outcomes: in the order in which their word counts; one without a report saw nothing.
        processes: how many may share the work; it is shared where there is much of it.
    """
    by_path: dict[str | None, list[Judged]] = defaultdict(list)
    order: dict[str, int] = {}
    for outcome in outcomes:
        order.setdefault(outcome.name, len(order))
        for sighting in outcome.report.sightings if outcome.report else ():
            judgement = catalogue.judge(sighting, in_tests=is_test_code(sighting.path))
            if judgement is not None:
                by_path[sighting.path].append(Judged(sighting, judgement))
    if processes > 1 and len(by_path) >= SHARED_FROM_FILES:
        from ci_core.health.observing import observe_side_by_side

        return observe_side_by_side(target.root, by_path, order, processes)
    return [one for found in observe_files(target.root, by_path, order).values() for one in found]


def observe_files(
    root: Path, by_path: Mapping[str | None, Sequence[Judged]], order: Mapping[str, int]
) -> dict[str | None, list[Observed]]:
    """What was seen in each file, in the order of their paths; of the repository as a whole under None."""
    return {
        path: _observed(by_path[path], _source(root, path) if path is not None else None, order)
        for path in sorted(by_path, key=lambda path: path or "")
    }


def _observed(some: Sequence[Judged], text: SourceText | None, order: Mapping[str, int]) -> list[Observed]:
    """The defects of one file, or of the repository as a whole."""
    secret = {line for one in some if one.judgement.secret for line in _lines(one.sighting)}
    together: dict[tuple[object, ...], list[tuple[Judged, Place]]] = defaultdict(list)
    for one in some:
        place = _place(one, text)
        at = place.begins or one.sighting.line or one.sighting.subject or one.sighting.message
        together[one.judgement.rule, at].append((one, place))
    found = [_one(twins, text, secret) for group in together.values() for twins in _same_defects(group, order)]
    return sorted(found, key=lambda one: (one.line or 0, one.column or 0, one.rule, one.message))


def _same_defects(group: Sequence[tuple[Judged, Place]], order: Mapping[str, int]) -> list[list[tuple[Judged, Place]]]:
    """Sightings of one defect's kind in one statement, those of the same one together.

    Every tool, and every rule of it, sees all of them in their order: their first ones are the same, and so on.
    """
    by_rule: dict[tuple[str, str], list[tuple[Judged, Place]]] = defaultdict(list)
    for one in group:
        by_rule[one[0].sighting.checker, one[0].sighting.rule].append(one)
    ranked = sorted(by_rule, key=lambda key: (order.get(key[0], len(order)), _rank(by_rule[key]), key))
    columns = [sorted(by_rule[key], key=lambda one: _position(one[0].sighting)) for key in ranked]
    return [[one for one in row if one is not None] for row in zip_longest(*columns)]


def _rank(some: Sequence[tuple[Judged, Place]]) -> int:
    return ORDER.index(some[0][0].judgement.severity)


def _one(twins: Sequence[tuple[Judged, Place]], text: SourceText | None, secret: set[int]) -> Observed:
    (first, place), others = twins[0], twins[1:]
    sighting, judgement = first.sighting, first.judgement
    severity = judgement.severity
    for other, _ in others:
        severity = worse(severity, other.judgement.severity)
    details = dict(sighting.details)
    for name in ("severity", "part", "cwe", "title", "secret"):
        details.pop(name, None)
    if sighting.subject is not None:
        details["subject"] = sighting.subject
    holds = bool(secret.intersection(_lines(sighting)))
    message = sighting.message[:MESSAGE_MAX]
    message = without_secrets(message) if judgement.secret else without_likely_secrets(message)
    snippet = text.snippet(sighting.line, sighting.end_line) if text else ""
    snippet = without_secrets(snippet) if holds else without_likely_secrets(snippet)
    end = sighting.end_line if sighting.line and (sighting.end_line or 0) >= sighting.line else None
    return Observed(
        checkers=tuple(dict.fromkeys(one.sighting.checker for one, _ in twins)),
        rule=judgement.rule,
        issue_type=judgement.issue_type,
        severity=severity,
        title=judgement.title,
        message=message,
        keys=keys_of(
            place,
            message,
            path=sighting.path,
            subject=sighting.subject,
            weak=judgement.issue_type not in STRICT,
        ),
        path=sighting.path,
        line=sighting.line,
        end_line=end,
        column=sighting.column,
        scope=place.scope,
        snippet=snippet,
        feature_area=feature_area(sighting.path),
        cwe=judgement.cwe or next((one.judgement.cwe for one, _ in others if one.judgement.cwe), None),
        effort_minutes=judgement.effort_minutes,
        fixer=judgement.fixer,
        details=details,
        known=judgement.known,
    )


def _place(one: Judged, text: SourceText | None) -> Place:
    sighting = one.sighting
    if text is None or sighting.line is None:
        return Place()
    return text.place(sighting.line, sighting.column, with_texts=not one.judgement.secret)


def _lines(sighting: Sighting) -> range:
    if sighting.line is None:
        return range(0)
    return range(sighting.line, max(sighting.end_line or 0, sighting.line) + 1)


def _position(sighting: Sighting) -> tuple[int, int]:
    return sighting.line or 0, sighting.column or 0


def _source(root: Path, path: str) -> SourceText | None:
    """A file of the target with its syntax; None where it cannot be read (any more) or is too large to be source."""
    file = root / path
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST_READ:
            return None
        data = file.read_bytes()
    except (OSError, ValueError):
        return None
    python = path.endswith((".py", ".pyi")) and len(data) <= LARGEST_PARSED
    try:
        return SourceText(decode(data, path), parse(data, path) if python else None)
    except Unparsable:
        return SourceText(data.decode("utf-8", "replace"))


def unknown_rules(observed: Iterable[Observed]) -> dict[str, int]:
    """Rules that the table does not know, with how often each was seen: for whoever keeps the table."""
    found: dict[str, int] = defaultdict(int)
    for one in observed:
        if not one.known:
            found[f"{one.checker}: {one.rule}"] += 1
    return dict(found)
