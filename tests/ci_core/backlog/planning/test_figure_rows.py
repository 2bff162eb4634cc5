"""What people take away of flow, plan and map is what the pages show."""

from __future__ import annotations

import json
from datetime import date

from ci_core.backlog.dependency_map import CriticalPath, Place
from ci_core.backlog.export import export_rows
from ci_core.backlog.figure_rows import (
    COMPLETED_COLUMNS,
    DAY_COLUMNS,
    MAP_COLUMNS,
    PLAN_COLUMNS,
    completed_rows,
    day_rows,
    map_rows,
    plan_rows,
)
from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_report import flow_report, period_of_days
from ci_core.backlog.flow_store import FlowHistory
from ci_core.backlog.work_map import MapNode, WorkMap
from db.enums import Status
from tests.ci_core.backlog.flow.histories import day, journeys
from tests.ci_core.backlog.planning.work import item, plan

HISTORY = FlowHistory(
    journeys(
        i1=[(0, Status.APPROVED), (1, Status.IN_PROGRESS), (2.5, Status.COMPLETED)],
        i2=[(0, Status.APPROVED), (3, Status.COMPLETED)],
    ),
    {1: FlowItem(1, "One", "completed", "high", "testing", None, None)},
    1,
)


def test_a_row_for_each_day_and_each_completed_item() -> None:
    report = flow_report(HISTORY, period_of_days(5, day(4.5)), now=day(4.5))

    days, done = list(day_rows(report)), list(completed_rows(report, HISTORY.items))

    assert [row["day"] for row in days] == [date(2026, 3, number) for number in range(2, 7)]
    assert [row["throughput"] for row in days] == [0, 0, 1, 1, 0]
    assert [row["approved"] for row in days] == [2, 1, 1, 0, 0]
    assert [(row["id"], row["title"], row["cycle_days"], row["lead_days"]) for row in done] == [
        (1, "One", 1.5, 2.5),
        (2, "", None, 3.0),
    ]
    assert len(json.loads(export_rows(DAY_COLUMNS, days, "json", "flow"))) == 5
    assert b"Cycle time (days)" in export_rows(COMPLETED_COLUMNS, done, "csv", "completed")


def test_a_row_for_each_planned_item_and_for_what_has_no_date() -> None:
    found = plan([item(1, 12), item(2, None), item(3)], [(3, 99)], open_ids={1, 2, 3, 99})

    rows = list(plan_rows(found))

    assert [(row["id"], row.get("first_day"), row.get("last_day")) for row in rows] == [
        (1, date(2026, 3, 2), date(2026, 3, 3)),
        (2, date(2026, 3, 4), date(2026, 3, 4)),
        (3, None, None),
    ]
    assert [row.get("guessed") for row in rows] == [False, True, None]
    assert rows[2]["blocked_by"] == (99,)
    assert export_rows(PLAN_COLUMNS, rows, "md", "plan")


def test_a_row_for_each_item_of_the_map() -> None:
    nodes = tuple(MapNode(item(n), Place(n - 1, 0), 6.0, False, n == 1, True, False) for n in (1, 2))

    rows = list(map_rows(WorkMap(nodes, ((2, 1),), CriticalPath((1, 2), 12.0), 2, 1, 2)))

    assert [(row["id"], row["blocked_by"], row["ready"]) for row in rows] == [(1, [], True), (2, [1], False)]
    assert export_rows(MAP_COLUMNS, rows, "xlsx", "map")
