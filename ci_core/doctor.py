"""What works on this machine and what does not, each with its remedy. Looks only; changes nothing but its own probe."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.database import open_database
from ci_core.errors import CiError
from ci_core.settings import Settings, load_settings
from db.engine import Database
from db.errors import DatabaseError
from db.schema import UPGRADE, check_schema, head, stored_revision

OLDEST_PYTHON = (3, 11)
MIB = 1024 * 1024
# The embedded database, the exported model and their logs need about 300 MiB to begin with.
DISK_WANTED_BYTES = 1024 * MIB
DISK_NEEDED_BYTES = 200 * MIB

BACKUP_TOO_OLD = timedelta(days=3)

RESEARCH_CHECKS = ("research sources", "research credentials", "research sites", "research vectors")
AFTER_DATABASE = ("pgvector", "tables", "search index", *RESEARCH_CHECKS)


class Outcome(StrEnum):
    """What became of a check. Only a failure makes the whole unhealthy."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        """For people."""
        return "OK" if self is Outcome.OK else self.value


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `remedy` says what to do unless all is well."""

    name: str
    outcome: Outcome
    detail: str
    remedy: str | None = None


@dataclass(frozen=True)
class DatabaseState:
    """Which database it is, and how far its tables are. Holds no password.

    Attributes:
        kind: "embedded" or "external".
        address: host and port, or the folder of the socket.
        enhancements: how many there are; None while there is no table.
    """

    kind: str
    address: str
    database: str
    server_version: str
    pgvector_version: str | None
    revision: str | None
    head: str
    up_to_date: bool
    size_bytes: int
    enhancements: int | None


@dataclass(frozen=True)
class IndexState:
    """How many enhancements there are, how many have the vector of their newest text, and how many wait for it."""

    total: int
    ready: int
    waiting: int


@dataclass(frozen=True)
class Further:
    """Checks of a part that stands above this module; `names` are said to be skipped where there are no tables."""

    names: tuple[str, ...]
    check: Callable[[Session, Settings], Iterable[Check]]


def examine(further: Sequence[Further] = ()) -> tuple[Check, ...]:
    """Every check, in an order in which the first failure is the one to repair first."""
    checks = [check_python()]
    try:
        settings = load_settings()
    except CiError as error:
        return (*checks, Check("settings", Outcome.FAILED, str(error), "Correct it in the environment or in .env."))
    checks.append(Check("settings", Outcome.OK, f"data folder {settings.data_dir}, repository {settings.repo_path}"))
    checks += [check_data_folder(settings.data_dir), check_logs(settings.logs_dir), check_disk(settings.data_dir)]
    checks += [check_model(settings.models_dir), check_chat_models(settings)]
    checks.append(check_backups(settings, datetime.now(UTC)))
    checks += check_health(settings, datetime.now(UTC))
    return (*checks, *check_database(settings, further))


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Whether Python is new enough."""
    shown = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        return Check("python", Outcome.FAILED, shown, "Install Python 3.11 or newer and start again with it.")
    return Check("python", Outcome.OK, shown)


def check_data_folder(folder: Path) -> Check:
    """Whether the data folder can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as error:
        reason = f"{folder}: {error.strerror or error}"
        remedy = "Make the folder writable for yourself, or choose another one with CI_DATA_DIR."
        return Check("data folder", Outcome.FAILED, reason, remedy)
    return Check("data folder", Outcome.OK, f"{folder} can be written")


def check_logs(folder: Path) -> Check:
    """Whether logs can be written; one that was made by another account often cannot."""
    present = next((place for place in (folder / "ci.log", folder) if place.exists()), None)
    if present is not None and not os.access(present, os.W_OK):
        return Check("logs", Outcome.WARNING, f"{present} cannot be written", "Correct its owner or mode.")
    return Check("logs", Outcome.OK, f"written to {folder / 'ci.log'}")


def check_disk(folder: Path, free_bytes: int | None = None) -> Check:
    """Whether there is room for what will be stored; `free_bytes` is measured when None."""
    present = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    free = shutil.disk_usage(present).free if free_bytes is None else free_bytes
    detail = f"{free / MIB:,.0f} MiB free at {present}"
    remedy = "Free some space, or choose another folder with CI_DATA_DIR."
    if free < DISK_NEEDED_BYTES:
        return Check("disk", Outcome.FAILED, detail, remedy)
    if free < DISK_WANTED_BYTES:
        return Check("disk", Outcome.WARNING, detail, remedy)
    return Check("disk", Outcome.OK, detail)


