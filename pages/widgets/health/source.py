"""What the Health page reads, read again only when something of it changed; all pages of a process share it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from ci_core.errors import NotFound
from ci_core.health.history import Repository, repositories
from ci_core.health.standing import UnderWay, under_way
from ci_core.health.target import identify
from ci_core.jobs import KINDS
from db.engine import Database
from pages.widgets.session import Backend

T = TypeVar("T")
Revision = tuple[tuple[int, int], ...]
REPOSITORY = "repo"
TABLES = ("ci_health_checks", "ci_health_checkers", "ci_health_issues")
PROGRESS = ("ci_automation_runs", "ci_health_checks", "ci_health_checkers")
# In the order of the menu; those that this version has.
FULL = "health_full_scan"
CHECKS = (
    FULL,
    "health_quick_scan",
    "health_security_scan",
    "health_dependency_check",
    "health_performance_test",
)


def revision(shared: Backend, tables: tuple[str, ...] = TABLES) -> Revision:
    """A value that differs from the one before when something of these tables may have changed."""
    return tuple(shared.listener.revision_of(table) for table in tables)


def health_kinds() -> tuple[str, ...]:
    """The kinds of jobs that check a repository."""
    return tuple(name for name in CHECKS if name in KINDS)


def read(shared: Backend, what: Callable[..., T], *asked: Any, tables: tuple[str, ...] = TABLES) -> T:
    """`what(session, *asked)`, remembered until a table of `tables` changes; `asked` must be hashable.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    found: T = _read(shared.database, revision(shared, tables), what, asked)
    return found


@lru_cache(maxsize=64)
def _read(database: Database, _revision: Revision, what: Callable[..., Any], asked: tuple[Any, ...]) -> Any:
    with database.reading() as session:
        return what(session, *asked)


def checks_under_way(shared: Backend) -> tuple[UnderWay, ...]:
    """Checks that wait or run."""
    return read(shared, under_way, health_kinds(), tables=PROGRESS)


def known_repositories(shared: Backend) -> tuple[Repository, ...]:
    """Every repository that is known, the one checked last first."""
    return read(shared, repositories)


def chosen_repository(shared: Backend, known: tuple[Repository, ...]) -> Repository | None:
    """The repository that the address names; else the one that is checked by itself, else the one checked last."""
    asked = st.query_params.get(REPOSITORY, "")
    named = next((one for one in known if str(one.id) == asked), None)
    if named is not None or len(known) < 2:
        return named or next(iter(known), None)
    own = _identity(shared.settings.repo_path)
    return next((one for one in known if one.identity == own), known[0])


@lru_cache(maxsize=4)
def _identity(path: Path) -> str | None:
    """What tells the repository in a folder from others; None where there is no such folder."""
    try:
        return identify(path).identity
    except NotFound:
        return None


def show_own_change(shared: Backend) -> None:
    """Let everybody at this process see at once what was just changed here, instead of a moment later."""
    shared.listener.note_change(*TABLES, *PROGRESS)
