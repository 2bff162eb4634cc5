"""The filters above the history; the address holds them, so that a link and a saved view show the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from ci_core.jobs import KINDS
from ci_core.runs.history import RunFilter
from db.enums import RunStatus
from pages.widgets.agents.words import kind_title
from pages.widgets.period import draw_period

PERIODS = ("7 days", "30 days", "90 days")
DEFAULT_PERIOD = PERIODS[1]
OUTCOMES = {
    "All": (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED),
    "Failed": (RunStatus.FAILED,),
    "Completed": (RunStatus.COMPLETED,),
    "Cancelled": (RunStatus.CANCELLED,),
}
ANY_OUTCOME = "All"
CAUSE = "cause"
DEFAULTS = {"part": "Now", "ahead": "Day", "period": DEFAULT_PERIOD, "outcome": ANY_OUTCOME, "kind": []}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filters ask for.

    Attributes:
        since: from when on.
        days: how long ago that is.
        narrowed: whether they leave out more than what is older.
    """

    since: datetime
    days: int
    kinds: tuple[str, ...]
    outcome: str
    cause: str | None
    words: str

    @property
    def narrowed(self) -> bool:
        return bool(self.kinds or self.outcome != ANY_OUTCOME or self.cause or self.words)

    @property
    def wanted(self) -> RunFilter:
        """The same for the library."""
        return RunFilter(
            run_types=self.kinds,
            statuses=OUTCOMES[self.outcome],
            error_kinds=(self.cause,) if self.cause else (),
            since=self.since,
            words=self.words or None,
        )


def draw_history_filters(now: datetime) -> Asked:
    """Draw the filters; give what they are set to."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="past-bar"):
        period = draw_period(PERIODS, DEFAULT_PERIOD)
        outcome = st.segmented_control(
            "Outcome",
            list(OUTCOMES),
            default=ANY_OUTCOME,
            required=True,
            key="outcome",
            label_visibility="collapsed",
            bind="query-params",
        )
        kinds = st.multiselect(
            "Kinds of jobs",
            sorted(KINDS, key=kind_title),
            key="kind",
            format_func=kind_title,
            placeholder="Every kind",
            label_visibility="collapsed",
            bind="query-params",
            width=240,
        )
        words = st.text_input(
            "Words of the error",
            key="q",
            type="search",
            placeholder="Words of the error …",
            label_visibility="collapsed",
            live=True,
            max_chars=200,
            width=200,
            bind="query-params",
        )
        cause = st.query_params.get(CAUSE) or None
        if cause:
            st.button(
                f"Cause: {cause.replace('_', ' ')[:40]}",
                icon=":material/close:",
                key="cause-off",
                help="Show every cause again",
                on_click=show_cause,
                args=(None,),
            )
    days = int((period or DEFAULT_PERIOD).split()[0])
    return Asked(
        now - timedelta(days=days),
        days,
        tuple(kinds),
        outcome or ANY_OUTCOME,
        cause[:40] if cause else None,
        (words or "").strip()[:200],
    )


def show_cause(cause: str | None) -> None:
    """Show only failures of this cause, or every run again; for a callback."""
    if cause is None:
        st.query_params.pop(CAUSE, None)
    else:
        st.query_params[CAUSE] = cause
        st.session_state["outcome"] = ANY_OUTCOME
