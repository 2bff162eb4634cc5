"""The part of the page about issues: filters, groups with their issues or a plain list, and one issue beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import streamlit as st

from ci_core.health.history import Repository
from ci_core.health.issues import (
    STANDING,
    GroupBy,
    Issue,
    IssueFilter,
    IssueGroup,
    Issues,
    IssueVersion,
    count_by_severity,
    find_issues,
    group_issues,
    issue_versions,
    narrowings,
)
from db.enums import IssueStatus
from pages.widgets.health import acts
from pages.widgets.health.acts import ISSUE
from pages.widgets.health.issue_decisions import Asked, draw_decisions, turn
from pages.widgets.health.issue_detail import draw_issue
from pages.widgets.health.issue_filters import draw_filters, grouping, is_narrowed, wanted_now
from pages.widgets.health.issue_list import ListRow, issue_list
from pages.widgets.health.nothing import draw_nothing_like_this
from pages.widgets.health.source import read
from pages.widgets.health.words import SEVERITY_MARKS, STATUS_WORDS, counted, effort
from pages.widgets.outage import outage_shown
from pages.widgets.session import Backend
from pages.widgets.text import ago, label, shortened

PAGE, MOST_ROWS, MOST_IN_GROUP = 100, 1_000, 100
IN_GROUP, LISTED, ASKED = "within", "issues-listed", "issues-asked"
LONGEST_TITLE = 160


def draw_issues(shared: Backend, repository: Repository, now: datetime) -> None:
    """Draw the part.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    wanted = wanted_now(now)
    any_severity = replace(wanted, severities=())
    draw_filters(read(shared, narrowings, repository.id), read(shared, count_by_severity, repository.id, any_severity))
    if st.session_state.get(ASKED) != (repository.id, wanted):
        st.session_state[ASKED] = (repository.id, wanted)
        st.session_state[LISTED] = PAGE
    desk(shared, repository, wanted)


@st.fragment
def desk(shared: Backend, repository: Repository, wanted: IssueFilter) -> None:
    """The list with what is decided about those that are selected, and one issue beside it."""
    now = acts.utc_now()
    with outage_shown(inside="issues"):
        opened = acts.named(ISSUE)
        rows, count, more = _rows(shared, repository, wanted, opened, now)
        if not rows and opened is None:
            draw_nothing_like_this(is_narrowed())
            return
        if opened is None:
            _draw_list(shared, repository, wanted, rows, count, more)
            return
        with st.container(key="health-desk"):
            left, right = st.columns([6, 7], gap="medium")
            with left:
                _draw_list(shared, repository, wanted, rows, count, more)
            with right:
                draw_issue(shared, opened, now)


def _draw_list(
    shared: Backend, repository: Repository, wanted: IssueFilter, rows: Sequence[ListRow], count: str, more: str
) -> None:
    above = st.container(key="issues-above")
    with st.container(border=True, key="issues-list"):
        picked = issue_list(
            rows, key="issue-list", turn=turn(), count=count, more=more, on_open=open_row, on_more=list_more
        )
    if picked:
        with above:
            _draw_bulk(shared, repository, wanted, picked)


def _draw_bulk(shared: Backend, repository: Repository, wanted: IssueFilter, picked: Sequence[str]) -> None:
    chosen = meant(shared, repository, wanted, picked)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="issues-picked"):
        st.markdown(f"**{counted(len(chosen), 'issue')}** selected", width="content")
        draw_decisions(
            shared,
            Asked(
                len(chosen),
                lambda: {one.id: one.version for one in chosen},
                "picked",
                standing=any(one.status in STANDING for one in chosen),
                decided=any(one.status not in (IssueStatus.OPEN, IssueStatus.FIXED) for one in chosen),
            ),
        )


def meant(
    shared: Backend, repository: Repository, wanted: IssueFilter, picked: Sequence[str]
) -> tuple[IssueVersion, ...]:
    """The issues that are selected: single ones, and all of each selected group, each once."""
    found: dict[int, IssueVersion] = {}
    by = grouping()
    ids = tuple(int(key[1:]) for key in picked if key.startswith("i"))
    asked = [IssueFilter(ids=ids)] if ids else []
    asked += [replace(wanted, group=(by, key[1:])) for key in picked if key.startswith("g") and by is not None]
    for one in asked:
        found |= {issue.id: issue for issue in read(shared, issue_versions, repository.id, one)}
    return tuple(found.values())


