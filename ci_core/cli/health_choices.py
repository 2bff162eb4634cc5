"""Options that say which issues are meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ci_core.cli.choices import one_of

if TYPE_CHECKING:
    from ci_core.health.issue_values import IssueFilter
    from db.enums import IssueStatus

E = TypeVar("E", bound=StrEnum)
EVERYTHING = "everything"
MOMENT_HELP = "Until this day, 2026-12-24, or with a time: 2026-12-24T14:30. Default: for good."

SeverityOption = Annotated[
    list[str] | None,
    typer.Option(metavar="S", help="critical, high, medium, low or info; may be repeated or joined by commas."),
]
StatusOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="S",
        help="open, acknowledged, fixing, fixed, wont_fix, false_positive, or everything. Default: what still harms.",
    ),
]
PathOption = Annotated[str, typer.Option(metavar="P", help="Only in this file, or below this folder.")]
RuleOption = Annotated[list[str] | None, typer.Option(metavar="R", help="Only of this rule; may be repeated.")]
TypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--type", metavar="T", help="code_quality, security, bugs, dependencies, tests, performance or documentation."
    ),
]
AreaOption = Annotated[list[str] | None, typer.Option(metavar="A", help="Only in this part of the platform.")]
WordsOption = Annotated[str, typer.Option("--query", "-q", metavar="WORDS", help="Only what has these words.")]
SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="AGE", help="Brought in since then (where no commit is known: found): 12h, 7d, 2w, or a past date."
    ),
]


def chosen(
    severity: Sequence[str] | None,
    status: Sequence[str] | None,
    rule: Sequence[str] | None,
    issue_type: Sequence[str] | None,
    path: str,
    area: Sequence[str] | None,
    words: str,
    since: str | None,
    now: datetime,
) -> IssueFilter:
    """The options as the library's filter.

    Raises:
        InvalidInput: one of them names nothing that there is.
    """
    from ci_core.health.issue_values import IssueFilter
    from ci_core.overview import period_from
    from db.enums import IssueType, Severity

    return IssueFilter(
        severities=each(Severity, severity, "severity"),
        statuses=_statuses(status),
        types=each(IssueType, issue_type, "type"),
        rules=tuple(rule or ()),
        path=path.removeprefix("./"),
        areas=tuple(area or ()),
        words=words,
        since=None if since is None else period_from(since, now).since,
    )


def each(kind: type[E], given: Sequence[str] | None, option: str) -> tuple[E, ...]:
    """The values of an option that may be repeated, and joined by commas.

    Raises:
        InvalidInput: one of them is not of the set.
    """
    words = [word for text in given or () for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(one_of(kind, word, option) for word in words))


def _statuses(given: Sequence[str] | None) -> tuple[IssueStatus, ...]:
    from ci_core.health.issue_values import STANDING
    from db.enums import IssueStatus

    if not given:
        return STANDING
    if [word.strip().lower() for word in given] == [EVERYTHING]:
        return ()
    return each(IssueStatus, given, "status")
