"""`ci health`: what the health agent finds, and what people decide about it. Its parts stand in files of their own.

A file with commands of this group has `add_to(app)`, one with a group of its own has `app`; both are put in here.
"""

from __future__ import annotations

import typer

from ci_core.cli.health_advisories import app as advisories
from ci_core.cli.health_check import check
from ci_core.cli.health_checks import add_to as add_checks
from ci_core.cli.health_decisions import add_to as add_decisions
from ci_core.cli.health_export import export
from ci_core.cli.health_import import import_
from ci_core.cli.health_issues import add_to as add_issues

app = typer.Typer(help="The health agent: check a repository, follow its issues.", no_args_is_help=True)


@app.callback()
def health() -> None:
    """The health agent: check a repository, follow its issues."""


app.command()(check)
add_checks(app)
add_issues(app)
add_decisions(app)
app.command()(export)
app.command(name="import")(import_)
app.add_typer(advisories, name="advisories")