def open_row(key: str) -> None:
    """Open what a person clicked: an issue beside the list, or a group below its name. For a callback."""
    if key.startswith("g"):
        group = key[1:]
        if st.query_params.get(IN_GROUP) == (group or "-"):
            st.query_params.pop(IN_GROUP)
        else:
            st.query_params[IN_GROUP] = group or "-"
    elif st.query_params.get(ISSUE) == key[1:]:
        acts.close_issue()
    elif key[1:].isdigit():
        st.query_params[ISSUE] = key[1:]


def list_more(shown: int) -> None:
    """List more than the rows that are there. For a callback."""
    st.session_state[LISTED] = min(MOST_ROWS, max(shown, st.session_state.get(LISTED, PAGE)) + PAGE)


def _find(session: Any, repository_id: int, wanted: IssueFilter, limit: int) -> Issues:
    return find_issues(session, repository_id, wanted, limit=limit)


def _groups(session: Any, repository_id: int, wanted: IssueFilter, by: GroupBy, limit: int) -> Any:
    return group_issues(session, repository_id, wanted, by=by, limit=limit)


def _rows(
    shared: Backend, repository: Repository, wanted: IssueFilter, opened: int | None, now: datetime
) -> tuple[list[ListRow], str, str]:
    """What is listed, the line above it, and what the button below it says."""
    by, limit = grouping(), int(st.session_state.get(LISTED, PAGE))
    if by is None:
        found = read(shared, _find, repository.id, wanted, limit)
        rows = [issue_row(one, now, current=one.id == opened) for one in found.issues]
        return rows, counted(found.total, "issue"), _more(len(rows), found.total)
    groups = read(shared, _groups, repository.id, wanted, by, limit)
    within = st.query_params.get(IN_GROUP)
    rows = []
    for group in groups.groups:
        is_open = within == (group.key or "-")
        rows.append(group_row(group, by, now, current=is_open))
        if is_open:
            inside = read(shared, _find, repository.id, replace(wanted, group=(by, group.key)), MOST_IN_GROUP)
            rows += [issue_row(one, now, inside=by, current=one.id == opened) for one in inside.issues]
    total = sum(group.count for group in groups.groups)
    noun = {GroupBy.RULE: "rule", GroupBy.FILE: "file", GroupBy.AREA: "area"}.get(by, "group")
    return rows, f"{counted(total, 'issue')} in {counted(groups.total, noun)}", _more(len(groups.groups), groups.total)


def _more(shown: int, total: int) -> str:
    return f"Show more ({total - shown:,} are not listed)" if shown < min(total, MOST_ROWS) else ""


def issue_row(one: Issue, now: datetime, *, inside: GroupBy | None = None, current: bool = False) -> ListRow:
    """One issue as the list draws it; what its group says already is left out."""
    notes = []
    if one.regressed:
        notes.append("back again")
    if one.status is not IssueStatus.OPEN:
        notes.append(STATUS_WORDS[one.status].lower())
    if one.enhancement_id is not None:
        notes.append(f"#{one.enhancement_id}")
    if one.auto_fixable and one.is_standing:
        notes.append("fixable")
    title, place = one.title, one.place
    if inside is GroupBy.RULE and place:
        title, place = place, one.scope
    elif inside is GroupBy.FILE and one.line_number is not None:
        place = f"line {one.line_number}"
    return ListRow(
        key=f"i{one.id}",
        severity=one.severity,
        mark=SEVERITY_MARKS[one.severity],
        word=label(one.severity),
        title=shortened(title, LONGEST_TITLE),
        place=shortened(place, LONGEST_TITLE),
        rest=ago(one.first_detected_at, now),
        notes=tuple(notes),
        inside=inside is not None,
        current=current,
    )


def group_row(group: IssueGroup, by: GroupBy, now: datetime, *, current: bool = False) -> ListRow:
    """A group as the list draws it: what it has in common, how many of each severity, and what a repair takes."""
    names = {GroupBy.RULE: group.title, GroupBy.PART: label(group.key), GroupBy.SEVERITY: label(group.key)}
    name = names.get(by) or group.key or ("The whole repository" if by is GroupBy.FILE else "No area")
    severities = ", ".join(f"{number:,} {severity}" for severity, number in group.by_severity.items())
    rest = [f"about {effort(group.effort_minutes)} to repair"] if group.effort_minutes else []
    rest.append(f"newest {ago(group.newest_at, now)}")
    return ListRow(
        key=f"g{group.key}",
        severity=group.worst,
        mark=SEVERITY_MARKS[group.worst],
        word=severities,
        title=f"{shortened(name, LONGEST_TITLE)} ({group.count:,})",
        place=group.key if by is GroupBy.RULE else "",
        rest=" · ".join(rest),
        notes=(f"{group.fixable:,} fixable",) if group.fixable else (),
        group=True,
        current=current,
    )