def check_model(models_dir: Path) -> Check:
    """Whether the embedding model is exported, and turns a text into a vector."""
    from ci_core.embeddings import load_encoder  # loads onnxruntime, which other users of this module never need

    try:
        encoder = load_encoder(models_dir)
        length = float((encoder.encode(["a trade"])[0] ** 2).sum())
    except CiError as error:
        return Check("embedding model", Outcome.FAILED, str(error), "Prepare it with: ci setup")
    if not 0.99 < length < 1.01:
        detail = f"{encoder.name} gives vectors of length {length:.2f} instead of 1"
        return Check("embedding model", Outcome.FAILED, detail, f"Delete {models_dir} and prepare it with: ci setup")
    return Check("embedding model", Outcome.OK, f"{encoder.name}, {encoder.dimensions} dimensions")


def check_chat_models(settings: Settings) -> Check:
    """Whether chat models are configured so that they can be asked. Asks none: `ci llm status --reach` does."""
    from ci_core.llm import HOW_TO_CONFIGURE, configured_models  # the launcher needs none of it

    name = "chat models"
    models = configured_models(settings)
    if not models:
        return Check(name, Outcome.OK, f"none; findings are scored on this machine. {HOW_TO_CONFIGURE}")
    listed = ", ".join(model.label for model in models)
    if not all(model.ready for model in models):
        return Check(name, Outcome.WARNING, f"{listed}; there is no key", "Set OPENAI_API_KEY.")
    unpriced = [model.name for model in models if model.price is None]
    if unpriced:
        remedy = f"Say what {', '.join(unpriced)} costs in CI_LLM_PRICES; until then it is not asked."
        return Check(name, Outcome.WARNING, f"{listed}; a price is not known", remedy)
    return Check(name, Outcome.OK, f"{listed}; at most ${settings.llm_daily_max_cost_usd:f} a day")


def check_backups(settings: Settings, now: datetime) -> Check:
    """Whether the embedded database was backed up lately; a server of somebody's own has its own backups."""
    from db.backup import backups_in

    if settings.external_database_url is not None:
        return Check("backups", Outcome.OK, "those of your own server")
    found = backups_in(settings.backups_dir)
    if not found:
        return Check(
            "backups", Outcome.OK, f"none yet in {settings.backups_dir}; the schedule database-backup makes them"
        )
    age = now - datetime.fromtimestamp(found[0].stat().st_mtime, UTC)
    told = f"{len(found)} in {settings.backups_dir}, the newest {age.days} days old"
    if age > BACKUP_TOO_OLD:
        remedy = "Make one with: ci db backup. `ci runs list` tells why the schedule made none."
        return Check("backups", Outcome.WARNING, told, remedy)
    return Check("backups", Outcome.OK, told)


def check_health(settings: Settings, now: datetime) -> list[Check]:
    """Whether the health agent has its tools, a repository with a history, and known vulnerabilities."""
    from ci_core.health.condition import needs  # the launcher needs none of it

    return [
        Check(need.name, Outcome.OK if need.remedy is None else Outcome.WARNING, need.detail, need.remedy)
        for need in needs(settings, now)
    ]


def check_database(settings: Settings, further: Sequence[Further] = ()) -> list[Check]:
    """Whether there is a database that fits: reachable, with pgvector, with our tables, with vectors for the search."""
    try:
        with open_database(settings, application_name="ci doctor") as database:
            return list(_checks_of(settings, database, further))
    except DatabaseError as error:
        remedy = (
            "Start that server, or correct DATABASE_URL; unset it to use the embedded server."
            if settings.external_database_url
            else "See the logs in the data folder."
        )
        names = (*AFTER_DATABASE, *_names(further))
        skipped = (Check(name, Outcome.SKIPPED, "no database") for name in names)
        return [Check("database", Outcome.FAILED, str(error), remedy), *skipped]


def _names(further: Sequence[Further]) -> list[str]:
    return [name for part in further for name in part.names]


def _checks_of(settings: Settings, database: Database, further: Sequence[Further]) -> Iterator[Check]:
    state = database_state(settings, database)
    yield Check("database", Outcome.OK, f"PostgreSQL {state.server_version}, {state.kind}, {state.address}")
    yield _check_server(database, state)
    with database.reading() as session:
        try:
            check_schema(session)
        except DatabaseError as error:
            yield Check("tables", Outcome.FAILED, str(error), f"Run: {UPGRADE}")
            for name in ("search index", *RESEARCH_CHECKS, *_names(further)):
                yield Check(name, Outcome.SKIPPED, "no tables")
            return
        yield Check("tables", Outcome.OK, f"at revision {state.revision}")
        yield _check_index(session)
        yield from _research_checks(session, settings)
        for part in further:
            yield from part.check(session, settings)


