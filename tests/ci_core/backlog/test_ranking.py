from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    create_enhancements,
    move_enhancement,
    move_enhancements,
    update_enhancement,
)
from ci_core.backlog.ranking import MOST_DIGITS, ranks_in_gap, spread
from ci_core.errors import NotAllowed
from db.engine import Database

Make = Callable[..., Enhancement]
fractions = st.decimals(min_value="0.000001", max_value="0.999999", places=6)


def column(session: Session, status: str = "approved") -> list[int]:
    query = "SELECT id FROM ci_enhancements WHERE status = :status ORDER BY board_position, id"
    return list(session.scalars(text(query), {"status": status}))


def four(session: Session) -> list[int]:
    session.execute(text("UPDATE ci_enhancements SET status = 'archived'"))
    news = [NewEnhancement(title=f"Wish {number}", status="approved") for number in range(4)]
    return [item.id for item in create_enhancements(session, news, actor="tess")]


@given(st.tuples(fractions, fractions).filter(lambda ends: ends[0] != ends[1]), st.integers(1, 40))
def test_ranks_rise_strictly_inside_their_gap(ends: tuple[Decimal, Decimal], count: int) -> None:
    low, high = sorted(ends)

    ranks = spread(low, high, count)

    assert len(ranks) == count
    assert all(before < after for before, after in pairwise([low, *ranks, high]))


@pytest.mark.parametrize("keep_low", [True, False])
def test_10000_bisections_of_one_gap_stay_exact_and_fit_the_index(keep_low: bool) -> None:
    low, high = Decimal("0.5"), Decimal("0.6")

    for _ in range(10_000):
        [middle] = spread(low, high, 1)
        assert low < middle < high
        low, high = (low, middle) if keep_low else (middle, high)

    assert len(str(low)) < MOST_DIGITS
    assert len(str(high)) < MOST_DIGITS


def test_random_bisections_stay_exact() -> None:
    ranks, random = [Decimal("0.1"), Decimal("0.9")], Random(7)  # noqa: S311 - no secret

    for _ in range(2_000):
        place = random.randrange(len(ranks) - 1)
        ranks[place + 1 : place + 1] = spread(ranks[place], ranks[place + 1], 1)

    assert all(before < after for before, after in pairwise(ranks))


def test_20000_moves_to_the_top_and_bottom_leave_room() -> None:
    first, last = Decimal("0.1"), Decimal("0.9")

    for _ in range(20_000):
        [first] = ranks_in_gap(None, first, 1)
        [last] = ranks_in_gap(last, None, 1)

    assert 0 < first < last < 1
    assert len(str(first)) < 300
    assert len(str(last)) < 300


def test_a_gap_without_room_is_refused_instead_of_failing_in_the_database() -> None:
    low = Decimal(0)

    with pytest.raises(NotAllowed, match="no room left"):
        spread(low, Decimal(1).scaleb(-MOST_DIGITS), 1)


def test_a_card_lands_below_its_neighbour(session: Session) -> None:
    a, b, c, d = four(session)

    move_enhancement(session, d, "approved", actor="tess", after_id=a)

    assert column(session) == [a, d, b, c]


def test_a_card_lands_above_its_neighbour(session: Session) -> None:
    a, b, c, d = four(session)

    move_enhancement(session, d, "approved", actor="tess", before_id=a)

    assert column(session) == [d, a, b, c]


def test_a_card_lands_at_the_bottom(session: Session) -> None:
    a, b, c, d = four(session)

    move_enhancement(session, a, "approved", actor="tess", after_id=d)

    assert column(session) == [b, c, d, a]


def test_a_block_keeps_the_order_in_which_it_was_selected(session: Session) -> None:
    a, b, c, d = four(session)

    move_enhancements(session, [(d, None), (a, None)], "approved", actor="tess", after_id=b, before_id=c)

    assert column(session) == [b, d, a, c]


def test_a_neighbour_that_left_the_column_gives_way_to_the_other_one(session: Session) -> None:
    a, b, c, d = four(session)
    move_enhancement(session, a, "deferred", actor="ada")

    move_enhancement(session, d, "approved", actor="tess", after_id=a, before_id=c)

    assert column(session) == [b, d, c]


