"""How a check leaves each file: its score, how often it changes, what was measured in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ci_core.health.areas import feature_area
from ci_core.health.checkers.kinds import Checker
from ci_core.health.churn import Churn
from ci_core.health.scores import Counts, file_score
from ci_core.health.store import FileState, plain
from ci_core.health.values import CheckerOutcome, SourceFile, Target
from db.enums import CheckerStatus

NONE = Churn(0, 0)
# Who is not there, or has nothing to look at, is not waited for.
NOT_WAITED_FOR = frozenset({CheckerStatus.MISSING, CheckerStatus.SKIPPED})


def mark_files(
    target: Target,
    checkers: Sequence[Checker],
    outcomes: Mapping[str, CheckerOutcome],
    live: Mapping[str, Counts],
    churn: Mapping[str, Churn],
    before: Mapping[str, FileState],
    *,
    check_id: int,
    complete: bool,
) -> tuple[list[FileState], list[str]]:
    """How each file is left, and the paths of those that are gone.

    Args:
        checkers: all that take part in a quick scan.
        live: the issues that are there, by path as it is stored.
        before: how files were left by the check before, by path as it is stored.
        complete: whether all checkers of a quick scan took part, so that the next one may pass over what it saw.
    """
    seen = {path for outcome in outcomes.values() if outcome.report for path in outcome.report.seen}
    measured = _measured(outcomes)
    states = []
    for path, file in target.files.items():
        name = plain(path)
        was = before.get(name)
        same = was is not None and was.blob == file.blob
        known = path in seen or (was is not None and was.score is not None and (same or path not in target.selected))
        counts = live.get(name, {})
        score = file_score(counts, file.lines) if known else None
        changed = churn.get(path, NONE)
        states.append(
            FileState(
                path=name,
                blob=_blob(file, checkers, outcomes, was, complete=complete and path in target.selected),
                lines=file.lines,
                score=score.score if score else None,
                churn_commits=changed.commits,
                churn_lines=changed.lines,
                issues=sum(counts.values()),
                feature_area=(area := feature_area(path)) and plain(area),
                check_id=check_id if path in seen or was is None else was.check_id,
                **_figures(measured.get(path, {}), was if was is not None and was.blob in ("", file.blob) else None),
            )
        )
    return states, sorted(before.keys() - {state.path for state in states})


def _measured(outcomes: Mapping[str, CheckerOutcome]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for outcome in outcomes.values():
        for path, figures in outcome.report.file_metrics.items() if outcome.report else ():
            found.setdefault(path, {}).update(figures)
    return found


def _figures(measured: Mapping[str, float], was: FileState | None) -> dict[str, Any]:
    """What was measured in a file now, or else before while it had the same content."""
    complexity = measured.get("complexity", was.complexity if was else None)
    return {
        "complexity": None if complexity is None else round(complexity),
        "coverage_percent": measured.get("coverage_percent", was.coverage_percent if was else None),
        "documented_percent": measured.get("documented_percent", was.documented_percent if was else None),
    }


def _blob(
    file: SourceFile,
    checkers: Sequence[Checker],
    outcomes: Mapping[str, CheckerOutcome],
    was: FileState | None,
    *,
    complete: bool,
) -> str:
    """The content that every checker has looked at: the next quick scan passes over it. "" where one has yet to."""
    if not complete:
        return was.blob if was is not None and was.blob == file.blob else ""
    for checker in checkers:
        if checker.looks_at is None or not checker.looks_at(file):
            continue
        outcome = outcomes.get(checker.name)
        if outcome is None or (
            outcome.status not in NOT_WAITED_FOR and (outcome.report is None or file.path not in outcome.report.seen)
        ):
            return ""
    return file.blob
