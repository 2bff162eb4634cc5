"""`ci enhancements`: add, move, edit, undo."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.door import ActorOption, Door, JsonOption, open_door
from ci_core.cli.enhancements import IdArgument
from ci_core.cli.output import clean, write, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from ci_core.backlog import Enhancement

Text = str | None
TitleOption = Annotated[Text, typer.Option(help="One line.")]
DescriptionOption = Annotated[Text, typer.Option(help="Markdown; - reads it from stdin.")]
AreaOption = Annotated[Text, typer.Option("--area", help="Which part of the platform.")]
CategoryOption = Annotated[
    Text,
    typer.Option(
        help="bug_fix, enhancement, new_feature, performance, security, refactoring, documentation or testing."
    ),
]
PriorityOption = Annotated[Text, typer.Option(help="critical, high, medium or low.")]
ComplexityOption = Annotated[Text, typer.Option(help="trivial, simple, moderate, complex or epic.")]
HoursOption = Annotated[Text, typer.Option("--hours", help="Estimated effort in hours.")]
ActualHoursOption = Annotated[Text, typer.Option(help="Hours that it really took.")]
AssigneeOption = Annotated[Text, typer.Option(help="Who works on it.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="May be repeated; replaces the tags there are.")]
SourceUrlOption = Annotated[Text, typer.Option(help="Where it came from.")]
BranchOption = Annotated[Text, typer.Option(help="Branch of the work.")]
PullRequestOption = Annotated[Text, typer.Option("--pull-request", help="Address of the pull request.")]
CompletionOption = Annotated[int | None, typer.Option("--completion", help="Per cent done, 0–100.")]
ReasonOption = Annotated[Text, typer.Option(help="Why; kept in the history.")]
VersionOption = Annotated[
    int | None, typer.Option(help="The version you saw: what others changed since is not overwritten.", min=1)
]


def add_to(app: typer.Typer) -> None:
    """Put these commands beside those that only look."""
    for command in (add, move, edit, undo):
        app.command()(command)


@contextmanager
def changing(acting_as: str | None, reason: str | None = None) -> Iterator[tuple[Door, Session]]:
    """One transaction by the person at the shell."""
    with open_door(acting_as) as door, door.database.transaction(door.actor, reason=reason) as session:
        yield door, session


def add(
    title: Annotated[str, typer.Option(help="One line.")],
    description: DescriptionOption = None,
    feature_area: AreaOption = None,
    category: CategoryOption = None,
    priority: PriorityOption = None,
    complexity: ComplexityOption = None,
    estimated_hours: HoursOption = None,
    assignee: AssigneeOption = None,
    tags: TagOption = None,
    source_url: SourceUrlOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an enhancement; its score is computed at once."""
    given = _given(
        title=title,
        description=_text(description),
        feature_area=feature_area,
        category=category,
        priority=priority,
        complexity=complexity,
        estimated_hours=estimated_hours,
        assignee=assignee,
        tags=None if tags is None else tuple(tags),
        source_url=source_url,
    )
    with changing(acting_as) as (door, session):
        from ci_core.backlog import NewEnhancement, create_enhancement

        added = create_enhancement(session, NewEnhancement(**given), actor=door.actor, policy=door.policy)
    report(added, f"Added #{added.id} with a score of {added.ai_priority_score:.1f}.", as_json=as_json)


def move(
    enhancement_id: IdArgument,
    status: Annotated[
        str,
        typer.Argument(
            help="proposed, approved, in_progress, blocked, completed, deferred, rejected or archived.",
        ),
    ],
    after: Annotated[int | None, typer.Option(help="Put it right below this one.", min=1)] = None,
    before: Annotated[int | None, typer.Option(help="Put it right above this one.", min=1)] = None,
    reason: ReasonOption = None,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move to another column or place."""
    with changing(acting_as, reason) as (door, session):
        from ci_core.backlog import move_enhancement

        moved = move_enhancement(
            session,
            enhancement_id,
            status,
            actor=door.actor,
            expected_version=expected_version,
            after_id=after,
            before_id=before,
            reason=reason,
            policy=door.policy,
        )
    report(moved, f"#{moved.id} is {moved.status} now (version {moved.version}).", as_json=as_json)


def edit(
    enhancement_id: IdArgument,
    title: TitleOption = None,
    description: DescriptionOption = None,
    feature_area: AreaOption = None,
    category: CategoryOption = None,
    priority: PriorityOption = None,
    complexity: ComplexityOption = None,
    estimated_hours: HoursOption = None,
    actual_hours: ActualHoursOption = None,
    assignee: AssigneeOption = None,
    tags: TagOption = None,
    source_url: SourceUrlOption = None,
    branch: BranchOption = None,
    pull_request_url: PullRequestOption = None,
    completion_percentage: CompletionOption = None,
    reason: ReasonOption = None,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change fields of an enhancement.

    An empty value ("") takes an optional field away; --tag "" takes away all tags.
    """
    changes = _given(
        title=title,
        description=_text(description),
        feature_area=feature_area,
        category=category,
        priority=priority,
        complexity=complexity,
        estimated_hours=estimated_hours,
        actual_hours=actual_hours,
        assignee=assignee,
        tags=None if tags is None else [tag for tag in tags if tag.strip()],
        source_url=source_url,
        branch=branch,
        pull_request_url=pull_request_url,
        completion_percentage=completion_percentage,
    )
    if not changes:
        raise typer.BadParameter("Name at least one field to change, such as --priority high.")
    with changing(acting_as, reason) as (door, session):
        from ci_core.backlog import update_enhancement

        edited = update_enhancement(
            session,
            enhancement_id,
            changes,
            expected_version=expected_version,
            actor=door.actor,
            reason=reason,
            policy=door.policy,
        )
    report(edited, f"#{edited.id} is at version {edited.version} now.", as_json=as_json)


def undo(
    enhancement_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="Only of this one.", min=1)] = None,
    transaction: Annotated[
        int | None, typer.Option(help="This change, as `history` names it; also somebody else's.", min=1)
    ] = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back your last change.

    With ID the last one of that enhancement, with --transaction exactly that one. Refused once somebody else has
    changed the same field.
    """
    if enhancement_id is not None and transaction is not None:
        raise typer.BadParameter("Name an enhancement or a transaction, not both.")
    with changing(acting_as) as (door, session):
        from ci_core.backlog import undo_last, undo_transaction

        if transaction is not None:
            result = undo_transaction(session, transaction, actor=door.actor, policy=door.policy)
        else:
            result = undo_last(session, actor=door.actor, enhancement_id=enhancement_id, policy=door.policy)
    if as_json:
        write_json(result)
        return
    touched = ", ".join(f"#{item}" for item in result.enhancement_ids) or "no enhancement"
    write(
        f"Took back transaction {result.undone_transaction_id} ({touched}); "
        f"to do it again: ci enhancements undo --transaction {result.transaction_id}"
    )


def _given(**values: Any) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _text(value: str | None, read: Callable[[], str] | None = None) -> str | None:
    return (read or sys.stdin.read)() if value == "-" else value


def report(enhancement: Enhancement, sentence: str, *, as_json: bool) -> None:
    """What became of one enhancement, as JSON or in a sentence."""
    if as_json:
        write_json(enhancement)
    else:
        write(clean(f"{sentence} {enhancement.title}"))
