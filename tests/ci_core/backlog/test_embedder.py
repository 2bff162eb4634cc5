from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from ci_core.backlog import create_enhancement, embedder, update_enhancement
from ci_core.backlog.embedder import embed_stale, embedding_text, run_embedder
from ci_core.backlog.values import NewEnhancement
from ci_core.errors import EmbeddingModelMissing
from db.engine import Database
from tests.ci_core.backlog.vectors import WordEncoder


def add(database: Database, title: str, description: str = "") -> int:
    with database.transaction("ada") as session:
        return create_enhancement(session, NewEnhancement(title=title, description=description), actor="ada").id


def rename(database: Database, item: int, title: str) -> None:
    with database.transaction("ada") as session:
        update_enhancement(session, item, {"title": title}, expected_version=None, actor="ada")


def state(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        rows = session.execute(
            text("SELECT enhancement_id, stale, model, embedded_at FROM ci_enhancement_embeddings ORDER BY 1")
        )
        return [tuple(row) for row in rows]


def pairs(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        rows = session.execute(text("SELECT low_id, high_id FROM ci_enhancement_similarities ORDER BY 1, 2"))
        return [(low, high) for low, high in rows]


def waiting(database: Database) -> int:
    return sum(stale for _, stale, _, _ in state(database))


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Title", "", "Title"),
        ("Title", "Some **bold** and `code` in a [link](https://x.example).", "Title. Some bold and code in a link."),
        ("Title", "Before\n```python\nsecret()\n```\nafter", "Title. Before after"),
        ("Title", "Open\n```\nnever closed", "Title. Open"),
        ("Title", "~~~\ncode\n~~~\n# Head\n> quote", "Title. Head quote"),
        ("Title", "a" * 1_000, "Title. " + "a" * 200),
        ("Title", "\n \n", "Title"),
    ],
)
def test_an_enhancement_is_embedded_by_title_and_beginning(title: str, description: str, expected: str) -> None:
    assert embedding_text(title, description) == expected


def test_new_and_changed_enhancements_get_their_vector_once(database: Database) -> None:
    encoder = WordEncoder()
    first, _ = add(database, "Pool connections"), add(database, "Rank premiums")

    assert embed_stale(database, encoder) == 2
    assert embed_stale(database, encoder) == 0
    rename(database, first, "Pool all connections")
    assert embed_stale(database, encoder) == 1

    assert encoder.seen == ["Pool connections", "Rank premiums", "Pool all connections"]
    assert [(stale, model) for _, stale, model, _ in state(database)] == [(False, "words")] * 2


def test_embedding_is_no_edit(database: Database) -> None:
    add(database, "Pool connections")
    with database.reading() as session:
        before = session.execute(text("SELECT count(*) FROM ci_audit_log")).scalar_one()

    embed_stale(database, WordEncoder())

    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM ci_audit_log")).scalar_one() == before
        assert session.execute(text("SELECT version FROM ci_enhancements")).scalar_one() == 1


def test_a_limit_is_kept_and_progress_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "BATCH", 2)
    for number in range(5):
        add(database, f"Wish {number}")
    told: list[int] = []

    assert embed_stale(database, WordEncoder(), limit=3, progress=told.append) == 3
    assert (told, waiting(database)) == ([2, 3], 2)


