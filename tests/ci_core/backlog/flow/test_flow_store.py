"""The flow of what people really did, read from the audit log that the database wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from ci_core.backlog import merge_duplicate, move_enhancement, take_apart, update_enhancement
from ci_core.backlog.flow import Completions, Period, completions, standing
from ci_core.backlog.flow_queries import matching_ids
from ci_core.backlog.flow_report import FlowFilter, FlowReport, chosen_ids, flow_report, period_of_days
from ci_core.backlog.flow_store import FlowStore, read_history
from ci_core.backlog.query_syntax import parse_query
from ci_core.errors import InvalidInput
from db.engine import Database
from db.enums import Status
from tests.ci_core.backlog.flow.histories import day
from tests.ci_core.backlog.flow.past import Past, delete

NOW = day(29.5)


@pytest.fixture(scope="module")
def past(new_database: Callable[..., str], template_name: str) -> Iterator[Past]:
    """A database that the tests of this file share; each looks at its own items."""
    database = Database(new_database(template_name), application_name="tests")
    yield Past(database)
    database.dispose()


def done(past: Past, *ids: int) -> Completions:
    return completions(read_history(past.database).journeys.only(ids))


def report(past: Past, *ids: int, **named: object) -> FlowReport:
    return flow_report(read_history(past.database), period_of_days(30, NOW), now=NOW, ids=ids, **named)  # type: ignore[arg-type]


def test_the_way_of_one_item_through_the_library(past: Past) -> None:
    item = past.work(
        "One", (day(0), "proposed"), (day(1), "approved"), (day(2), "in_progress"), (day(5.5), "completed")
    )

    found = done(past, item)

    assert found.items.tolist() == [item]
    assert found.cycle_days.tolist() == [3.5]
    assert found.lead_days.tolist() == [5.5]


def test_an_edit_of_other_fields_is_no_step(past: Past) -> None:
    item = past.work("One", (day(0), "proposed"), (day(1), "approved"))
    past.do(day(2), update_enhancement, item, {"title": "Another"}, expected_version=None)

    assert len(read_history(past.database).journeys.only([item]).items) == 2


def test_undone_moves_never_happened_and_undone_undos_did(past: Past) -> None:
    item = past.work("One", (day(0), "approved"), (day(1), "in_progress"))
    completed = past.move(day(3), item, "completed")
    assert done(past, item).cycle_days.tolist() == [2.0]

    undone = past.undo(day(6), completed)
    assert len(done(past, item)) == 0

    past.undo(day(8), undone)
    assert done(past, item).cycle_days.tolist() == [2.0]


def test_what_was_imported_as_completed_counts_nowhere(past: Past) -> None:
    item = past.work("Done elsewhere", (day(0), "completed"))

    found = report(past, item)

    assert found.items == 1
    assert len(found.completed) == 0
    assert sum(found.throughput.per_day) == 0
    assert found.cumulative.counts[Status.COMPLETED][-1] == 1


def test_archived_after_completion_stays_completed(past: Past) -> None:
    item = past.work("One", (day(0), "in_progress"), (day(2), "completed"), (day(9), "archived"))

    assert done(past, item).cycle_days.tolist() == [2.0]


def test_a_merged_duplicate_is_no_completion_until_it_is_taken_apart(past: Past) -> None:
    original = past.work("Original", (day(0), "approved"))
    duplicate = past.work("Duplicate", (day(0), "in_progress"), (day(3), "completed"))
    past.do(day(5), merge_duplicate, duplicate, original)
    assert len(done(past, duplicate)) == 0
    assert duplicate not in standing(read_history(past.database).journeys)

    past.do(day(7), take_apart, duplicate)

    assert done(past, duplicate).cycle_days.tolist() == [3.0]


def test_a_duplicate_that_was_archived_before_is_gone_as_well(past: Past) -> None:
    original = past.work("Original", (day(0), "approved"))
    duplicate = past.work("Old", (day(0), "in_progress"), (day(3), "completed"), (day(4), "archived"))
    past.do(day(5), merge_duplicate, duplicate, original)
    assert len(done(past, duplicate)) == 0

    past.do(day(7), take_apart, duplicate)

    assert done(past, duplicate).at.tolist() == [day(3).timestamp()]


def test_a_deleted_item_is_gone_and_comes_back_by_an_undo(past: Past) -> None:
    item = past.work("One", (day(0), "in_progress"), (day(2), "completed"))
    _, deletion = past.do(day(4), delete, item)
    assert len(done(past, item)) == 0

    past.undo(day(5), deletion)

    assert done(past, item).at.tolist() == [day(2).timestamp()]


def test_the_whole_report_of_a_small_team(past: Past) -> None:
    ids = [
        past.work(f"Done {n}", (day(n), "approved"), (day(n + 1), "in_progress"), (day(n + 2 + n / 2), "completed"))
        for n in range(6)
    ]
    ids.append(past.work("Old", (day(1), "approved"), (day(2), "in_progress"), (day(3), "blocked")))
    ids.append(past.work("Young", (day(20), "approved"), (day(29), "in_progress")))
    ids.append(past.work("Skipped the work", (day(2), "approved"), (day(20), "completed")))

    found = report(past, *ids, count=3)

    assert found.items == 9
    assert found.cycle.days == {50: 2.0, 70: 3.0, 85: 3.5, 95: 3.5}
    assert found.cycle.count == 6
    assert found.never_started == 1
    assert found.lead.count == 7
    assert [(item.id, item.over) for item in found.ageing.items] == [(ids[6], True), (ids[7], False)]
    assert sum(found.throughput.per_day) == 7
    assert found.cumulative.counts[Status.BLOCKED][-1] == 1
    # From the first entry on 2 March to yesterday, 30 March.
    assert found.forecast.past_days == 29
    assert [one.certainty for one in found.forecast.done_by] == [50, 85, 95]
    assert found.forecast.until == date(2026, 4, 30)


def test_a_forecast_without_a_past_says_what_is_missing(past: Past) -> None:
    item = past.work("One", (day(0), "in_progress"), (day(2), "completed"))

    found = report(past, item).forecast

    assert found.done_by == found.done_until == ()
    assert str(found.missing) == "needs at least 5 items completed before today; there is 1"


@pytest.mark.parametrize(
    ("named", "words"), [({"until": date(2026, 3, 1)}, "ten years"), ({"count": 0}, "1 to 10,000")]
)
def test_a_forecast_that_cannot_be_made_is_refused(past: Past, named: dict, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        report(past, **named)


def test_filters_look_at_what_items_are_now(past: Past) -> None:
    mine = past.work("A", (day(0), "approved"), feature_area="Flow-Area", priority="high", assignee="zoe")
    other = past.work("B", (day(0), "approved"), feature_area="Flow-Area", priority="low")
    history = read_history(past.database)

    def chosen(**parts: tuple[str, ...]) -> list[int]:
        return chosen_ids(history, FlowFilter(**parts).lets_through)

    assert chosen(areas=("Flow-Area",)) == [mine, other]
    assert chosen(areas=("Flow-Area",), priorities=("high",)) == [mine]
    assert chosen(assignees=("zoe",), categories=("enhancement",)) == [mine]
    assert chosen(assignees=("zoe",), categories=("testing",)) == []
    assert FlowFilter().is_empty
    assert not FlowFilter(areas=("x",)).is_empty


def test_a_query_chooses_by_filters_and_words(past: Past) -> None:
    mine = past.work("Quokka enclosure", (day(0), "approved"), priority="high")
    past.work("Quokka fence", (day(0), "approved"), priority="low")

    with past.database.reading() as session:
        found = matching_ids(session, parse_query("quokka priority:high"), actor=None, now=NOW)

    assert found == {mine}


def test_the_store_reads_only_what_is_new(past: Past) -> None:
    store = FlowStore(past.database)
    first = store.history()
    assert store.history() is first

    item = past.work("One", (day(0), "in_progress"))
    second = store.history()
    past.move(day(3), item, "completed")
    third = store.history()

    assert first.revision < second.revision < third.revision
    assert completions(third.journeys.only([item])).items.tolist() == [item]
    assert third.items[item].status == "completed"
    assert third.journeys.items.tolist() == read_history(past.database).journeys.items.tolist()


def test_an_older_entry_that_commits_later_is_not_missed(past: Past) -> None:
    slow, fast = past.add(day(0)), past.add(day(0))
    store = FlowStore(past.database)
    store.history()
    with past.database.engine.connect() as late:
        begun = late.begin()
        late.execute(text("UPDATE ci_enhancements SET status = 'approved' WHERE id = :id"), {"id": slow})
        with past.database.transaction("ada") as session:
            move_enhancement(session, fast, "approved", actor="ada")
        store.history()
        begun.commit()

    found = store.history().journeys.only([slow])

    assert [list(Status)[code] for code in found.status] == [Status.PROPOSED, Status.APPROVED]


def test_a_period_counts_days_of_the_zone() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)

    assert period_of_days(7, late) == Period(date(2026, 2, 24), date(2026, 3, 2))
    assert period_of_days(1, late, ZoneInfo("Asia/Tokyo")).until == date(2026, 3, 3)
    with pytest.raises(InvalidInput):
        period_of_days(0, late)
