"""`ci health`: what people decide about issues."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.changes import changing
from ci_core.cli.choices import one_of
from ci_core.cli.door import ActorOption, JsonOption
from ci_core.cli.health_choices import MOMENT_HELP
from ci_core.cli.health_issues import document
from ci_core.cli.output import clean, write, write_json
from ci_core.cli.triage import moment_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

IdsArgument = Annotated[list[int], typer.Argument(metavar="ID…", help="Numbers of issues.", min=1)]
UntilOption = Annotated[str | None, typer.Option(metavar="DATE", help=MOMENT_HELP)]


def add_to(app: typer.Typer) -> None:
    """Put these commands under `ci health`."""
    for command in (ack, dismiss, reopen):
        app.command()(command)


def ack(
    issue_ids: IdsArgument,
    reason: Annotated[str | None, typer.Option(help="Why, or what is planned; kept with it.")] = None,
    until: UntilOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that issues are known and accepted for now; they still count."""
    moment = None if until is None else moment_of(until)
    _decide(
        issue_ids,
        lambda decisions, session, actor: decisions.acknowledge(
            session, issue_ids, actor=actor, reason=reason, until=moment
        ),
        "acknowledged",
        acting_as,
        as_json,
    )


def dismiss(
    issue_ids: IdsArgument,
    reason: Annotated[str, typer.Option(help="Why; kept with it, and written where issues are exported.")],
    kind: Annotated[
        str,
        typer.Option(
            "--as-what", metavar="STATE", help="wont_fix: it is true and stays so. false_positive: it is none."
        ),
    ] = "wont_fix",
    until: UntilOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide that issues will not be repaired, or are none; they count no more and stay so across checks."""
    from db.enums import IssueStatus

    moment = None if until is None else moment_of(until)
    status = one_of(IssueStatus, kind, "as-what")
    _decide(
        issue_ids,
        lambda decisions, session, actor: decisions.dismiss(
            session, issue_ids, status, reason=reason, until=moment, actor=actor
        ),
        f"dismissed as {status.value.replace('_', ' ')}",
        acting_as,
        as_json,
    )


def reopen(issue_ids: IdsArgument, acting_as: ActorOption = None, as_json: JsonOption = False) -> None:
    """Take a decision back: the issues are open again."""
    _decide(
        issue_ids,
        lambda decisions, session, actor: decisions.reopen(session, issue_ids, actor=actor),
        "open again",
        acting_as,
        as_json,
    )


def _decide(
    issue_ids: list[int],
    change: Callable[[Any, Session, str], Any],
    told: str,
    acting_as: str | None,
    as_json: bool,
) -> None:
    with changing(acting_as) as (door, session):
        from ci_core.backlog.undo import present_transaction
        from ci_core.health import decisions
        from ci_core.health.issues import get_issue

        change(decisions, session, door.actor)
        session.flush()
        session.expire_all()
        transaction = present_transaction(session)
        decided = [get_issue(session, one) for one in dict.fromkeys(issue_ids)]
    if as_json:
        write_json({"transaction_id": transaction, "issues": [document(one) for one in decided]})
        return
    for one in decided:
        write(clean(f"Issue {one.id} is {told}. {one.title} ({one.place})"))
    write(f"To take it back: ci enhancements undo --transaction {transaction}")
