"""Why a score moved from one check to the next: the issues that came, went or were dismissed, measures, and tools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ci_core.health import check_queries as queries
from ci_core.health.check_result import CheckResult
from ci_core.health.history import check, latest_scored
from ci_core.health.scores import PartScore, effect, part_from_json
from db.enums import HealthChange, IssueType, Severity

DISMISSED = "dismissed"
GAINS = (HealthChange.RESOLVED.value, HealthChange.WITHDRAWN.value, DISMISSED)
MOVES = tuple(change.value for change in HealthChange if change is not HealthChange.SEVERITY)
NO_EARLIER = "This is the first check that has a score."


@dataclass(frozen=True, slots=True)
class Cause:
    """One issue that moved a score.

    Attributes:
        change: "new", "resolved", "regressed", "lapsed", "withdrawn", or "dismissed" by a person.
        points: how many points of its part's score it alone makes: below 0 a loss, above 0 a gain. Effects of several
            issues overlap, because one grave issue holds the score down as well as two do.
    """

    issue_id: int
    change: str
    part: IssueType
    severity: Severity
    title: str
    rule: str
    file_path: str | None
    line_number: int | None
    points: float


@dataclass(frozen=True, slots=True)
class Causes:
    """Why the scores of a check differ from those of the one before.

    Attributes:
        before: the check that it is compared with; None for the first.
        issues: the strongest effect first; at most as many as were asked for, of `total`.
        remarks: what moved them besides, each a sentence: measures, versions of tools, parts that became known.
    """

    check_id: int
    before: int | None
    delta: int | None
    issues: tuple[Cause, ...]
    total: int
    remarks: tuple[str, ...]


def causes(session: Session, check_id: int, *, part: IssueType | None = None, limit: int = 20) -> Causes:
    """What moved the scores in a check, or the score of one part.

    Raises:
        NotFound: there is no such check.
    """
    now = check(session, check_id)
    before = latest_scored(session, now.repository_id, before=check_id)
    if before is None:
        return Causes(check_id, None, None, (), 0, (NO_EARLIER,))
    found = [one for one in _of_issues(session, now, before) if part in (None, one.part)]
    found.sort(key=lambda one: (-abs(one.points), list(Severity).index(one.severity), one.issue_id))
    remarks = tuple(_measures(now, before, part)) + tuple(_checkers(now, before))
    return Causes(check_id, before.id, now.delta, tuple(found[:limit]), len(found), remarks)


def _of_issues(session: Session, now: CheckResult, before: CheckResult) -> Iterator[Cause]:
    scores = {part: part_from_json(part, now.scores[part.value]) for part in IssueType if part.value in now.scores}
    changed = session.execute(queries.CHANGED_IN, {"check_id": now.id, "changes": list(MOVES)}).all()
    span = {"repository_id": now.repository_id, "since": before.started_at, "until": now.ended_at or now.started_at}
    dismissed = session.execute(queries.DISMISSED_BETWEEN, span).all()
    # A first look at a new rule brings thousands; what one of a kind makes is the same for all.
    made: dict[tuple[IssueType, Severity, str, bool], float] = {}
    told = set()
    for row, change in [(row, row.change) for row in changed] + [(row, DISMISSED) for row in dismissed]:
        if row.id in told:
            continue
        told.add(row.id)
        part, severity = IssueType(row.issue_type), Severity(row.severity)
        kind = (part, severity, row.rule, change in GAINS)
        if kind not in made:
            made[kind] = _points(scores.get(part), severity, row.rule, gone=change in GAINS)
        yield Cause(row.id, change, part, severity, row.title, row.rule, row.file_path, row.line_number, made[kind])


def _points(score: PartScore | None, severity: Severity, rule: str, *, gone: bool) -> float:
    return 0.0 if score is None else effect(score, severity, rule, gone=gone)


def _measures(now: CheckResult, before: CheckResult, only: IssueType | None) -> Iterator[str]:
    for part in IssueType:
        if only not in (None, part):
            continue
        new, old = now.scores.get(part.value, {}), before.scores.get(part.value, {})
        title = part.value.replace("_", " ").capitalize()
        if new.get("score") is None and old.get("score") is not None:
            why = new.get("unknown_because") or "nothing looked at it"
            yield f"{title} is not known any more: {why.rstrip('.')}."
        elif new.get("score") is not None and old.get("score") is None:
            yield f"{title} is known now, and was not before."
        earlier = {one["name"]: one["value"] for one in old.get("measures", ())}
        for one in new.get("measures", ()):
            was = earlier.get(one["name"])
            if was is not None and was != one["value"]:
                yield f"{one['name'].replace('_', ' ').capitalize()} went from {was:g} to {one['value']:g}."


def _checkers(now: CheckResult, before: CheckResult) -> Iterator[str]:
    versions = {one.name: one.version for one in before.checkers if one.version}
    for one in now.checkers:
        was = versions.get(one.name)
        if was and one.version and was != one.version:
            name = one.name.replace("_", " ").capitalize()
            yield f"{name} works by another version: {was} before, {one.version} now."
