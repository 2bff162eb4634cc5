"""How every command comes in: settings, database and the name of who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ci_core.backlog.scoring import ScoringPolicy
    from ci_core.settings import Settings
    from db.engine import Database

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
ActorOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who does it, for the history. Default: CI_ACTOR, else the system user."),
]
LONGEST_NAME = 120


@dataclass(frozen=True)
class Door:
    """What a command works with; transactions are opened here and nowhere below."""

    settings: Settings
    database: Database
    actor: str

    @property
    def policy(self) -> ScoringPolicy:
        """How scores come about, with the weights of the settings."""
        from ci_core.backlog import policy_from

        return policy_from(self.settings)


@contextmanager
def open_door(acting_as: str | None = None, *, needs_tables: bool = True) -> Iterator[Door]:
    """Settings, logging and database for one command.

    Raises:
        SettingsError: a setting cannot be used.
        InvalidInput: the name of who acts cannot be used.
        DatabaseError: the database cannot be used, or (unless `needs_tables` is off) its tables are missing or old.
    """
    from ci_core.database import open_database
    from ci_core.logs import configure_logging
    from ci_core.runs.log_writer import kept_run_logs
    from ci_core.settings import load_settings
    from db.schema import check_schema

    settings = load_settings()
    actor = checked_actor(settings.actor if acting_as is None else acting_as)
    with (
        # Into the file alone: at a terminal, a command says what went wrong itself, in one line.
        configure_logging(settings, process="ci", terminal=False, at_once=False),
        open_database(settings, application_name="ci") as database,
        kept_run_logs(database, settings),
    ):
        if needs_tables:
            with database.reading() as session:
                check_schema(session)
        yield Door(settings, database, actor)


def checked_actor(name: str) -> str:
    """The name, trimmed.

    Raises:
        InvalidInput: it is empty or longer than 120 characters, or says "sql:…", which only PostgreSQL itself says.
    """
    from ci_core.errors import InvalidInput

    actor = name.strip()
    if not actor or len(actor) > LONGEST_NAME or not actor.isprintable():
        raise InvalidInput("as", f"A name for the history has 1 to {LONGEST_NAME} printable characters.")
    if actor.startswith("sql:"):
        raise InvalidInput("as", "Names that begin with sql: belong to plain SQL sessions. Choose another one.")
    return actor
