"""Keeps the vectors of enhancements up to date, in the background and in any number of processes."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg

from ci_core.backlog.embedding_queries import (
    mark_other_models,
    refresh_similarities,
    stale_enhancements,
    store_vectors,
)
from ci_core.embeddings import Encoder, load_encoder
from ci_core.errors import EmbeddingModelMissing
from db.engine import Database
from db.errors import DatabaseError

log = logging.getLogger(__name__)

ACTOR = "agent:embedder"
CHANNEL = "ci_changes"
ABOUT_TEXTS = "ci_enhancements:"
BATCH = 256  # texts of like length are computed together: the more at once, the less padding
BATCH_WHILE_STOPPABLE = 32  # half a second
# The beginning of a description says what it is about, the rest how it is done; and encoding takes 0.3 ms a word.
DESCRIPTION_CHARACTERS = 200
READ_CHARACTERS = 4_000
TURN_SECONDS = 3.0
POLL_SECONDS = 30.0
TICK_SECONDS = 0.5
SHORTEST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0

FENCED = re.compile(r"^(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^(?P=fence)[^\S\n]*$|\Z)", re.MULTILINE | re.DOTALL)
MARKS = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)|<[^>\n]*>|[*_`#>|~]+")


def embedding_text(title: str, description: str) -> str:
    """What stands for an enhancement: its title and the beginning of its description, without code and markdown."""
    prose = FENCED.sub(" ", description[:READ_CHARACTERS])
    plain = " ".join(MARKS.sub(lambda match: match[1] or " ", prose).split())
    return f"{title}. {plain[:DESCRIPTION_CHARACTERS]}" if plain else title


def embed_stale(
    database: Database,
    encoder: Encoder,
    *,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    stop: Event | None = None,
) -> int:
    """Give new and changed enhancements their vectors, and keep the pairs of similar ones; returns how many.

    No row is locked while the encoder works, and a vector is stored only where the text is still the one that was
    read. Several processes take turns; were they to meet, it would cost work and spoil nothing.

    Args:
        limit: at most so many; None for all.
        progress: told after each batch how many are done.
        stop: ends the work before the next batch.

    Raises:
        db.errors.DatabaseError: the database cannot be used; finished batches are stored.
    """
    with database.transaction(ACTOR) as session:
        mark_other_models(session, encoder.name)
    done = after = 0
    while (limit is None or done < limit) and not (stop and stop.is_set()):
        batch_size = BATCH_WHILE_STOPPABLE if stop else BATCH
        size = batch_size if limit is None else min(batch_size, limit - done)
        with _turn(database):
            with database.transaction(ACTOR) as session:
                batch = stale_enhancements(session, after=after, limit=size, characters=READ_CHARACTERS)
            if not batch:
                break
            after = batch[-1].id
            vectors = encoder.encode([embedding_text(row.title, row.description) for row in batch])
            with database.transaction(ACTOR) as session:
                stored = store_vectors(session, encoder.name, batch, vectors)
                refresh_similarities(session, encoder.name, stored)
        done += len(stored)
        if progress:
            progress(done)
    return done


def run_embedder(database: Database, models_dir: Path, stop: Event) -> None:
    """Embed whatever changes, until `stop`: woken by the database's notifications, and looking by itself every 30 s.

    It outlives a restart of the database and waits for a model that is not there yet; both are logged once.
    """
    pause, trouble = SHORTEST_PAUSE_SECONDS, ""
    log.info("embedder_started", extra={"models_dir": str(models_dir)})
    while not stop.is_set():
        try:
            encoder = load_encoder(models_dir)
            with database.connect(autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                pause, trouble = SHORTEST_PAUSE_SECONDS, ""
                _work_on_notice(database, encoder, connection, stop)
        except (DatabaseError, psycopg.OperationalError, EmbeddingModelMissing) as error:
            if type(error).__name__ != trouble:
                trouble = type(error).__name__
                log.warning("embedder_waiting", extra={"reason": str(error).strip(), "kind": trouble})
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    log.info("embedder_stopped")


def _work_on_notice(
    database: Database, encoder: Encoder, connection: psycopg.Connection[tuple[object, ...]], stop: Event
) -> None:
    looked_at = float("-inf")
    noticed = True
    while not stop.is_set():
        if noticed or time.monotonic() - looked_at >= POLL_SECONDS:
            looked_at = time.monotonic()
            if done := embed_stale(database, encoder, stop=stop):
                log.info("enhancements_embedded", extra={"count": done, "seconds": time.monotonic() - looked_at})
        # Its own writes are announced too: only what changes a text wakes it.
        notices = list(connection.notifies(timeout=TICK_SECONDS, stop_after=1))
        noticed = any(notice.payload.startswith(ABOUT_TEXTS) for notice in notices)


@contextmanager
def _turn(database: Database) -> Iterator[None]:
    """Wait for the turn among embedders. One that hangs is waited for 3 s and then ignored: turns only save work."""
    with database.connect(autocommit=True) as connection:
        until = time.monotonic() + TURN_SECONDS
        while time.monotonic() < until:
            row = connection.execute("SELECT pg_try_advisory_lock(hashtext('ci_embedder'))").fetchone()
            if row and row[0]:
                break
            time.sleep(0.05)
        yield
