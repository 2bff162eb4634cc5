"""How healthy the platform's code is: its score and what changed it, every issue, its files, and what was checked."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import streamlit as st

from ci_core.health.history import Repository
from ci_core.health.standing import Standing, standing
from pages.widgets.health import acts
from pages.widgets.health.acts import CHECKS, FILES, ISSUES, PARTS, SCORE
from pages.widgets.health.checking import draw_check_now, draw_under_way
from pages.widgets.health.checks import draw_checks
from pages.widgets.health.files import draw_files
from pages.widgets.health.issue_filters import DEFAULTS
from pages.widgets.health.issues import draw_issues
from pages.widgets.health.nothing import draw_failed, draw_never_checked
from pages.widgets.health.score import DEFAULT_PERIOD, draw_score
from pages.widgets.health.source import REPOSITORY, chosen_repository, known_repositories, read, revision
from pages.widgets.navigation import begin_page
from pages.widgets.outage import outage_shown
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend
from pages.widgets.text import shortened

TICK_SECONDS = 1.0
# What checks and people change is drawn anew, but not for each of a hundred changes.
DRAWN_AGAIN_SECONDS = 3.0
SEEN = "health-seen"

begin_page()
shared = backend()


def draw_repository(known: tuple[Repository, ...]) -> Repository | None:
    """The repository that is shown; where there are several, one can choose."""
    chosen = chosen_repository(shared, known)
    if len(known) > 1 and chosen is not None:
        names = {one.id: shortened(one.name, 40) for one in known}
        st.session_state["health-repository"] = chosen.id
        st.selectbox(
            "Repository",
            list(names),
            format_func=names.__getitem__,
            key="health-repository",
            label_visibility="collapsed",
            width=220,
            on_change=remember_repository,
        )
    return chosen


def remember_repository() -> None:
    st.query_params[REPOSITORY] = str(st.session_state["health-repository"])
    acts.leave_opened()


@st.fragment(run_every=TICK_SECONDS)
def live_checks() -> None:
    """What runs now; the whole page is drawn again when a check began or ended, or issues changed."""
    with outage_shown(inside="checks"):
        open_ones = draw_under_way(shared, datetime.now(UTC))
        mark = (tuple(one.run_id for one in open_ones), revision(shared, ("ci_health_checks", "ci_health_issues")))
        drawn_with, drawn_at = st.session_state[SEEN]
        if drawn_with is None:
            st.session_state[SEEN] = (mark, drawn_at)
        elif drawn_with != mark and time.monotonic() - drawn_at > DRAWN_AGAIN_SECONDS:
            st.rerun()


def draw_part(repository: Repository | None, now: datetime) -> None:
    """The part of the page that is chosen, or what to do where there is nothing to show."""
    stands: Standing | None = None if repository is None else read(shared, standing, repository)
    if stands is None or stands.newest is None:
        draw_never_checked(shared)
        return
    draw_failed(stands, now)
    if part == CHECKS:
        draw_checks(shared, stands, now)
    elif part == ISSUES:
        draw_issues(shared, stands.repository, now)
    elif stands.check is None:
        draw_never_checked(shared)
    elif part == FILES:
        draw_files(shared, stands)
    else:
        draw_score(shared, stands, now)


with outage_shown(inside="page"):
    known = known_repositories(shared)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="health-bar"):
        st.markdown("**Health**", width="content")
        part = st.segmented_control(
            "Part",
            PARTS,
            default=SCORE,
            required=True,
            key="part",
            label_visibility="collapsed",
            bind="query-params",
            on_change=acts.leave_opened,
        )
        repository = draw_repository(known)
        st.space("stretch")
        draw_saved_views("health", {"part": SCORE, "period": DEFAULT_PERIOD, **DEFAULTS})
        draw_check_now(shared)
    # Until the first tick has said with which mark, everything is as new as this run of the page.
    st.session_state[SEEN] = (None, time.monotonic())
    live_checks()
    draw_part(repository, datetime.now(UTC))
