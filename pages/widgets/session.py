"""What every page shares: the settings, the database, the board in memory, and who is signed in."""

from __future__ import annotations

import atexit
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

import streamlit as st

from ci_core.backlog.board_listener import BoardListener
from ci_core.backlog.board_store import BoardStore
from ci_core.backlog.notifications import forget_old_notifications
from ci_core.backlog.operations import forget_old_operations
from ci_core.backlog.scoring import ScoringPolicy, policy_from
from ci_core.database import open_database
from ci_core.errors import EmbeddingModelMissing
from ci_core.logs import configure_logging
from ci_core.settings import Settings, load_settings
from db.engine import Database
from db.schema import check_schema

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backend:
    """What the pages of one process share; one of it stands for as long as the process runs."""

    settings: Settings
    database: Database
    store: BoardStore
    listener: BoardListener
    encoder: LazyEncoder
    policy: ScoringPolicy


class LazyEncoder:
    """The embedding model, loaded in a thread at the first wish, so that no page ever waits for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._thread: Thread | None = None
        self._encoder: Encoder | None = None

    def ready(self) -> Encoder | None:
        """The model, or None while it is being loaded or when this machine has none."""
        if self._encoder is None:
            with self._lock:
                if self._thread is None:
                    self._thread = Thread(target=self._load, name="encoder-loader", daemon=True)
                    self._thread.start()
        return self._encoder

    def _load(self) -> None:
        from ci_core.embeddings import load_encoder

        try:
            self._encoder = load_encoder(self._settings.models_dir)
        except EmbeddingModelMissing as missing:
            log.warning("encoder_missing reason=%s", missing)


@st.cache_resource(show_spinner=False)
def backend() -> Backend:
    """The shared parts, made at the first call of this process; a failure is not kept, so the next call tries again.

    Raises:
        ci_core.errors.SettingsError: a setting cannot be used.
        db.errors.DatabaseError: the database cannot be reached, or its tables are not of this program's version.
    """
    settings = load_settings()
    policy = policy_from(settings)
    with ExitStack() as stack:
        stack.enter_context(configure_logging(settings, process="app", terminal=True, terminal_level="WARNING"))
        database = stack.enter_context(open_database(settings, application_name="magnus-ci app"))
        with database.reading() as session:
            check_schema(session)
        with database.transaction("agent:app") as session:
            forget_old_operations(session)
            forget_old_notifications(session)
        store = BoardStore(database)
        store.refresh()
        listener = BoardListener(database, store)
        listener.start()
        stack.callback(listener.stop)
        atexit.register(stack.pop_all().close)
    return Backend(settings, database, store, listener, LazyEncoder(settings), policy)


def actor() -> str:
    """Who acts on this page; without a sign-in elsewhere it is the user that the settings name."""
    return backend().settings.actor