def test_without_neighbours_the_same_column_changes_nothing(session: Session) -> None:
    a, *_ = four(session)

    assert move_enhancement(session, a, "approved", actor="tess").version == 1


def test_without_neighbours_the_score_decides_in_a_new_column(session: Session) -> None:
    a, b, _c, _d = four(session)
    move_enhancement(session, b, "approved", actor="tess", before_id=a)

    moved = move_enhancement(session, b, "in_progress", actor="tess")

    rank = session.scalar(text("SELECT board_rank FROM ci_enhancements WHERE id = :id"), {"id": moved.id})
    assert rank is None


def test_a_move_to_another_column_lands_between_its_cards(session: Session) -> None:
    a, b, c, d = four(session)
    move_enhancements(session, [(a, None), (b, None), (c, None)], "in_progress", actor="tess")

    move_enhancement(session, d, "in_progress", actor="tess", after_id=b)

    assert column(session, "in_progress") == [a, b, d, c]


def test_a_card_as_its_own_neighbour_stays_where_it_is(session: Session) -> None:
    a, b, c, d = four(session)

    move_enhancement(session, b, "approved", actor="tess", after_id=b, before_id=b)

    assert column(session) == [a, b, c, d]


def test_a_placed_card_keeps_its_place_when_its_score_changes(session: Session) -> None:
    a, b, c, d = four(session)
    move_enhancement(session, d, "approved", actor="tess", after_id=a)

    update_enhancement(session, d, {"priority": "critical"}, expected_version=None, actor="tess")

    assert column(session) == [a, d, b, c]


def test_thousands_of_moves_to_one_spot_are_stored_exactly(session: Session) -> None:
    a, b, c, d = four(session)
    low, high = Decimal("0.5"), Decimal("0.6")
    for _ in range(10_000):
        [high] = spread(low, high, 1)
    session.execute(
        text("UPDATE ci_enhancements SET board_rank = CASE id WHEN :a THEN :low WHEN :b THEN :high ELSE 0.9 END"
             " WHERE id = ANY (:ids)"),
        {"a": a, "b": b, "low": low, "high": high, "ids": [a, b, c]},
    )  # fmt: skip

    move_enhancement(session, d, "approved", actor="tess", after_id=a)

    assert column(session) == [a, d, b, c]


class Columns(RuleBasedStateMachine):
    """Two columns as plain lists, and the same moves on the database."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.connection = database.engine.connect()
        self.transaction = self.connection.begin()
        self.session = Session(self.connection, join_transaction_mode="create_savepoint")
        self.session.execute(text("UPDATE ci_enhancements SET status = 'archived'"))
        news = [NewEnhancement(title=f"Wish {number}", status="approved") for number in range(7)]
        made = create_enhancements(self.session, news, actor="tess")
        self.model = {"approved": [item.id for item in made], "in_progress": []}

    @rule(data=st.data(), status=st.sampled_from(["approved", "in_progress"]), size=st.integers(1, 3))
    def move(self, data: st.DataObject, status: str, size: int) -> None:
        everything = [card for cards in self.model.values() for card in cards]
        moving = data.draw(st.permutations(everything))[:size]
        rest = [card for card in self.model[status] if card not in moving]
        if not rest:
            return
        place = data.draw(st.integers(0, len(rest)))
        after = rest[place - 1] if place else None
        before = rest[place] if place < len(rest) else None

        move_enhancements(
            self.session, [(card, None) for card in moving], status, actor="tess", after_id=after, before_id=before
        )

        for cards in self.model.values():
            cards[:] = [card for card in cards if card not in moving]
        self.model[status] = [*rest[:place], *moving, *rest[place:]]

    @invariant()
    def columns_are_in_the_order_that_was_asked_for(self) -> None:
        for status, cards in self.model.items():
            assert column(self.session, status) == cards

    def teardown(self) -> None:
        self.session.close()
        self.transaction.rollback()
        self.connection.close()


def test_random_moves_keep_the_order_that_was_asked_for(shared_database: Database) -> None:
    run_state_machine_as_test(
        lambda: Columns(shared_database), settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