def test_a_text_that_changes_meanwhile_stays_stale(database: Database) -> None:
    item = add(database, "Old title")

    class Slow(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[Any]:
            if "Old title" in texts:
                rename(database, item, "New title")
            return super().encode(texts)

    assert embed_stale(database, Slow()) == 0
    assert waiting(database) == 1

    encoder = WordEncoder()
    assert embed_stale(database, encoder) == 1
    assert encoder.seen == ["New title"]


def test_nothing_is_locked_while_the_encoder_works(database: Database) -> None:
    item = add(database, "Title")
    locked: list[int] = []

    class Watching(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[Any]:
            with database.reading() as session:
                locked.extend(
                    session.scalars(
                        text("""
                            SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                            WHERE c.relname LIKE 'ci_enhancement%' AND l.mode LIKE 'Row%'
                        """)
                    )
                )
            return super().encode(texts)

    embed_stale(database, Watching())

    assert locked == [0]
    assert state(database)[0][:2] == (item, False)


def test_an_enhancement_deleted_meanwhile_is_no_trouble(database: Database) -> None:
    item, other = add(database, "Goes"), add(database, "Stays")

    class Deleting(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[Any]:
            with database.transaction("ada") as session:
                session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": item})
            return super().encode(texts)

    assert embed_stale(database, Deleting()) == 1
    assert [row[0] for row in state(database)] == [other]


def test_several_at_once_share_the_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "BATCH", 3)
    for number in range(20):
        add(database, f"Wish {number}")
    encoders = [WordEncoder() for _ in range(3)]

    workers = [threading.Thread(target=embed_stale, args=(database, encoder)) for encoder in encoders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert waiting(database) == 0
    assert sum(len(encoder.seen) for encoder in encoders) == 20


def test_another_model_computes_everything_anew(database: Database) -> None:
    add(database, "Pool connections")
    embed_stale(database, WordEncoder("old"))

    assert embed_stale(database, WordEncoder("new")) == 1
    assert [model for _, _, model, _ in state(database)] == ["new"]


def test_pairs_of_similar_enhancements_follow_the_texts(database: Database) -> None:
    encoder = WordEncoder()
    first, second = add(database, "phone layout for alerts"), add(database, "mobile layout for alerts")
    third = add(database, "Rank premiums")
    embed_stale(database, encoder)
    assert pairs(database) == [(first, second)]

    rename(database, second, "Rank all premiums")
    embed_stale(database, encoder)

    assert pairs(database) == [(second, third)]


@contextmanager
def running(database: Database, stop: threading.Event) -> Iterator[threading.Thread]:
    worker = threading.Thread(target=run_embedder, args=(database, Path("unused"), stop))
    worker.start()
    try:
        yield worker
    finally:
        stop.set()
        worker.join(20)


def test_the_embedder_wakes_on_a_change_and_ends_within_a_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "load_encoder", lambda _: WordEncoder())
    add(database, "There before")
    stop = threading.Event()

    with running(database, stop) as worker:
        wait_until(lambda: waiting(database) == 0)
        add(database, "Comes later")
        wait_until(lambda: len(state(database)) == 2 and waiting(database) == 0)
        stop.set()
        started = time.monotonic()
        worker.join(5)

        assert not worker.is_alive()
        assert time.monotonic() - started < 1.5


def test_the_embedder_survives_lost_connections(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(embedder, "load_encoder", lambda _: WordEncoder())
    caplog.set_level(logging.INFO, logger=embedder.__name__)

    with running(database, threading.Event()):
        add(database, "There before")
        wait_until(lambda: bool(state(database)) and waiting(database) == 0)
        with database.transaction("ada") as session:
            session.execute(
                text("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
            )
        wait_until(lambda: "embedder_waiting" in caplog.messages)
        add(database, "Comes later")
        wait_until(lambda: len(state(database)) == 2 and waiting(database) == 0)


def test_the_embedder_waits_for_a_model_and_says_so_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[int] = []

    def load(_: Path) -> WordEncoder:
        attempts.append(1)
        if len(attempts) < 3:
            raise EmbeddingModelMissing("not yet")
        return WordEncoder()

    monkeypatch.setattr(embedder, "load_encoder", load)
    monkeypatch.setattr(embedder, "SHORTEST_PAUSE_SECONDS", 0.05)
    caplog.set_level(logging.INFO, logger=embedder.__name__)
    add(database, "Waits")

    with running(database, threading.Event()):
        wait_until(lambda: waiting(database) == 0)

    assert caplog.messages.count("embedder_waiting") == 1
