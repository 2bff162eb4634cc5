"""`ci research`: what was found, and what can be decided about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ci_core.cli.changes import VersionOption, changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.enhancements import LimitOption, OffsetOption
from ci_core.cli.output import Column, clean, plain, say, write, write_heading, write_json, write_pairs, write_table
from ci_core.cli.triage import moment_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ci_core.research.findings import FindingDetail, NearFinding

FindingArgument = Annotated[int, typer.Argument(metavar="ID", help="Number of the finding.", min=1)]
COLUMNS = (
    Column("ID", numeric=True),
    Column("SCORE", numeric=True),
    Column("SITE"),
    Column("STATUS"),
    Column("FOUND"),
    Column("TITLE", flexible=True),
)


def add_to(app: typer.Typer) -> None:
    """Put these commands under `ci research`."""
    for command in (findings, show, convert, attach, reject, snooze, reopen, split, merge):
        app.command()(command)


def findings(
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS",
            help="Stored states (new, analyzed, converted_to_enhancement, rejected, duplicate, archived), or waiting, "
            "snoozed, set_aside, converted, duplicates, everything. Default: what waits for a decision.",
        ),
    ] = None,
    source_type: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="Only of these kinds of sites; may be repeated.")
    ] = None,
    min_relevance: Annotated[float | None, typer.Option(metavar="N", help="Only scored so, 0–100.")] = None,
    query: Annotated[str, typer.Option("--query", "-q", metavar="WORDS", help="Only what has these words.")] = "",
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
) -> None:
    """List findings, the most relevant first; of those that wait, every fourth is one that the score is not sure of."""
    with open_door() as door:
        from ci_core.research.feed import FeedFilter, feed

        wanted = FeedFilter(
            text=query, source_types=tuple(source_type or ()), least=min_relevance, **_standing(status or [])
        )
        with door.database.reading() as session:
            page = feed(session, wanted, limit=limit, offset=offset)
    if as_json:
        write_json({"total": page.total, "findings": page.findings})
        return
    write_table(
        COLUMNS,
        [
            (
                one.id,
                "" if one.relevance_score is None else f"{one.relevance_score:.0f}{'?' if one.uncertain else ''}",
                one.source_name,
                one.status,
                f"{one.discovered_at:%Y-%m-%d}",
                one.source_title,
            )
            for one in page.findings
        ],
    )
    shown = f"{offset + 1}–{offset + len(page.findings)} of {page.total}" if page.findings else "none"
    say(
        f"{shown}"
        + ("; ? marks those that the score is not sure of" if any(f.uncertain for f in page.findings) else "")
    )


def show(finding_id: FindingArgument, as_json: JsonOption = False) -> None:
    """Show one finding: summary, quotation, why it was scored so, what is like it, what became of it."""
    with open_door() as door:
        from ci_core.research.findings import finding

        with door.database.reading() as session:
            detail = finding(session, finding_id)
    if as_json:
        write_json(
            plain(detail.finding)
            | {k: v for k, v in plain(detail).items() if k not in ("finding", "duplicate_of")}
            | {"duplicate_of_finding": plain(detail.duplicate_of)}
        )
        return
    _write_finding(detail)


def convert(
    finding_id: FindingArgument,
    title: Annotated[str | None, typer.Option(help="Another title than the finding's.")] = None,
    category: Annotated[str | None, typer.Option(help="Another category than the suggested one.")] = None,
    priority: Annotated[str | None, typer.Option(help="Another priority than the suggested one.")] = None,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an enhancement of a finding, with its quotation and link."""
    with changing(acting_as) as (door, session):
        from dataclasses import replace

        from ci_core.research.conversion import proposed_form
        from ci_core.research.decisions import convert_finding
        from ci_core.research.findings import finding

        given: dict[str, Any] = {"title": title, "category": category, "priority": priority}
        form = replace(
            proposed_form(finding(session, finding_id)), **{name: value for name, value in given.items() if value}
        )
        made = convert_finding(
            session,
            finding_id,
            form=form,
            expected_version=expected_version,
            actor=door.actor,
            policy=door.policy,
        )
    if as_json:
        write_json({"finding_id": finding_id, "enhancement_id": made.id, "enhancement": made})
    else:
        write(clean(f"Finding {finding_id} is #{made.id} now. {made.title}"))


