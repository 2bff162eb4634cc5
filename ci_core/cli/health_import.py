"""`ci health import`: what another scanner found, as SARIF."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.health_checks import check_document, write_check
from ci_core.cli.health_repository import RepoOption, folder_of
from ci_core.cli.output import clean, say, write_json


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.sarif", help="SARIF 2.1.0 of any tool; - reads it from stdin.")],
    complete: Annotated[
        bool,
        typer.Option(
            "--complete", help="It holds all that its tool finds in the whole repository: what it lacks is resolved."
        ),
    ] = False,
    within: Annotated[
        str, typer.Option("--within", metavar="FOLDER", help="The folder in which the tool ran, if not the root.")
    ] = "",
    repo: RepoOption = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in what another scanner found; its issues are followed like ours. The same file twice adds nothing."""
    with open_door(acting_as) as door:
        from ci_core.health.sarif.importing import import_sarif

        content = _read(file)
        done = import_sarif(
            door.database,
            door.settings,
            content,
            name="stdin" if str(file) == "-" else file.name,
            repo_path=folder_of(repo, door.settings),
            complete=complete,
            within=within,
            actor=door.actor,
        )
    if as_json:
        write_json(check_document(done.check) | {"remarks": done.remarks})
    else:
        write_check(done.check)
        for remark in done.remarks:
            say(clean(remark))


def _read(file: Path) -> bytes:
    from ci_core.errors import InvalidInput
    from ci_core.health.sarif.reading import LARGEST_FILE

    try:
        if str(file) == "-":
            stream = getattr(sys.stdin, "buffer", None)
            return stream.read(LARGEST_FILE + 1) if stream else sys.stdin.read(LARGEST_FILE + 1).encode()
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidInput("file", f"{file} cannot be read: {error.strerror or error}. Name a SARIF file.") from None
