"""What stands on the Health page where something is missing, and what to do about it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ci_core.health.standing import Standing
from ci_core.jobs import KINDS
from db.enums import CheckStatus
from pages.widgets.health import acts
from pages.widgets.health.source import FULL, checks_under_way
from pages.widgets.health.words import CHECK_TITLES
from pages.widgets.session import Backend
from pages.widgets.text import ago, as_text, shortened


def draw_never_checked(shared: Backend) -> None:
    """What a team sees before the first check has a score."""
    if checks_under_way(shared):
        st.caption(
            "Nothing to show yet: the first check is under way. Its score and its issues appear here by themselves."
        )
        return
    with st.container(border=True, width=640, key="nothing-yet"):
        st.markdown("##### The platform's code has not been checked yet")
        st.markdown(
            f"A check looks at the repository in **{as_text(str(shared.settings.repo_path))}**: its security, bugs, "
            "quality, tests and dependencies. It changes nothing there, and takes a minute or so for 250,000 lines."
        )
        st.button(
            KINDS[FULL].title,
            key="first-check",
            type="primary",
            icon=":material/stethoscope:",
            on_click=acts.ask_for_check,
            args=(shared, FULL),
        )
        st.caption("Another repository: set `CI_REPO_PATH`. At a shell:")
        st.code("python -m ci_core health check", language=None)


def draw_failed(stands: Standing, now: datetime) -> None:
    """Say that the newest check came to nothing, so that what stands below it is older."""
    newest = stands.newest
    if newest is None or newest.status not in (CheckStatus.FAILED, CheckStatus.CANCELLED):
        return
    title = CHECK_TITLES[newest.check_type]
    word = "failed" if newest.status is CheckStatus.FAILED else "was cancelled"
    why = f": {shortened(newest.error, 300)}" if newest.error else "."
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="health-failed"):
        st.warning(
            f"The newest check ({title.lower()}, {ago(newest.started_at, now)}) {word}{as_text(why)} "
            "It resolved nothing; what stands here is from before it.",
            icon=":material/error:",
        )
        st.button("Its checkers", key="open-failed", type="tertiary", on_click=acts.open_check, args=(newest.id,))


def draw_nothing_like_this(narrowed: bool) -> None:
    """What stands in place of a list without issues."""
    with st.container(border=True, width=640, key="nothing-like-this"):
        if narrowed:
            st.markdown("##### No issue is like this")
            st.markdown("Choose fewer filters, or look at all of them.")
            st.button("Show every open issue", on_click=acts.show_issues, icon=":material/filter_list_off:")
        else:
            st.markdown("##### Nothing is open")
            st.markdown("No checker found anything that stands. Look under *Checks* at what each of them looked at.")