def attach(
    finding_id: FindingArgument,
    enhancement_id: Annotated[int, typer.Argument(metavar="ENHANCEMENT", help="Number of the enhancement.", min=1)],
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a finding speak for an enhancement that exists, as evidence."""
    _decide(
        finding_id,
        lambda library, session, seen: library.attach_finding(session, finding_id, enhancement_id, **seen),
        f"is evidence for #{enhancement_id} now.",
        (expected_version, acting_as, as_json),
    )


def reject(
    finding_id: FindingArgument,
    reason: Annotated[str | None, typer.Option(help="Why; kept with it and in its history.")] = None,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide against a finding."""
    _decide(
        finding_id,
        lambda library, session, seen: library.reject_finding(session, finding_id, reason, **seen),
        f"is rejected{': ' + reason if reason else ''}.",
        (expected_version, acting_as, as_json),
    )


def snooze(
    finding_id: FindingArgument,
    until: Annotated[str, typer.Option(metavar="DATE", help="2026-12-24, or with a time: 2026-12-24T14:30.")],
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a finding aside until a day (nine in the morning here)."""
    moment = moment_of(until)
    _decide(
        finding_id,
        lambda library, session, seen: library.snooze_finding(session, finding_id, moment, **seen),
        f"is out of the feed until {moment:%Y-%m-%d %H:%M}.",
        (expected_version, acting_as, as_json),
    )


def reopen(
    finding_id: FindingArgument,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a finding that was rejected, set aside or snoozed back into the feed."""
    _decide(
        finding_id,
        lambda library, session, seen: library.reopen_finding(session, finding_id, **seen),
        "is back in the feed.",
        (expected_version, acting_as, as_json),
    )


def split(
    finding_id: FindingArgument,
    related: Annotated[
        bool, typer.Option("--related", help="The two have to do with each other all the same.")
    ] = False,
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a finding is not the same as the one that it was taken to repeat."""
    from db.enums import Verdict

    verdict = Verdict.RELATED if related else Verdict.DIFFERENT
    _decide(
        finding_id,
        lambda library, session, seen: library.split_finding(session, finding_id, verdict=verdict, **seen),
        "stands for itself again.",
        (expected_version, acting_as, as_json),
    )


def merge(
    finding_id: FindingArgument,
    into: Annotated[int, typer.Argument(metavar="OTHER", help="Number of the finding that it repeats.", min=1)],
    expected_version: VersionOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a finding is the same as another one."""
    _decide(
        finding_id,
        lambda library, session, seen: library.merge_finding(session, finding_id, into, **seen),
        f"repeats finding {into} now.",
        (expected_version, acting_as, as_json),
    )


def _decide(
    finding_id: int,
    change: Callable[[Any, Session, Mapping[str, Any]], Any],
    told: str,
    options: tuple[int | None, str | None, bool],
) -> None:
    """Carry out one decision and tell of it; `options` are the version, who acts, and whether JSON is wanted."""
    expected_version, acting_as, as_json = options
    with changing(acting_as) as (door, session):
        from ci_core.research import decisions

        decided = change(decisions, session, {"expected_version": expected_version, "actor": door.actor})
    if as_json:
        write_json(decided)
    else:
        write(clean(f"Finding {finding_id} {told}"))


def _standing(names: Sequence[str]) -> dict[str, Any]:
    """The part of a filter that these states or shelves name."""
    from ci_core.research.feed import Shelf
    from db.enums import FindingStatus

    asked = [name.strip().lower() for given in names for name in given.split(",") if name.strip()]
    if not asked:
        return {}
    if len(asked) == 1 and asked[0] in set(Shelf) - {"rejected"}:
        return {"shelf": Shelf(asked[0])}
    for name in asked:
        if name not in set(FindingStatus):
            allowed = ", ".join([*FindingStatus, *sorted(set(Shelf) - set(FindingStatus))])
            raise typer.BadParameter(f"{name!r} is no state. Allowed are: {allowed}.", param_hint="--status")
    return {"statuses": tuple(FindingStatus(name) for name in asked)}


def _write_finding(detail: FindingDetail) -> None:
    found = detail.finding
    write(clean(f"{found.id}  {found.source_title}"))
    seen = ", ".join(dict.fromkeys(one.source_name for one in found.also_seen_on))
    write_pairs(
        [
            ("Status", found.status.replace("_", " ")),
            ("Site", found.source_name),
            ("Address", found.source_url),
            ("Author", found.author),
            ("Published", f"{found.published_at:%Y-%m-%d}" if found.published_at else None),
            ("Found", f"{found.discovered_at:%Y-%m-%d %H:%M} UTC"),
            ("Relevance", _score(found.relevance_score, "not sure about this one" if found.uncertain else "")),
            ("Novelty", _score(found.novelty_score)),
            ("Applicability", _score(found.applicability_score)),
            ("Difficulty", _score(found.implementation_difficulty)),
            ("Scored by", found.scored_by),
            ("Why", found.reason),
            ("Technologies", ", ".join(detail.technologies)),
            ("Also seen on", seen),
            ("Decided", f"by {found.decided_by}" if found.decided_by else None),
            ("Reason", found.decision_reason),
        ]
    )
    if found.summary:
        write_heading("Summary")
        write(clean(found.summary))
    if detail.quote:
        write_heading("Quotation")
        write(clean(detail.quote))
    same = [detail.duplicate_of] if detail.duplicate_of else []
    for title, near in (("Repeats", same), ("Repeated by", detail.duplicates), ("Related", detail.related)):
        _write_near(title, near)
    if detail.became:
        write_heading("Became")
        for one in detail.became:
            write(clean(f"#{one.enhancement_id}  {one.title} ({one.status}, {'origin' if one.origin else 'evidence'})"))
    if detail.history:
        write_heading("History")
        for entry in detail.history:
            write(clean(f"{entry.occurred_at:%Y-%m-%d %H:%M}  {entry.actor} {entry.summary}"))


def _write_near(title: str, near: Sequence[NearFinding]) -> None:
    if not near:
        return
    write_heading(title)
    for one in near:
        alike = "" if one.similarity is None else f" {one.similarity:.2f}"
        write(clean(f"{one.id}  {one.title} ({one.source_name}{alike}{': ' + one.reason if one.reason else ''})"))


def _score(value: float | None, note: str = "") -> str | None:
    return None if value is None else f"{value:.0f}" + (f" ({note})" if note else "")
