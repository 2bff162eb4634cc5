"""`ci health`: what the health agent does. The commands of its parts stand in files of their own."""

from __future__ import annotations

import typer

from ci_core.cli.health_advisories import app as advisories

app = typer.Typer(help="The health agent: check a repository, follow its issues.", no_args_is_help=True)


@app.callback()
def health() -> None:
    """The health agent: check a repository, follow its issues."""


app.add_typer(advisories, name="advisories")
