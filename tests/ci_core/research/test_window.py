"""The window holds what appeared in the days around a moment, exactly, whatever else is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from ci_core.research import window_queries
from ci_core.research.normalise import normalise
from ci_core.research.outcome import AGENT
from ci_core.research.pipeline import take_in
from ci_core.research.window import SharedWindow
from db.engine import Database
from db.enums import Verdict
from tests.ci_core.research.standins import NOW, Near, Words, an_intake, an_item, as_person

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """60 findings, one a day until now, told in the order of their appearance."""
    database = Database(new_database(template_name), application_name="tests")
    items = [
        an_item(n, f"only{n} words{n} here{n}", url=f"https://example.org/{n}", published_at=NOW - (60 - n) * DAY)
        for n in range(60)
    ]
    take_in(an_intake(database, replay=True, batch_size=10), items)
    yield database
    database.dispose()


def window(model: str = "words", days: int = 30) -> SharedWindow:
    return SharedWindow(model, days=days, make=Near)


def test_it_holds_what_appeared_in_the_days_before_and_nothing_older(database: Database) -> None:
    held = window()
    held.cover(database, NOW, NOW)

    assert held.size == 30


def test_no_query_comes_back_empty_though_most_of_what_is_stored_is_older(database: Database) -> None:
    held = window()
    held.cover(database, NOW, NOW)

    for n in range(30, 60):
        item = normalise(an_item(f"copy{n}", f"only{n} words{n} here{n}", url=f"https://copy.org/{n}"))
        assert held.compare(item, Words().encode([item.title])[0], NOW).verdict == Verdict.DUPLICATE


def test_vectors_of_another_model_are_left_out(database: Database) -> None:
    held = window("another")
    held.cover(database, NOW, NOW)

    assert held.size == 0


def test_it_grows_with_the_moments_that_are_asked_for(database: Database) -> None:
    held = window(days=10)
    held.cover(database, NOW, NOW)
    held.cover(database, NOW - 10 * DAY, NOW)
    held.cover(database, NOW - 5 * DAY, NOW)

    assert held.size == 20


def test_it_begins_anew_for_a_time_far_from_what_it_holds(database: Database) -> None:
    held = window(days=3)
    held.cover(database, NOW, NOW)
    held.cover(database, NOW - 40 * DAY, NOW - 40 * DAY)

    assert held.size == 7  # three days before, three after, and the day itself


def test_an_address_is_the_same_however_long_ago(database: Database) -> None:
    held = window()
    held.cover(database, NOW, NOW)
    old = normalise(an_item("again", "quite other words", url="https://example.org/3"))

    with held.adding(database, [old], actor=AGENT):
        found = held.compare(old, Words().encode([old.title])[0], NOW)

    assert (found.verdict, found.same and found.same.reason) == (Verdict.DUPLICATE, "the same address")


def test_what_others_add_is_known_before_anything_is_added(database: Database) -> None:
    held = window()
    held.cover(database, NOW, NOW)
    take_in(an_intake(database), [an_item("other", "added by somebody else", url="https://example.org/other")])
    item = normalise(an_item("mine", "added by somebody else", url="https://example.org/mine"))

    with held.adding(database, [item], actor=AGENT):
        found = held.compare(item, Words().encode([item.title])[0], NOW)

    assert found.verdict == Verdict.DUPLICATE
    as_person(database, "DELETE FROM ci_research_findings WHERE external_id = 't3_other'")


def test_a_failure_leaves_nothing_remembered(database: Database) -> None:
    held = window()
    held.cover(database, NOW, NOW)
    item = normalise(an_item("lost", "never stored"))

    with pytest.raises(ZeroDivisionError), held.adding(database, [item], actor=AGENT):
        held.add(4711, item, Words().encode(["never stored"])[0], NOW)
        raise ZeroDivisionError

    assert held.size == 0
    held.cover(database, NOW, NOW)
    assert held.size == 30


def test_a_vector_comes_back_as_it_was_stored(database: Database) -> None:
    with database.reading() as session:
        (found,) = window_queries.of_span(session, "words", since=NOW - DAY, until=NOW)

    assert np.allclose(found.vector, Words().encode([found.item.title])[0], atol=1e-6)
    assert (found.vector.dtype, found.vector.shape) == (np.float32, (384,))


def test_the_window_is_read_by_its_index(database: Database) -> None:
    given = {"model": "words", "characters": 10, "since": NOW - DAY, "until": NOW}
    with database.transaction("tess") as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {window_queries.SPAN.text}"), given))

    assert "idx_ci_research_embeddings_appeared" in plan


def test_it_decides_by_the_product_s_own_rules_unless_a_test_says_otherwise(database: Database) -> None:
    held = SharedWindow("words")
    held.cover(database, NOW, NOW)
    again = normalise(an_item("other", "quite another title", url="https://example.org/59"))

    found = held.compare(again, Words().encode([again.title])[0], NOW)

    assert found.verdict == Verdict.DUPLICATE
    assert found.same is not None
    assert "same address example.org/59" in found.same.reason


def test_moments_are_kept_with_the_vector(database: Database) -> None:
    with database.reading() as session:
        moments: list[datetime] = list(
            session.scalars(text("SELECT appeared_at FROM ci_research_embeddings ORDER BY finding_id LIMIT 2"))
        )

    assert moments == [NOW - 60 * DAY, NOW - 59 * DAY]
