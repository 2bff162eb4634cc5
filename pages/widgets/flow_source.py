"""The history of all statuses that the pages of one process share, and what its filters offer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from ci_core.backlog.flow_report import FlowFilter
from ci_core.backlog.flow_store import FlowHistory, FlowStore
from pages.widgets.session import backend
from pages.widgets.work_filters import Choices


@st.cache_resource(show_spinner=False)
def flow_store() -> FlowStore:
    """The one store of this process."""
    return FlowStore(backend().database)


@st.cache_data(max_entries=4, show_spinner=False)
def _choices(revision: int, _history: FlowHistory) -> Choices:  # noqa: ARG001 - the revision is the key
    items = _history.items.values()
    return Choices(_named(item.area for item in items), _named(item.assignee for item in items))


def flow_choices(history: FlowHistory) -> Choices:
    """The areas and people that the history knows."""
    return _choices(history.revision, history)


def flow_filter(chosen: dict[str, tuple[str, ...]]) -> FlowFilter:
    """What the address says, as the library's filter."""
    return FlowFilter(
        areas=chosen["area"], categories=chosen["category"], assignees=chosen["assignee"], priorities=chosen["priority"]
    )


def reader_zone() -> tzinfo:
    """The time zone of the reader's browser; UTC where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _named(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}, key=str.casefold))
