"""`ci llm`: which chat models are asked, with which prompts, and what they cost."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, Door, JsonOption, open_door
from ci_core.cli.output import Column, clean, write, write_heading, write_json, write_pairs, write_table
from db.enums import LlmCallStatus

if TYPE_CHECKING:
    from ci_core.llm import LlmUsage

app = typer.Typer(help="Chat models: what is configured, their prompts, their calls and cost.", no_args_is_help=True)
prompts = typer.Typer(help="The prompts that chat models are asked with, in versions.", no_args_is_help=True)
app.add_typer(prompts, name="prompts")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help='As in "research.score".')]
MOST_CALLS = 1_000


@app.command()
def status(
    reach: Annotated[bool, typer.Option("--reach", help="Also look whether each one answers; costs nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the models in the order in which they are asked, and what today has cost."""
    with open_door() as door:
        from ci_core.llm import llm_usage

        models = _models(door, reach=reach)
        with door.database.reading() as session:
            usage = llm_usage(session, door.settings.llm_daily_max_cost_usd, datetime.now(UTC))
    if as_json:
        write_json({"models": models, "left_usd": usage.left_usd, "today": usage})
        return
    _write_models(models)
    write_heading("Today (UTC)")
    write_pairs(
        [
            ("spent", f"${usage.spent_usd:.4f} of ${usage.limit_usd:f}"),
            ("of that reserved", f"${usage.reserved_usd:.4f}" if usage.reserved_usd else ""),
        ]
    )
    if usage.calls:
        write()
        _write_usage(usage)


@app.command()
def calls(
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=MOST_CALLS)] = 20,
    outcome: Annotated[
        list[LlmCallStatus] | None, typer.Option("--status", help="Only these; may be repeated.")
    ] = None,
    run: Annotated[int | None, typer.Option(metavar="ID", help="Only those of this run.", min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest calls with tokens, cost and what went wrong."""
    with open_door() as door:
        from ci_core.llm import list_calls

        with door.database.reading() as session:
            found = list_calls(session, limit=limit, statuses=outcome or (), run_id=run)
    if as_json:
        write_json({"calls": found})
        return
    columns = [
        Column("ID", numeric=True),
        Column("WHEN (UTC)"),
        Column("MODEL"),
        Column("FOR"),
        Column("OUTCOME"),
        Column("IN", numeric=True),
        Column("OUT", numeric=True),
        Column("COST", numeric=True),
        Column("MS", numeric=True),
        Column("ERROR", flexible=True),
    ]
    write_table(
        columns,
        [
            (
                call.id,
                f"{call.created_at:%m-%d %H:%M:%S}",
                f"{call.provider}:{call.model}",
                call.prompt or call.purpose,
                call.status,
                call.tokens_in,
                call.tokens_out,
                f"${call.cost_usd:.6f}",
                call.latency_ms,
                call.error,
            )
            for call in found
        ],
    )


@prompts.command("list")
def list_them(as_json: JsonOption = False) -> None:
    """List every version; the active one is asked with."""
    with open_door() as door:
        from ci_core.llm.prompts import list_prompts

        with door.database.reading() as session:
            found = list_prompts(session)
    if as_json:
        write_json({"prompts": found})
        return
    write_table(
        [Column("NAME"), Column("VERSION", numeric=True), Column("ACTIVE"), Column("BY"), Column("SINCE")],
        [
            (item.name, item.version, "yes" if item.active else "", item.created_by, f"{item.created_at:%Y-%m-%d}")
            for item in found
        ],
    )


@prompts.command()
def show(
    name: NameArgument,
    version: Annotated[int | None, typer.Option(help="Default: the active one.", min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a prompt as it stands."""
    with open_door() as door:
        from ci_core.llm.prompts import read_prompt

        with door.database.reading() as session:
            found = read_prompt(session, name, version)
    if as_json:
        write_json(found)
    else:
        write(clean(found.template))


@prompts.command()
def add(
    name: NameArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Its text; - reads it from stdin.")],
    activate: Annotated[bool, typer.Option("--activate", help="Ask with it from now on.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a new version of a prompt; it has the same ${variables} as the one that came with the product."""
    text = _text_of(file)
    with changing(acting_as) as (door, session):
        from ci_core.llm.prompts import activate_prompt, add_prompt

        stored = add_prompt(session, name, text, actor=door.actor)
        if activate:
            stored = activate_prompt(session, name, stored.version, actor=door.actor)
    if as_json:
        write_json(stored)
    else:
        write(f"{stored.label} is {'active' if stored.active else 'stored, not active'}.")


@prompts.command("activate")
def activate_one(
    name: NameArgument,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As `ci llm prompts list` shows it.", min=1)],
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask with this version from now on. A newer text that comes with the product does not replace it by itself."""
    with changing(acting_as) as (door, session):
        from ci_core.llm.prompts import activate_prompt

        stored = activate_prompt(session, name, version, actor=door.actor)
    if as_json:
        write_json(stored)
    else:
        write(f"{stored.label} is active.")


def _write_models(models: list[dict[str, object]]) -> None:
    if not models:
        from ci_core.llm import HOW_TO_CONFIGURE

        write(f"No chat model is configured; findings are scored on this machine. {HOW_TO_CONFIGURE}")
        return
    columns = [
        Column("MODEL"),
        Column("PRICE IN", numeric=True),
        Column("OUT", numeric=True),
        Column("", flexible=True),
    ]
    write_table(columns, [(m["model"], m["input_usd"], m["output_usd"], m["detail"]) for m in models])


def _write_usage(usage: LlmUsage) -> None:
    columns = [
        Column("MODEL"),
        Column("OUTCOME"),
        Column("CALLS", numeric=True),
        Column("TOKENS IN", numeric=True),
        Column("OUT", numeric=True),
        Column("COST", numeric=True),
        Column("MEDIAN", numeric=True),
    ]
    rows = [
        (
            f"{entry.provider}:{entry.model}",
            entry.status,
            entry.calls,
            entry.tokens_in,
            entry.tokens_out,
            f"${entry.cost_usd:.4f}",
            "" if entry.median_latency_ms is None else f"{entry.median_latency_ms} ms",
        )
        for entry in usage.calls
    ]
    write_table(columns, rows)


def _models(door: Door, *, reach: bool) -> list[dict[str, object]]:
    from ci_core.llm import configured_models
    from ci_core.llm.reaching import reach as look

    listed: list[dict[str, object]] = []
    for model in configured_models(door.settings):
        usable = model.ready and model.price is not None
        detail = model.address
        if not model.ready:
            detail = "OPENAI_API_KEY is not set"
        elif model.price is None:
            detail = "its price is not known, so it is not asked; say it in CI_LLM_PRICES"
        reached = look(model, door.settings) if reach and model.ready else None
        listed.append(
            {
                "model": model.label,
                "address": model.address,
                "usable": usable,
                "input_usd": model.price.input if model.price else None,
                "output_usd": model.price.output if model.price else None,
                "reachable": reached.ok if reached else None,
                "detail": reached.detail if reached and usable else detail,
            }
        )
    return listed


def _text_of(file: str) -> str:
    from ci_core.errors import InvalidInput

    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("file", f"{file} cannot be read as text: {error}.") from None
