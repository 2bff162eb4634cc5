"""`ci research`: what the research agent does. The commands of its parts stand in files of their own.

A file with commands of this group has `add_to(app)`, one with a group of its own has `app`; both are put in here.
"""

from __future__ import annotations

import typer

from ci_core.cli.research_evaluate import add_to as add_evaluate
from ci_core.cli.research_findings import add_to as add_findings
from ci_core.cli.research_interests import app as interests
from ci_core.cli.research_scan import add_to as add_scan
from ci_core.cli.research_sources import app as sources

app = typer.Typer(help="The research agent: scan sites, decide what it found.", no_args_is_help=True)


@app.callback()
def research() -> None:
    """The research agent: scan sites, decide what it found."""


add_findings(app)
app.add_typer(interests, name="interests")
app.add_typer(sources, name="sources")
add_scan(app)
add_evaluate(app)
