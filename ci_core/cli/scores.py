"""`ci enhancements`: score, order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.changes import ReasonOption, changing, report
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.enhancements import write_breakdown
from ci_core.cli.output import Column, say, write, write_json, write_table

if TYPE_CHECKING:
    from ci_core.backlog.rescoring import Ranked, Rescored


def add_to(app: typer.Typer) -> None:
    """Put these commands beside those that only look."""
    for command in (score, order):
        app.command()(command)


def score(
    enhancement_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="Which one.", min=1)] = None,
    every: Annotated[bool, typer.Option("--all", help="Score every enhancement anew.")] = False,
    override: Annotated[
        list[str] | None, typer.Option(metavar="COMPONENT=VALUE", help="Set a score yourself; also total=VALUE.")
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(metavar="COMPONENT", help="Leave this score to the scorer again.")
    ] = None,
    reason: ReasonOption = None,
    acting_as: ActorOption = None,
    limit: Annotated[int, typer.Option(help="With --all: show at most so many changes of rank.", min=0)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Score anew, or set a score yourself; with --all, also say which ranks changed and why.

    COMPONENT is business_value, user_impact, strategic_alignment, technical_debt, inaction_risk, implementation_risk,
    or total for the priority itself.
    """
    if every == (enhancement_id is not None):
        raise typer.BadParameter("Name one enhancement, or say --all.")
    overrides: list[tuple[str, float | None]] = [_override(pair) for pair in override or []]
    overrides += [(name, None) for name in clear or []]
    if every and overrides:
        raise typer.BadParameter("A score is set for one enhancement at a time.")
    with changing(acting_as, reason) as (door, session):
        from ci_core.backlog import score_enhancement, set_score_override
        from ci_core.backlog.rescoring import rescore_everything

        if enhancement_id is None:
            done = rescore_everything(session, actor=door.actor, policy=door.policy)
        else:
            for name, value in overrides:
                set_score_override(
                    session,
                    enhancement_id,
                    name,
                    value,
                    actor=door.actor,
                    reason=reason or "",
                    policy=door.policy,
                )
            scored = score_enhancement(session, enhancement_id, actor=door.actor, policy=door.policy)
    if enhancement_id is None:
        _report_ranks(done, limit, as_json=as_json)
        return
    report(scored, f"#{scored.id} scores {scored.ai_priority_score:.1f}.", as_json=as_json)
    if not as_json:
        write_breakdown(scored)


def order(
    limit: Annotated[int, typer.Option(help="At most this many.", min=0)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show open work in the order to do it: by score, and what others wait for before them."""
    with open_door() as door:
        from ci_core.backlog.rescoring import order_of_open

        with door.database.reading() as session:
            ordered = order_of_open(session)
    if as_json:
        write_json({"total": len(ordered), "order": ordered[:limit]})
        return
    write_table(
        (
            Column("RANK", numeric=True),
            Column("ID", numeric=True),
            Column("STATUS"),
            Column("SCORE", numeric=True),
            Column("TITLE", flexible=True),
            Column("WHY HERE", flexible=True),
        ),
        [(one.rank, one.id, one.status, _figure(one.score), one.title, _why_here(one)) for one in ordered[:limit]],
    )
    if len(ordered) > limit:
        say(f"1–{limit} of {len(ordered)}" if limit else f"none of {len(ordered)}")


def _why_here(one: Ranked) -> str:
    if one.lifted_by is not None:
        return f"#{one.lifted_by} waits for it"
    return "" if one.held_by is None else f"waits for #{one.held_by}"


def _override(pair: str) -> tuple[str, float]:
    name, separator, value = pair.partition("=")
    try:
        return name.strip().removesuffix("_score"), float(value)
    except ValueError:
        missing = "" if separator else ", with a sign of equality"
        raise typer.BadParameter(f"{pair!r} is not COMPONENT=VALUE{missing}.", param_hint="--override") from None


def _report_ranks(done: Rescored, limit: int, *, as_json: bool) -> None:
    from ci_core.backlog.rescoring import first_of

    if as_json:
        write_json(done)
        return
    shown = first_of(done.ranks, limit)
    if shown:
        write_table(
            (
                Column("RANK"),
                Column("SCORE"),
                Column("ID", numeric=True),
                Column("TITLE", flexible=True),
                Column("WHY", flexible=True),
            ),
            [
                (
                    f"{one.rank_before} → {one.rank_after}",
                    f"{_figure(one.score_before)} → {_figure(one.score_after)}",
                    one.id,
                    one.title,
                    one.why,
                )
                for one in shown
            ],
        )
        write()
    more = f"; {len(shown)} of {len(done.ranks)} changes of rank are shown" if len(done.ranks) > len(shown) else ""
    write(f"{done.changed} of {done.scored} scores changed{more}.")


def _figure(score: float | None) -> str:
    return "–" if score is None else f"{score:.1f}"
