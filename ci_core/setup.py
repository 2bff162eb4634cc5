"""Everything that has to be done once before the product is of use, in an order in which it can be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from ci_core.errors import CiError
from ci_core.settings import PROJECT, Settings
from db.engine import Database
from db.schema import head, stored_revision

if TYPE_CHECKING:
    from ci_core.backlog.wishlist.report import ImportReport

ACTOR = "agent:setup"
SAMPLE = PROJECT / "docs" / "SAMPLE_WISHLIST.md"
# More than these are left to the background embedder, so that a first start does not take minutes.
EMBED_AT_ONCE = 1_000
# A constant of our own: two set-ups at once import the wishlists once.
ONE_SETUP = 0x7365747570

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """What a set-up did; a second one does nothing.

    Attributes:
        migrated_from: the revision before, None for an empty database.
        revision: the revision of the tables now.
        sources_added: default research sources that were filled in.
        prompts_added: prompts whose text was new.
        interests_added: default interests and keywords that were filled in.
        schedules_added: schedules of the product that were filled in.
        model_ready: whether texts can be turned into vectors.
        wishlists: the import, when the backlog had never held anything.
        embedded: enhancements that got a vector.
        problems: what failed without keeping the rest from going on, with the remedy.
    """

    migrated_from: str | None
    revision: str
    sources_added: int
    prompts_added: int
    interests_added: int
    schedules_added: int
    model_ready: bool
    wishlists: ImportReport | None
    embedded: int
    problems: tuple[str, ...] = field(default=())


def prepare(settings: Settings, database: Database, progress: Progress) -> Prepared:
    """Migrate, fill in default sources and interests, store prompts, export the model, import wishlists, embed.

    Each step tells `progress` one line. The second run finds everything done, and takes a fraction of a second.

    Raises:
        db.errors.DatabaseError: the database cannot be used, or not be migrated.
    """
    problems: list[str] = []
    before = _migrate(database, progress)
    sources = _fill_in_sources(database, progress)
    prompts = _register_prompts(database, progress)
    interests = _fill_in_interests(database, progress)
    schedules = _fill_in_schedules(settings, database, progress)
    model_ready = _prepare_model(settings, progress, problems)
    imported = _import_first_wishlists(settings, database, progress, problems)
    embedded = _embed(settings, database, progress) if model_ready else 0
    return Prepared(
        migrated_from=before,
        revision=head(),
        sources_added=sources,
        prompts_added=prompts,
        interests_added=interests,
        schedules_added=schedules,
        model_ready=model_ready,
        wishlists=imported,
        embedded=embedded,
        problems=tuple(problems),
    )


def _migrate(database: Database, progress: Progress) -> str | None:
    with database.reading() as session:
        before = stored_revision(session)
    if before == head():
        progress(f"Database: the tables are up to date ({before})")
        return before
    from db import migrate  # loads Alembic, which the second run can spare

    before, after = migrate.upgrade(database.engine)
    progress(f"Database: migrated from {before or 'nothing'} to {after}")
    return before


def _fill_in_sources(database: Database, progress: Progress) -> int:
    from ci_core.research import ensure_default_sources

    with database.transaction(ACTOR, reason="Default sources of a new installation") as session:
        added = ensure_default_sources(session, actor=ACTOR)
    progress(f"Research sources: {added} filled in" if added else "Research sources: there already")
    return added


def _register_prompts(database: Database, progress: Progress) -> int:
    from ci_core.llm import register_prompts

    with database.transaction(ACTOR, reason="Prompts that came with the product") as session:
        added = register_prompts(session, actor=ACTOR)
    progress(f"Prompts of chat models: {added} stored" if added else "Prompts of chat models: there already")
    return added


def _fill_in_interests(database: Database, progress: Progress) -> int:
    from ci_core.research.scoring import ensure_default_interests

    with database.transaction(ACTOR, reason="Default interests of a new installation") as session:
        added = ensure_default_interests(session, ACTOR)
    progress(f"Research interests: {added} filled in" if added else "Research interests: there already")
    return added


def _fill_in_schedules(settings: Settings, database: Database, progress: Progress) -> int:
    from ci_core.jobs.default_schedules import ensure_default_schedules

    with database.transaction(ACTOR, reason="Schedules that come with the product") as session:
        added = ensure_default_schedules(session, time_zone=settings.time_zone, actor=ACTOR, health=settings.health)
    progress(f"Schedules: {added} filled in ({settings.time_zone})" if added else "Schedules: there already")
    return added


def _prepare_model(settings: Settings, progress: Progress, problems: list[str]) -> bool:
    from ci_core.embeddings import ensure_exported
    from ci_core.embeddings.manifest import find_export

    try:
        find_export(settings.models_dir)
    except CiError:
        try:
            ensure_exported(settings.models_dir, progress=progress)
        except CiError as error:
            problems.append(str(error))
            progress(f"Embedding model: NOT ready, search goes by words only. {error}")
            return False
    progress("Embedding model: ready")
    return True


def _import_first_wishlists(
    settings: Settings, database: Database, progress: Progress, problems: list[str]
) -> ImportReport | None:
    if not _is_in_use(database):
        with _alone(database):
            if not _is_in_use(database):  # another set-up may have been quicker
                return _import_now(settings, database, progress, problems)
    progress("Wishlists: the backlog is in use, nothing imported")
    return None


def _import_now(settings: Settings, database: Database, progress: Progress, problems: list[str]) -> ImportReport:
    from ci_core.backlog import policy_from
    from ci_core.backlog.wishlist.importer import import_wishlists

    paths, root = first_wishlists(settings.repo_path)
    report = import_wishlists(database, paths, root=root, actor=ACTOR, policy=policy_from(settings))
    problems.extend(f"{file.path}: {file.error}" for file in report.files if file.error)
    progress(f"Wishlists: {report.created} enhancements imported from {len(report.files) - report.failed} files")
    return report


def first_wishlists(repository: Path) -> tuple[list[Path], Path]:
    """The wishlists that a new backlog begins with, and the folder that their names start from.

    Those of the repository; the sample of this project where there are none, or where the repository is this project,
    whose markdown files speak of wishlists without being any.
    """
    from ci_core.backlog.wishlist.files import find_wishlists

    if repository.resolve() != PROJECT.resolve() and repository.is_dir():
        found = find_wishlists([repository], root=repository)
        if found:
            return [repository], repository
    return [SAMPLE], PROJECT


def _is_in_use(database: Database) -> bool:
    """Whether the backlog holds anything, or ever did: the audit log knows."""
    with database.reading() as session:
        return bool(
            session.scalar(
                text("""
                    SELECT EXISTS (SELECT FROM ci_enhancements)
                        OR EXISTS (SELECT FROM ci_audit_log WHERE table_name = 'ci_enhancements')
                """)
            )
        )


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """While this holds, no other set-up of the same database is in here."""
    with database.connect(autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SELECT pg_advisory_lock(%s)", [ONE_SETUP])
        yield


def _embed(settings: Settings, database: Database, progress: Progress) -> int:
    with database.reading() as session:
        waiting = session.execute(text("SELECT count(*) FROM ci_enhancement_embeddings WHERE stale")).scalar_one()
    if not waiting:
        return 0
    from ci_core.backlog.embedder import embed_stale
    from ci_core.embeddings import load_encoder

    embedded = embed_stale(database, load_encoder(settings.models_dir), limit=EMBED_AT_ONCE)
    progress(f"Search: {embedded} of {waiting} waiting enhancements got their vector")
    return embedded
