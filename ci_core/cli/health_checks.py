"""`ci health`: what a check found, and the list of checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.health_repository import RepoOption, checked_repository
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from ci_core.health.check_result import CheckerResult, CheckResult

PARTS = (
    Column("PART"),
    Column("SCORE", numeric=True),
    Column("CHANGE", numeric=True),
    Column("BASED ON", numeric=True),
    Column("NOTE", flexible=True),
)
CHECKERS = (
    Column("CHECKER"),
    Column("STATUS"),
    Column("SECONDS", numeric=True),
    Column("FILES", numeric=True),
    Column("FOUND", numeric=True),
    Column("TOLD", flexible=True),
)
CHECKS = (
    Column("ID", numeric=True),
    Column("TYPE"),
    Column("STATUS"),
    Column("STARTED"),
    Column("SCORE", numeric=True),
    Column("CHANGE", numeric=True),
    Column("NEW", numeric=True),
    Column("OPEN", numeric=True),
    Column("TOLD", flexible=True),
)
_VERDICTS: dict[bool | None, str] = {True: "passes", False: "does not pass", None: "not judged"}
MOST_UNSEEN_SHOWN = 10
# The newest check is looked for among so many; the others may be imports of what other scanners found.
MOST_IMPORTS = 50


def add_to(app: typer.Typer) -> None:
    """Put these commands under `ci health`."""
    for command in (show, checks):
        app.command()(command)


def show(
    check_id: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="Which check. Default: the newest.", min=1)
    ] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a check: its scores, what moved them, and what each checker looked at."""
    with open_door() as door:
        from ci_core.errors import NotFound
        from ci_core.health import history
        from db.enums import CheckType

        with door.database.reading() as session:
            if check_id is not None:
                found = history.check(session, check_id)
            else:
                repository = checked_repository(session, repo, door.settings)
                newest = history.checks(session, repository.id, limit=MOST_IMPORTS)
                if not newest:
                    raise NotFound(f"{repository.name} was never checked. Run: ci health check")
                # What another scanner found has no scores; it is shown by its number.
                found = next((one for one in newest if one.check_type is not CheckType.IMPORT), newest[0])
    if as_json:
        write_json(check_document(found) | _more(found))
        return
    write_check(found)


