"""`ci doctor`: what works here, and how to repair what does not."""

from __future__ import annotations

import typer

from ci_core.cli.door import JsonOption
from ci_core.cli.output import Column, write, write_json, write_table


def doctor(as_json: JsonOption = False) -> None:
    """Check Python, settings, disk, database, embedding model, search index and scheduler: each OK, or the remedy."""
    from ci_core.doctor import Further, Outcome, examine
    from ci_core.jobs.checks import NAMES, sidecar_checks

    checks = examine([Further(NAMES, sidecar_checks)])
    healthy = all(check.outcome is not Outcome.FAILED for check in checks)
    if as_json:
        write_json({"ok": healthy, "checks": checks})
    else:
        write_table(
            [Column("CHECK"), Column("RESULT"), Column("DETAIL", flexible=True)],
            [(check.name, check.outcome.label, check.detail) for check in checks],
        )
        remedies = [(check.name, check.remedy) for check in checks if check.remedy]
        if remedies:
            write()
        for name, remedy in remedies:
            write(f"{name}: {remedy}")
    if not healthy:
        raise typer.Exit(1)
