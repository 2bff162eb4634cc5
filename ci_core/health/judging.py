"""What a check comes to: the scores with their change, how each file was left, and the verdict on new code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ci_core.health import check_queries as queries
from ci_core.health import history, store
from ci_core.health.check_result import CheckResult
from ci_core.health.checkers.kinds import Checker
from ci_core.health.churn import Churn, Release
from ci_core.health.evidence import Seen, is_whole, metrics_of, score_parts
from ci_core.health.file_marks import mark_files
from ci_core.health.gate import Gate, GateIssue, NewCode, judge
from ci_core.health.new_lines import NewLines
from ci_core.health.scores import PartScore, overall_score, part_from_json
from ci_core.health.store import Figures, FileState, plain
from ci_core.health.values import CheckerOutcome, CheckRequest, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckerStatus, CheckType, IssueStatus, IssueType, Severity

DID_NOT_LOOK = frozenset({CheckerStatus.FAILED, CheckerStatus.TIMED_OUT, CheckerStatus.MISSING})
LIVE = frozenset({IssueStatus.OPEN, IssueStatus.ACKNOWLEDGED, IssueStatus.FIXING})
MOST_UNKNOWN_RULES = 50
NAMED = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What the history of the repository tells.

    Attributes:
        new_lines: which lines are new since the commit that was asked for; None where none was.
        remarks: what of it could not be read.
    """

    churn: Mapping[str, Churn]
    releases: Sequence[Release]
    new_lines: NewLines | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What one check looked at, and what came of it, before it is judged.

    Attributes:
        checkers: all that there are; `outcomes` has those that took part, by name.
        before: how files were left by the check before, by path as it is stored.
        issues: {"new", "open", "resolved", "regressed"}.
        unknown_rules: rules that the table of rules does not know, with how often each was seen.
    """

    check_id: int
    repository_id: int
    request: CheckRequest
    target: Target
    checkers: Sequence[Checker]
    outcomes: Mapping[str, CheckerOutcome]
    before: Mapping[str, FileState]
    past: Past
    issues: Mapping[str, int]
    unknown_rules: Mapping[str, int]


def judge_check(
    session: Session, looked: Looked, settings: HealthSettings
) -> tuple[Figures, list[FileState], list[str]]:
    """The figures of a check whose issues are stored, how it leaves each file, and the files that are gone."""
    previous = history.latest_completed(session, looked.repository_id, before=looked.check_id)
    metrics = metrics_of(looked.target, looked.checkers, looked.outcomes)
    live = store.live_by_part(session, looked.repository_id)
    seen = Seen(looked.check_id, looked.target, looked.checkers, looked.outcomes, metrics)
    rules = store.live_by_rule(session, looked.repository_id)
    parts = score_parts(seen, live, _earlier(previous), settings, rules)
    overall = overall_score(parts, settings.weights)
    scored = history.latest_scored(session, looked.repository_id, before=looked.check_id)
    figures = Figures(
        overall_health_score=overall.score,
        scores={part.value: _with_delta(score, previous) for part, score in parts.items()},
        confidence=overall.confidence,
        delta=comparable_delta(parts, _earlier(scored), settings.weights),
        metrics={**metrics, **_own_metrics(looked)},
        issues=looked.issues,
        by_severity=_by_severity(live),
        gate=_gate(session, looked, metrics, previous, settings).as_json(),
    )
    quick = [checker for checker in looked.checkers if CheckType.QUICK_SCAN in checker.check_types]
    states, gone = mark_files(
        looked.target,
        quick,
        looked.outcomes,
        store.live_by_file(session, looked.repository_id),
        looked.past.churn,
        looked.before,
        check_id=looked.check_id,
        complete=all(checker.name in looked.outcomes for checker in quick),
    )
    return figures, states, gone


def _earlier(previous: CheckResult | None) -> dict[IssueType, PartScore]:
    if previous is None:
        return {}
    return {part: part_from_json(part, previous.scores[part]) for part in IssueType if part in previous.scores}


def _with_delta(score: PartScore, previous: CheckResult | None) -> dict[str, Any]:
    return {**score.as_json(), "delta": _delta(score.score, previous.score_of(score.part) if previous else None)}


def _delta(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def comparable_delta(
    now: Mapping[IssueType, PartScore], before: Mapping[IssueType, PartScore], weights: Mapping[str, float]
) -> int | None:
    """The change of the overall score by the parts that are known both times; None where there is none.

    A part that became unknown, or known, is no change of the code: it would lift or lower the mean by itself.
    """
    known = [part for part in now if now[part].exact is not None and part in before and before[part].exact is not None]
    then, today = (overall_score({part: scores[part] for part in known}, weights) for scores in (before, now))
    return _delta(today.score, then.score)


def _by_severity(live: Mapping[IssueType, Mapping[Severity, int]]) -> dict[str, int]:
    together: Counter[Severity] = Counter()
    for counts in live.values():
        together.update(counts)
    return {severity.value: together[severity] for severity in Severity}


def _own_metrics(looked: Looked) -> dict[str, Any]:
    outcomes = looked.outcomes.values()
    expected = sum(len(outcome.expected) for outcome in outcomes)
    seen = sum(len(outcome.report.seen & outcome.expected) for outcome in outcomes if outcome.report)
    common = Counter(dict(looked.unknown_rules)).most_common(MOST_UNKNOWN_RULES)
    return {
        "files_expected": expected,
        "files_seen": seen,
        "files_selected": len(looked.target.selected),
        "releases": [{"name": r.name, "at": r.at.isoformat(), "commit": r.commit} for r in looked.past.releases],
        "remarks": [*looked.target.remarks, *looked.past.remarks],
        "unknown_rules": dict(common),
    }


def _gate(
    session: Session,
    looked: Looked,
    metrics: Mapping[str, Any],
    previous: CheckResult | None,
    settings: HealthSettings,
) -> Gate:
    covered = metrics.get("coverage_new_code_percent")
    blind, unknown = _blind(looked)
    back = session.execute(queries.BACK_AGAIN, {"repository_id": looked.repository_id})
    code = NewCode(
        new=_new_issues(session, looked),
        regressed=[_issue(row) for row in back],
        coverage_percent=float(covered) if isinstance(covered, int | float) else None,
        blind=blind,
        unknown=unknown,
        comparable=previous is not None or looked.past.new_lines is not None,
    )
    return judge(code, coverage_wanted_percent=settings.coverage_new_code_percent)


def _new_issues(session: Session, looked: Looked) -> list[GateIssue]:
    """What this check found to be new; with a commit to compare with, what stands on lines that are new since."""
    lines = looked.past.new_lines
    if lines is None:
        return _changed(session, looked, "new")
    values = {"repository_id": looked.repository_id, "check_id": looked.check_id, "since": lines.since}
    rows = session.execute(queries.FOUND_SINCE, values)
    return [_issue(row) for row in rows if lines.touch(row.file_path, row.line_number, row.end_line)]


def _changed(session: Session, looked: Looked, change: str) -> list[GateIssue]:
    rows = session.execute(queries.CHANGED_IN, {"check_id": looked.check_id, "changes": [change]})
    return [_issue(row) for row in rows if IssueStatus(row.status) in LIVE]


def _issue(row: Any) -> GateIssue:
    return GateIssue(row.title, Severity(row.severity), row.file_path, row.line_number)


def _blind(looked: Looked) -> tuple[list[str], list[str]]:
    """What did not look at all of the new code, and what did not look at something else; a sentence each.

    Tests that could not be run are told and no more: most often the checked repository has no environment here. Tests
    that fail are issues of their own.
    """
    changed = {path for path in looked.target.selected if _is_changed(path, looked)}
    blind: list[str] = []
    unknown: list[str] = []
    for checker in looked.checkers:
        outcome = looked.outcomes.get(checker.name)
        if outcome is None:
            continue
        of_code = checker.looks_at is not None
        if outcome.status in DID_NOT_LOOK:
            why = (outcome.error or "it gave no reason").rstrip(".")
            (blind if of_code else unknown).append(f"{checker.title} did not look at it: {why}.")
        elif outcome.report:
            missed = sorted(one.path for one in outcome.report.unseen if one.path in changed)
            if missed:
                (blind if of_code else unknown).append(f"{checker.title} could not look at {_some(missed)}.")
    return blind, unknown


def _is_changed(path: str, looked: Looked) -> bool:
    if not is_whole(looked.target):
        return True  # it was chosen because it changed, or somebody named it
    was = looked.before.get(plain(path))
    return was is None or was.blob not in ("", looked.target.files[path].blob)


def _some(paths: Iterable[str]) -> str:
    names = [plain(path) for path in paths]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