def checks(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the checks of a repository, newest first."""
    with open_door() as door:
        from ci_core.health import history

        with door.database.reading() as session:
            repository = checked_repository(session, repo, door.settings)
            found = history.checks(session, repository.id, limit=limit)
    if as_json:
        write_json([check_document(one) | _more(one) for one in found])
        return
    write_table(
        CHECKS,
        [
            (
                one.id,
                one.check_type,
                one.status,
                f"{one.started_at:%Y-%m-%d %H:%M}",
                one.overall_health_score,
                _signed(one.delta),
                one.issues.get("new"),
                one.issues.get("open"),
                one.error,
            )
            for one in found
        ],
    )


def check_document(result: CheckResult) -> dict[str, Any]:
    """A check as `--json` prints it; a score that is not known is null."""
    from db.enums import IssueType, Severity

    return {
        "check_id": result.id,
        "status": result.status,
        "overall_health_score": result.overall_health_score,
        "scores": {part.value: result.score_of(part) for part in IssueType},
        "confidence": result.confidence,
        "delta": result.delta,
        "metrics": result.metrics,
        "issues": {name: result.issues.get(name, 0) for name in ("new", "open", "resolved", "regressed")},
        "by_severity": {one.value: result.by_severity.get(one.value, 0) for one in Severity},
        "checkers": [
            {
                "name": one.name,
                "status": one.status,
                "seconds": one.seconds,
                "files_expected": one.files_expected,
                "files_seen": one.files_seen,
                "findings": one.findings,
                "error": one.error,
            }
            for one in result.checkers
        ],
        "duration_seconds": result.duration_seconds,
        "gate": result.gate or None,
        "error": result.error,
    }


def write_check(result: CheckResult) -> None:
    """A check for people."""
    _write_head(result)
    if result.scores:
        _write_parts(result)
    _write_checkers(result)
    if result.excluded:
        write_heading("Not looked at, because it is not the team's own")
        for one in result.excluded:
            files = f"{one['files']} file{'' if one['files'] == 1 else 's'}"
            write(clean(f"{one['path']}: {one['reason']} ({files})"))
    for word in ("reasons", "remarks"):
        for line in result.gate.get(word, ()):
            say(clean(f"gate: {line}"))


def _write_head(result: CheckResult) -> None:
    score = "not known" if result.overall_health_score is None else str(result.overall_health_score)
    change = f" ({_signed(result.delta)} since the check before)" if result.delta else ""
    write(clean(f"Check {result.id} of {result.repository}: {result.status}, score {score}{change}"))
    issues = result.issues
    counted = ", ".join(f"{issues.get(name, 0)} {name}" for name in ("new", "open", "resolved", "regressed"))
    worst = ", ".join(f"{number} {name}" for name, number in result.by_severity.items() if number)
    passed = _VERDICTS[result.gate.get("passed")]
    commit = (
        f"{result.commit_sha[:12]}{' with changes that are not committed' if result.dirty else ''}"
        if result.commit_sha
        else None
    )
    write_pairs(
        [
            (
                "Looked at",
                result.check_type.value.replace("_", " ") + (f": {', '.join(result.paths)}" if result.paths else ""),
            ),
            ("Commit", commit and f"{commit}{f' on {result.branch}' if result.branch else ''}"),
            ("Files", f"{result.files:,} with {result.lines:,} lines"),
            (
                "Confidence",
                None if result.confidence is None else f"{result.confidence:.0f} % of what should be known is",
            ),
            ("Issues", counted),
            ("Still there", worst),
            ("New code", passed if result.gate else None),
            ("Took", None if result.duration_seconds is None else f"{result.duration_seconds:.1f} s"),
            ("Error", result.error),
        ]
    )


def _write_parts(result: CheckResult) -> None:
    write_heading("Scores")
    rows = []
    for name, part in sorted(
        result.scores.items(), key=lambda pair: (pair[1].get("score") is None, pair[1].get("score"))
    ):
        score = part.get("score")
        based = part.get("based_on")
        note = part.get("unknown_because") if score is None else _held(part)
        rows.append(
            (
                name.replace("_", " "),
                "–" if score is None else score,
                _signed(part.get("delta")),
                "" if score is None or based is None else f"{based:.0f} %",
                note,
            )
        )
    write_table(PARTS, rows)


def _held(part: Any) -> str:
    return f"held down by an open {part['capped_by']} issue" if part.get("capped_by") else ""


def _write_checkers(result: CheckResult) -> None:
    if not result.checkers:
        return
    write_heading("Checkers")
    write_table(CHECKERS, [_checker_line(one) for one in result.checkers])
    unseen = [(one.name, file) for one in result.checkers for file in one.unseen]
    for name, file in unseen[:MOST_UNSEEN_SHOWN]:
        say(clean(f"{name} could not look at {file['path']}: {file['reason']}"))
    if len(unseen) > MOST_UNSEEN_SHOWN:
        say(f"… and {len(unseen) - MOST_UNSEEN_SHOWN} more; ci health show {result.id} --json names them")


def _checker_line(one: CheckerResult) -> tuple[object, ...]:
    told = " ".join(part for part in (one.error, one.remedy) if part)
    seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
    return (
        one.name,
        one.status.value.replace("_", " "),
        seconds,
        f"{one.files_seen}/{one.files_expected}",
        one.findings,
        told,
    )


def _more(result: CheckResult) -> dict[str, Any]:
    """What only `show` tells."""
    return {
        "repository": result.repository,
        "check_type": result.check_type,
        "actor": result.actor,
        "run_id": result.run_id,
        "commit": result.commit_sha,
        "branch": result.branch,
        "dirty": result.dirty,
        "paths": result.paths,
        "since": result.since_commit,
        "files": result.files,
        "lines": result.lines,
        "parts": result.scores,
        "thresholds": result.thresholds,
        "excluded": result.excluded,
        "unseen": [{"checker": one.name} | dict(file) for one in result.checkers for file in one.unseen],
        "remedies": {one.name: one.remedy for one in result.checkers if one.remedy},
        "started_at": result.started_at,
        "ended_at": result.ended_at,
    }


def _signed(value: int | None) -> str:
    return "" if value is None else f"{value:+d}"
