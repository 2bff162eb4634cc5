"""How healthy the platform's code is, in short."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.health.history import Repository, checks, latest_scored, repositories
from ci_core.health.issues import STANDING, Issue, IssueFilter, count_by_severity, find_issues
from ci_core.overview.values import Block, Figure, Glance, Hint, Line, Period
from ci_core.overview.words import lasting
from db.enums import CheckStatus, Severity

SHOWN = 3
LONGEST_NOTE = 120
CHECK = "python -m ci_core health check"
# What is below these nobody needs to see first thing in the morning.
MATTER = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)


def health(session: Session, _period: Period, now: datetime) -> Glance:
    """The newest score with its change, what is open, and the three issues that matter most.

    Of several repositories it is the one that was checked last.
    """
    repository = next(iter(repositories(session)), None)
    if repository is None or repository.check_id is None:
        hint = Hint("No health check has run yet. Start one on the Health page, or here:", "Open it", "health", CHECK)
        return Glance("health", "Health", (), Block("health", "Newest check", hint=hint))
    here = f"repo={repository.id}"
    matter = find_issues(session, repository.id, IssueFilter(severities=MATTER, statuses=STANDING), limit=SHOWN)
    failed = _failed(session, repository, here)
    lines = (*failed, *(_line(one, here) for one in matter.issues))
    nothing = None if lines else Hint("Nothing of medium severity or above is open.", "See what was checked", "health")
    block = Block(
        "health",
        "What matters most",
        lines,
        matter.total + len(failed),
        page=f"health?{here}&part=Issues",
        hint=nothing,
    )
    return Glance("health", "Health", _figures(session, repository, now), block)


def _figures(session: Session, repository: Repository, now: datetime) -> tuple[Figure, ...]:
    check = latest_scored(session, repository.id)
    figures = [Figure("Score", "not known yet")]
    if check is not None:
        figures = [Figure("Score", f"{check.overall_health_score}{_change(check.delta)}")]
        if check.confidence is not None and check.confidence < 99.5:
            figures.append(Figure("Based on", f"{check.confidence:.0f} %"))
    open_ones = count_by_severity(session, repository.id, IssueFilter(statuses=STANDING))
    told = [f"{open_ones[severity]:,} {severity}" for severity in MATTER[:2] if open_ones.get(severity)]
    figures.append(Figure("Open", f"{sum(open_ones.values()):,}" + (f", {' and '.join(told)}" if told else "")))
    if check is not None:
        figures.append(Figure("Checked", f"{lasting(now - check.started_at)} ago"))
    return tuple(figures)


def _change(delta: int | None) -> str:
    if delta is None:
        return ""
    return f", {'up' if delta > 0 else 'down'} {abs(delta)}" if delta else ", unchanged"


def _failed(session: Session, repository: Repository, here: str) -> tuple[Line, ...]:
    """The newest check, where it came to nothing."""
    newest = next(iter(checks(session, repository.id, limit=1)), None)
    if newest is None or newest.status is not CheckStatus.FAILED:
        return ()
    note = _short(newest.error or "its checkers say more")
    return (Line("The newest check failed", note, page=f"health?{here}&part=Checks&check={newest.id}",
                 at=newest.started_at),)  # fmt: skip


def _line(one: Issue, here: str) -> Line:
    back = "back again, " if one.regressed else ""
    place = f" in {one.place}" if one.place else ""
    return Line(
        one.title,
        _short(f"{back}{one.severity}{place}"),
        page=f"health?{here}&part=Issues&issue={one.id}",
        at=one.first_detected_at,
    )


def _short(note: str) -> str:
    return note if len(note) <= LONGEST_NOTE else note[: LONGEST_NOTE - 1].rstrip() + "…"
