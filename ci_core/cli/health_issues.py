"""`ci health`: the issues that were found, as a list, in groups, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.choices import one_of
from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.enhancements import LimitOption, OffsetOption
from ci_core.cli.health_choices import (
    AreaOption,
    PathOption,
    RuleOption,
    SeverityOption,
    SinceOption,
    StatusOption,
    TypeOption,
    WordsOption,
    chosen,
)
from ci_core.cli.health_repository import RepoOption, checked_repository
from ci_core.cli.output import Column, clean, say, write, write_heading, write_json, write_pairs, write_table

if TYPE_CHECKING:
    from ci_core.health.issue_values import Issue, IssueGroups

IssueArgument = Annotated[int, typer.Argument(metavar="ID", help="Number of the issue.", min=1)]
COLUMNS = (
    Column("ID", numeric=True),
    Column("SEVERITY"),
    Column("STATUS"),
    Column("RULE"),
    Column("WHERE", flexible=True),
    Column("WHAT", flexible=True),
)
GROUP_COLUMNS = (
    Column("GROUP", flexible=True),
    Column("ISSUES", numeric=True),
    Column("WORST"),
    Column("MINUTES", numeric=True),
    Column("NEWEST"),
    Column("FOR EXAMPLE", flexible=True),
)


def add_to(app: typer.Typer) -> None:
    """Put these commands under `ci health`."""
    for command in (issues, issue):
        app.command()(command)


def issues(
    severity: SeverityOption = None,
    status: StatusOption = None,
    path: PathOption = "",
    rule: RuleOption = None,
    issue_type: TypeOption = None,
    area: AreaOption = None,
    words: WordsOption = "",
    since: SinceOption = None,
    regressed: Annotated[bool, typer.Option("--regressed", help="Only those that were fixed and are back.")] = False,
    fixable: Annotated[bool, typer.Option("--fixable", help="Only those that can be fixed automatically.")] = False,
    check: Annotated[int | None, typer.Option(metavar="ID", help="Only what this check changed.", min=1)] = None,
    group: Annotated[
        str | None, typer.Option(metavar="BY", help="In groups: rule, file, area, part, severity.")
    ] = None,
    order: Annotated[str, typer.Option(metavar="ORDER", help="worst, newest or oldest first.")] = "worst",
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List issues, the worst first: those that still harm, where no state is asked for."""
    with open_door() as door:
        from dataclasses import replace
        from datetime import UTC, datetime

        from ci_core.health.issues import GroupBy, Order, find_issues, group_issues

        now = datetime.now(UTC)
        wanted = replace(
            chosen(severity, status, rule, issue_type, path, area, words, since, now),
            regressed=regressed,
            fixable=fixable,
            check_id=check,
        )
        with door.database.reading() as session:
            repository = checked_repository(session, repo, door.settings)
            if group is not None:
                by = one_of(GroupBy, group, "group")
                groups = group_issues(session, repository.id, wanted, by=by, limit=limit)
                _write_groups(groups, as_json=as_json)
                return
            found = find_issues(
                session, repository.id, wanted, order=one_of(Order, order, "order"), limit=limit, offset=offset
            )
    if as_json:
        write_json({"total": found.total, "issues": [document(one) for one in found.issues]})
        return
    write_table(COLUMNS, [_line(one) for one in found.issues])
    shown = f"{offset + 1}–{offset + len(found.issues)} of {found.total}" if found.issues else f"none of {found.total}"
    say(f"{shown} in {clean(repository.name)}")


def issue(issue_id: IssueArgument, as_json: JsonOption = False) -> None:
    """Show one issue: where it is, what it means, what helps, and what was decided about it."""
    with open_door() as door:
        from ci_core.health.issues import get_issue
        from ci_core.health.rules import catalogue

        with door.database.reading() as session:
            found = get_issue(session, issue_id)
        words = catalogue().explain(found.rule)
    if as_json:
        explained = {"why": words.why, "remedy": words.remedy} if words else {"why": None, "remedy": None}
        write_json(document(found) | _more(found) | explained)
        return
    _write_issue(found, words.why if words else "", words.remedy if words else "")


