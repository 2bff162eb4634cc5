"""Flow, timeline and map of dependencies as columns and rows, for files that people take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import isnan
from typing import Any

from ci_core.backlog.export import ExportColumn
from ci_core.backlog.flow_queries import FlowItem
from ci_core.backlog.flow_report import FlowReport
from ci_core.backlog.lifecycle import LABELS
from ci_core.backlog.timeline import Timeline
from ci_core.backlog.work_map import WorkMap

Columns = tuple[ExportColumn, ...]
Rows = Iterator[Mapping[str, Any]]

DAY_COLUMNS: Columns = (
    ExportColumn("day", "Day"),
    ExportColumn("throughput", "Completed on it"),
    *(ExportColumn(status.value, label) for status, label in LABELS.items()),
)
COMPLETED_COLUMNS: Columns = (
    ExportColumn("id", "ID"),
    ExportColumn("title", "Title"),
    ExportColumn("completed_at", "Completed"),
    ExportColumn("cycle_days", "Cycle time (days)"),
    ExportColumn("lead_days", "Lead time (days)"),
)
PLAN_COLUMNS: Columns = (
    ExportColumn("assignee", "Assignee"),
    ExportColumn("id", "ID"),
    ExportColumn("title", "Title"),
    ExportColumn("status", "Status"),
    ExportColumn("first_day", "First day"),
    ExportColumn("last_day", "Last day"),
    ExportColumn("hours", "Hours left"),
    ExportColumn("guessed", "Guessed"),
    ExportColumn("blocked_by", "Waits for"),
)
MAP_COLUMNS: Columns = (
    ExportColumn("id", "ID"),
    ExportColumn("title", "Title"),
    ExportColumn("status", "Status"),
    ExportColumn("assignee", "Assignee"),
    ExportColumn("hours", "Hours left"),
    ExportColumn("blocked_by", "Waits for"),
    ExportColumn("ready", "Ready"),
    ExportColumn("critical", "On the critical path"),
)


def day_rows(report: FlowReport) -> Rows:
    """Each day with how many stood in each status at its end, and how many were completed on it."""
    for place, day in enumerate(report.cumulative.days):
        counts = {status.value: some[place] for status, some in report.cumulative.counts.items()}
        yield {"day": day, "throughput": report.throughput.per_day[place], **counts}


def completed_rows(report: FlowReport, items: Mapping[int, FlowItem]) -> Rows:
    """Each completed item with how long it took; no cycle time where work was never started."""
    done = report.completed
    columns = (done.items.tolist(), done.at.tolist(), done.cycle_days.tolist(), done.lead_days.tolist())
    for item_id, at, cycle, lead in zip(*columns, strict=True):
        yield {
            "id": item_id,
            "title": items[item_id].title if item_id in items else "",
            "completed_at": datetime.fromtimestamp(at, report.period.zone),
            "cycle_days": None if isnan(cycle) else round(cycle, 2),
            "lead_days": round(lead, 2),
        }


def plan_rows(timeline: Timeline) -> Rows:
    """Each planned item with its days, lane by lane; then what could not be planned, without days."""
    for lane in timeline.lanes:
        for one in lane.planned:
            start, end = timeline.calendar.start(one.start), timeline.calendar.end(one.end)
            # A piece that fills a day ends with it, which is the first moment of the next.
            last = max(end - timedelta(microseconds=1), start)
            yield {
                "assignee": lane.assignee,
                "id": one.item.id,
                "title": one.item.title,
                "status": one.item.status,
                "first_day": start.date(),
                "last_day": last.date(),
                "hours": round(one.hours, 2),
                "guessed": one.guessed,
                "blocked_by": one.blockers,
            }
    for left_out in timeline.not_planned:
        item = left_out.item
        yield {
            "assignee": item.assignee,
            "id": item.id,
            "title": item.title,
            "status": item.status,
            "blocked_by": left_out.waits_for,
        }


def map_rows(work: WorkMap) -> Rows:
    """Each item of the map, blockers before what waits for them."""
    blockers: dict[int, list[int]] = {}
    for waiting, blocker in work.links:
        blockers.setdefault(waiting, []).append(blocker)
    for node in work.nodes:
        yield {
            "id": node.item.id,
            "title": node.item.title,
            "status": node.item.status,
            "assignee": node.item.assignee,
            "hours": round(node.hours, 2),
            "blocked_by": sorted(blockers.get(node.item.id, [])),
            "ready": node.ready,
            "critical": node.critical,
        }