def _check_server(database: Database, state: DatabaseState) -> Check:
    from db import migrate  # loads Alembic

    try:
        migrate.check_server(database.engine)
    except DatabaseError as error:
        return Check("pgvector", Outcome.FAILED, state.pgvector_version or "missing", str(error))
    installed = state.pgvector_version
    return Check("pgvector", Outcome.OK, installed or "available; the first migration installs it")


def _check_index(session: Session) -> Check:
    state = index_state(session)
    detail = f"{state.ready} of {state.total} enhancements can be found by meaning"
    if state.waiting:
        return Check("search index", Outcome.WARNING, detail, "Catch up with: ci embeddings refresh")
    return Check("search index", Outcome.OK, detail)


def _research_checks(session: Session, settings: Settings) -> Iterator[Check]:
    from ci_core.embeddings import MODEL_NAME
    from ci_core.research.condition import condition

    found = condition(session, model=MODEL_NAME, now=datetime.now(UTC))
    sources, credentials, sites, vectors = RESEARCH_CHECKS
    detail = f"{found.enabled} enabled, {found.scanned} scanned so far, {found.findings} findings"
    if found.failing:
        told = f"{detail}; {len(found.failing)} failed: {'; '.join(found.failing)}"
        yield Check(sources, Outcome.WARNING, told, "The reasons say what to do; then try with: ci research scan")
    elif not found.enabled:
        yield Check(
            sources, Outcome.WARNING, detail, "Enable one: ci research sources list, ci research sources enable"
        )
    else:
        yield Check(sources, Outcome.OK, detail)
    yield _check_credentials(credentials, session, settings)
    if found.paused:
        until = (
            f"{site.site} until {site.retry_at:%H:%M} UTC" if site.retry_at else site.site for site in found.paused
        )
        why = "; ".join(f"{site.site}: {site.last_error}" for site in found.paused if site.last_error)
        detail = f"not asked at this moment: {', '.join(until)}"
        yield Check(sites, Outcome.WARNING, f"{detail}. {why}" if why else detail, "It is tried again by itself then.")
    else:
        yield Check(sites, Outcome.OK, "every site may be asked")
    if found.other_vectors:
        detail = f"{found.other_vectors} of {found.findings} findings have a vector of another model"
        yield Check(vectors, Outcome.WARNING, detail, "Catch up with: ci research reembed")
    else:
        yield Check(vectors, Outcome.OK, f"all by {MODEL_NAME}")


def _check_credentials(name: str, session: Session, settings: Settings) -> Check:
    """Whether the sites of enabled sources have what they need."""
    from ci_core.research.source_settings import sources
    from ci_core.research.sources import missing_credentials

    missing = missing_credentials(settings, [source.source_type for source in sources(session) if source.enabled])
    if not missing:
        return Check(name, Outcome.OK, "what the sources need is there")
    told = "; ".join(f"{label} needs {' and '.join(names)}" for label, names in missing.items())
    remedy = "Fill them in in .env (docs/sites.md says where to get them), or disable those sources."
    return Check(name, Outcome.WARNING, told, remedy)


def index_state(session: Session) -> IndexState:
    """How many enhancements have a vector of their newest text."""
    total, waiting = session.execute(
        text("SELECT count(*), count(*) FILTER (WHERE stale) FROM ci_enhancement_embeddings")
    ).one()
    return IndexState(total, total - waiting, waiting)


def database_state(settings: Settings, database: Database) -> DatabaseState:
    """What there is to know about the database without its tables being right. Raises `DatabaseError`."""
    parts = conninfo_to_dict(database.url)
    with database.reading() as session:
        row = session.execute(
            text("""
                SELECT current_setting('server_version') AS version, current_database() AS name,
                       pg_database_size(current_database()) AS size,
                       (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector,
                       to_regclass('ci_enhancements') IS NOT NULL AS has_table
            """)
        ).one()
        revision = stored_revision(session)
        count = session.scalar(text("SELECT count(*) FROM ci_enhancements")) if row.has_table else None
    host = str(parts.get("host") or parts.get("hostaddr") or "local socket")
    return DatabaseState(
        kind="external" if settings.external_database_url else "embedded",
        address=host if host.startswith("/") else f"{host}:{parts.get('port') or 5432}",
        database=row.name,
        server_version=row.version.split()[0],
        pgvector_version=row.pgvector,
        revision=revision,
        head=head(),
        up_to_date=revision == head(),
        size_bytes=row.size,
        enhancements=count,
    )