def document(one: Issue) -> dict[str, Any]:
    """One issue of the list as `--json` prints it."""
    return {
        "id": one.id,
        "fingerprint": one.fingerprint,
        "issue_type": one.issue_type,
        "severity": one.severity,
        "rule": one.rule,
        "title": one.title,
        "description": one.message,
        "file_path": one.file_path,
        "line_number": one.line_number,
        "status": one.status,
        "auto_fixable": one.auto_fixable,
        "first_detected_at": one.first_detected_at,
        "last_seen_at": one.last_seen_at,
        "occurrence_count": one.occurrence_count,
        "enhancement_id": one.enhancement_id,
    }


def _more(one: Issue) -> dict[str, Any]:
    """What only the one issue's own document has."""
    return {
        "checker": one.checker,
        "end_line": one.end_line,
        "column_number": one.column_number,
        "scope": one.scope,
        "snippet": one.snippet,
        "feature_area": one.feature_area,
        "cwe": one.cwe,
        "effort_minutes": one.effort_minutes,
        "fixer": one.fixer,
        "status_reason": one.status_reason,
        "status_by": one.status_by,
        "status_at": one.status_at,
        "status_until": one.status_until,
        "regressed": one.regressed,
        "introduced_commit": one.introduced_commit,
        "introduced_at": one.introduced_at,
        "introduced_by": one.introduced_by,
        "resolved_at": one.resolved_at,
        "details": one.details,
        "version": one.version,
    }


def _line(one: Issue) -> Sequence[object]:
    status = f"{one.status.value.replace('_', ' ')}{' (back)' if one.regressed and one.is_standing else ''}"
    return (one.id, one.severity, status, one.rule, one.place, one.title)


def _write_groups(found: IssueGroups, *, as_json: bool) -> None:
    if as_json:
        write_json(found)
        return
    write_table(
        GROUP_COLUMNS,
        [
            (one.key or "–", one.count, one.worst, one.effort_minutes, f"{one.newest_at:%Y-%m-%d}", one.title)
            for one in found.groups
        ],
    )
    say(f"{len(found.groups)} of {found.total} groups")


def _write_issue(one: Issue, why: str, remedy: str) -> None:
    write(clean(f"{one.id}  {one.title}"))
    write_pairs(
        [
            ("Severity", one.severity),
            ("Status", one.status.value.replace("_", " ")),
            ("Reason", one.status_reason),
            ("Decided", f"by {one.status_by}, {one.status_at:%Y-%m-%d %H:%M}" if one.status_at else None),
            ("Until", f"{one.status_until:%Y-%m-%d %H:%M}" if one.status_until else None),
            ("Back again", f"{one.regressions} times" if one.regressions else None),
            ("Where", one.place),
            ("In", one.scope),
            ("Part", one.issue_type.value.replace("_", " ")),
            ("Rule", f"{one.rule} ({one.checker})"),
            ("Weakness", one.cwe),
            ("Effort", f"{one.effort_minutes} minutes" if one.effort_minutes else None),
            ("Repaired by", one.fixer),
            ("Found", f"{one.first_detected_at:%Y-%m-%d %H:%M}, seen {one.occurrence_count} times"),
            ("Last seen", f"{one.last_seen_at:%Y-%m-%d %H:%M}"),
            ("Brought by", _brought(one)),
            ("Enhancement", f"#{one.enhancement_id}" if one.enhancement_id else None),
        ]
    )
    for title, text in (("What was seen", one.message), ("Why it matters", why), ("What helps", remedy)):
        if text:
            write_heading(title)
            write(clean(text))
    if one.snippet:
        write_heading("Code")
        for number, line in enumerate(one.snippet.split("\n"), start=one.line_number or 1):
            write(f"{number:>6}  {clean(line)}")


def _brought(one: Issue) -> str | None:
    if not one.introduced_commit:
        return None
    when = f", {one.introduced_at:%Y-%m-%d}" if one.introduced_at else ""
    return f"{one.introduced_commit[:12]}{when}{f' by {one.introduced_by}' if one.introduced_by else ''}"
