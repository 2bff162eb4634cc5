"""The board in memory follows what is committed, whoever committed it and in whatever order."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.board_listener import BoardListener
from ci_core.backlog.board_store import BoardStore
from db.engine import Database


def add(session: Session, title: str, status: str = "proposed", score: float | None = None) -> int:
    statement = "INSERT INTO ci_enhancements (title, status, ai_priority_score) VALUES (:t, :s, :p) RETURNING id"
    return int(session.execute(text(statement), {"t": title, "s": status, "p": score}).scalar_one())


def set_status(database: Database, card_id: int, status: str) -> None:
    with database.transaction("ann") as session:
        session.execute(text("UPDATE ci_enhancements SET status = :s WHERE id = :i"), {"s": status, "i": card_id})


def block(session: Session, blocked: int, blocker: int) -> None:
    session.execute(
        text("INSERT INTO ci_enhancement_dependencies (enhancement_id, other_id, kind) VALUES (:a, :b, 'blocked_by')"),
        {"a": blocked, "b": blocker},
    )


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_first_look_loads_every_card_of_the_board_and_leaves_archived_ones_out(database: Database) -> None:
    with database.transaction("ann") as session:
        add(session, "Pool connections", score=80)
        add(session, "Old idea", status="archived")
    store = BoardStore(database)

    store.refresh()

    (card,) = store.all_cards()
    assert (card.title, card.score, card.status) == ("Pool connections", 80.0, "proposed")


def test_higher_scores_stand_above_lower_ones_by_position(database: Database) -> None:
    with database.transaction("ann") as session:
        low, high, unscored = add(session, "low", score=20), add(session, "high", score=90), add(session, "unscored")
    store = BoardStore(database)
    store.refresh()

    ordered = sorted(store.all_cards(), key=lambda card: card.position)

    assert [card.id for card in ordered] == [high, low, unscored]


def test_nothing_changed_keeps_the_revision(database: Database) -> None:
    with database.transaction("ann") as session:
        add(session, "Pool connections")
    store = BoardStore(database)
    first = store.refresh()

    assert store.refresh() == first
    assert store.reload() == first


def test_a_change_is_told_since_the_revision_before_it(database: Database) -> None:
    with database.transaction("ann") as session:
        moved, _ = add(session, "Pool connections"), add(session, "Dark mode")
    store = BoardStore(database)
    before = store.refresh()

    set_status(database, moved, "approved")
    after = store.refresh()

    changes = store.changes_since(before, limit=10)
    assert after > before
    assert changes is not None
    assert [(card.id, card.status) for card in changes.cards] == [(moved, "approved")]
    assert store.changes_since(after, limit=10) is not None


def test_an_older_transaction_that_commits_later_is_not_missed(database: Database) -> None:
    with database.transaction("ann") as session:
        slow_id, quick_id = add(session, "slow"), add(session, "quick")
    store = BoardStore(database)
    store.refresh()

    with database.transaction("slow") as slow:
        slow.execute(text("UPDATE ci_enhancements SET title = 'slow, changed' WHERE id = :i"), {"i": slow_id})
        set_status(database, quick_id, "approved")
        seen_first = store.refresh()

    store.refresh()

    changes = store.changes_since(seen_first, limit=10)
    assert changes is not None
    assert [card.title for card in changes.cards] == ["slow, changed"]


def test_an_archived_card_is_removed_from_the_board(database: Database) -> None:
    with database.transaction("ann") as session:
        card_id = add(session, "Pool connections")
    store = BoardStore(database)
    before = store.refresh()

    set_status(database, card_id, "archived")
    store.refresh()

    changes = store.changes_since(before, limit=10)
    assert changes is not None
    assert changes.removed == (card_id,)
    assert store.card(card_id) is None


def test_a_deleted_card_is_removed_by_a_reload(database: Database) -> None:
    with database.transaction("ann") as session:
        card_id = add(session, "Pool connections")
    store = BoardStore(database)
    before = store.refresh()
    with database.transaction("ann") as session:
        session.execute(text("DELETE FROM ci_enhancements WHERE id = :i"), {"i": card_id})

    store.reload()

    changes = store.changes_since(before, limit=10)
    assert changes is not None
    assert changes.removed == (card_id,)


def test_more_changes_than_the_limit_are_not_listed(database: Database) -> None:
    store = BoardStore(database)
    before = store.refresh()
    with database.transaction("ann") as session:
        for number in range(4):
            add(session, f"idea {number}")
    store.refresh()

    assert store.changes_since(before, limit=3) is None
    changes = store.changes_since(before, limit=4)
    assert changes is not None
    assert len(changes.cards) == 4


def test_a_card_names_its_blockers_until_they_are_done(database: Database) -> None:
    with database.transaction("ann") as session:
        blocker, blocked = add(session, "Context managers"), add(session, "Pool connections")
        block(session, blocked, blocker)
    store = BoardStore(database)
    before = store.refresh()
    card = store.card(blocked)
    assert card is not None
    assert card.blocked_by == (blocker,)

    set_status(database, blocker, "completed")
    store.refresh()

    card = store.card(blocked)
    assert card is not None
    assert card.blocked_by == ()
    changes = store.changes_since(before, limit=10)
    assert changes is not None
    assert {changed.id for changed in changes.cards} == {blocker, blocked}


def test_a_new_dependency_marks_the_card_when_its_table_is_named(database: Database) -> None:
    with database.transaction("ann") as session:
        blocker, blocked = add(session, "Context managers"), add(session, "Pool connections")
    store = BoardStore(database)
    store.refresh()
    with database.transaction("ann") as session:
        block(session, blocked, blocker)

    store.refresh({"ci_enhancement_dependencies"})

    card = store.card(blocked)
    assert card is not None
    assert card.blocked_by == (blocker,)


def test_similar_cards_count_only_those_on_the_board(database: Database) -> None:
    with database.transaction("ann") as session:
        one, two = add(session, "Pooling"), add(session, "Connection pooling")
        session.execute(
            text("INSERT INTO ci_enhancement_similarities (low_id, high_id, similarity) VALUES (:a, :b, 0.9)"),
            {"a": one, "b": two},
        )
    store = BoardStore(database)
    store.refresh()
    card = store.card(one)
    assert card is not None
    assert card.similar == 1

    set_status(database, two, "archived")
    store.refresh()

    card = store.card(one)
    assert card is not None
    assert card.similar == 0


def test_the_listener_brings_a_foreign_change_without_being_asked(database: Database) -> None:
    store = BoardStore(database)
    listener = BoardListener(database, store)
    listener.start()
    try:
        assert eventually(lambda: listener.problem is None)
        with database.transaction("bob") as session:
            card_id = add(session, "Seen by everybody")

        assert eventually(lambda: store.card(card_id) is not None, seconds=2)
    finally:
        listener.stop()


def test_the_listener_counts_changes_of_each_table(database: Database) -> None:
    listener = BoardListener(database, BoardStore(database))
    listener.start()
    try:
        assert eventually(lambda: listener.problem is None)
        bell, views = (listener.revision_of(table) for table in ("ci_notifications", "ci_saved_views"))
        with database.transaction("bob") as session:
            session.execute(
                text("INSERT INTO ci_notifications (person, kind, summary) VALUES ('ada', 'assigned', 'assigned')")
            )

        assert eventually(lambda: listener.revision_of("ci_notifications") != bell, seconds=2)
        assert listener.revision_of("ci_saved_views") == views
        listener.note_change("ci_saved_views")
        assert listener.revision_of("ci_saved_views") != views
    finally:
        listener.stop()


def test_the_listener_survives_a_lost_connection_and_catches_up(database: Database) -> None:
    store = BoardStore(database)
    listener = BoardListener(database, store)
    listener.start()
    try:
        assert eventually(lambda: listener.problem is None)
        before = listener.revision_of("ci_notifications")
        with database.transaction("root") as session:
            killed = session.execute(
                text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).scalar_one()
        with database.transaction("bob") as session:
            card_id = add(session, "While nobody listened")

        assert killed >= 1
        assert eventually(lambda: store.card(card_id) is not None)
        assert eventually(lambda: listener.revision_of("ci_notifications") != before)  # it may have changed meanwhile
    finally:
        listener.stop()
