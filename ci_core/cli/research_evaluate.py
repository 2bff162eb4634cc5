"""`ci research evaluate`: the figures of the research agent on labelled files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ci_core.cli.door import JsonOption
from ci_core.cli.output import write_json, write_pairs


def add_to(app: typer.Typer) -> None:
    """Put the command beside the others of the research agent."""
    app.command()(evaluate)


def evaluate(
    dedup: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A labelled stream (JSON lines) or labelled pairs (TSV or JSON lines)."),
    ] = None,
    relevance: Annotated[
        Path | None, typer.Option(metavar="FILE", help='JSON lines {"id", "title", "text"?, "y"}, y is 1 or 0.')
    ] = None,
    interests: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Interest texts, one a line, instead of the default ones.")
    ] = None,
    clicks: Annotated[
        int | None, typer.Option(help="Let a simulated team decide so many items, and say what was learned.", min=1)
    ] = None,
    per_day: Annotated[int, typer.Option(help="So many items it is shown a day.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of the simulated team; the same one gives the same figures.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure on a labelled file how well duplicates are found or relevance is scored.

    Nothing is stored, and nothing is fitted to the file: it runs what the product itself runs. The labels and the
    figures are described in docs/research-quality.md.
    """
    if (dedup is None) == (relevance is None):
        raise typer.BadParameter("Say one of --dedup FILE and --relevance FILE.")
    figures: dict[str, Any] = {}
    if dedup is not None:
        figures = _dedup(dedup)
    if relevance is not None:
        from ci_core.research.evaluation.relevance import evaluate_relevance

        figures = evaluate_relevance(relevance, interests=interests, clicks=clicks, per_day=per_day, seed=seed)
    if as_json:
        write_json(figures)
    else:
        write_pairs(_lines(figures))


def _dedup(path: Path) -> dict[str, Any]:
    from ci_core.embeddings import load_encoder
    from ci_core.research.evaluation.dedup import evaluate_dedup
    from ci_core.settings import load_settings

    return evaluate_dedup(path, load_encoder(load_settings().models_dir))


def _lines(figures: Mapping[str, Any]) -> list[tuple[str, object]]:
    lines: list[tuple[str, object]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            lines.extend((f"{_words(name)} {_words(str(key))}", _shown(inner)) for key, inner in value.items())
        else:
            lines.append((_words(name), _shown(value)))
    return lines


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> object:
    return "not known" if value is None else value
