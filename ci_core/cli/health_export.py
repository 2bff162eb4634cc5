"""`ci health export`: issues as SARIF, for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ci_core.cli.door import open_door
from ci_core.cli.health_choices import PathOption, RuleOption, SeverityOption, StatusOption, TypeOption, chosen
from ci_core.cli.health_repository import RepoOption, checked_repository
from ci_core.cli.output import clean, say, write

OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: stdout.")]


def export(
    sarif: Annotated[bool, typer.Option("--sarif", help="As SARIF 2.1.0; there is no other format so far.")] = False,
    output: OutputOption = None,
    severity: SeverityOption = None,
    status: StatusOption = None,
    path: PathOption = "",
    rule: RuleOption = None,
    issue_type: TypeOption = None,
    repo: RepoOption = None,
) -> None:
    """Write issues as SARIF 2.1.0, for GitHub, editors and other tools.

    Without --status: what still harms, and what was dismissed, marked as suppressed with the reason.
    """
    if not sarif:
        raise typer.BadParameter("Say which format is wanted: --sarif.", param_hint="--sarif")
    with open_door() as door:
        from dataclasses import replace
        from datetime import UTC, datetime

        from ci_core.health.sarif.exporting import EXPORTED, export_sarif

        wanted = chosen(severity, status, rule, issue_type, path, None, "", None, datetime.now(UTC))
        if not status:
            wanted = replace(wanted, statuses=EXPORTED)
        with door.database.reading() as session:
            repository = checked_repository(session, repo, door.settings)
            document = export_sarif(session, repository.id, wanted)
    # ASCII alone, so that no terminal, pipe or file of another encoding changes a character.
    text = json.dumps(document, indent=2, ensure_ascii=True)
    if output is None:
        write(text)
        return
    try:
        output.write_text(text + "\n", encoding="ascii")
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}.", param_hint="--output") from None
    written = len(document["runs"][0]["results"])
    say(f"{written:,} issue{'' if written == 1 else 's'} of {clean(repository.name)} written to {output}")
