"""Which repository a `ci health` command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ci_core.health.history import Repository
    from ci_core.settings import Settings

RepoOption = Annotated[
    str | None,
    typer.Option(
        "--repo",
        metavar="PATH",
        help="The folder of the repository, or the name of one that was checked. Default: CI_REPO_PATH.",
    ),
]


def folder_of(repo: str | None, settings: Settings) -> Path:
    """The folder that is to be checked."""
    return settings.repo_path if repo is None else Path(repo)


def checked_repository(session: Session, repo: str | None, settings: Settings) -> Repository:
    """The repository that the option means.

    Raises:
        NotFound: it was never checked, or there is no such folder.
    """
    from ci_core.errors import NotFound
    from ci_core.health.history import repositories
    from ci_core.health.target import identify

    known = repositories(session)
    folder = folder_of(repo, settings)
    if repo is not None and not folder.expanduser().is_dir():
        named = [one for one in known if one.name == repo.strip()]
        if len(named) == 1:
            return named[0]
        names = ", ".join(sorted({one.name for one in known})) or "none yet"
        raise NotFound(f"There is no folder {folder}, and no one repository of that name. Checked so far: {names}.")
    identity = identify(folder)
    found = next((one for one in known if one.identity == identity.identity), None)
    if found is None:
        raise NotFound(f"{identity.name} was never checked. Run: ci health check --repo {folder}")
    return found
