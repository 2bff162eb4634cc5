"""The map of dependencies: what waits for what, which chain decides the end, and what can be begun now."""

from __future__ import annotations

import streamlit as st

from ci_core.backlog.figure_rows import MAP_COLUMNS, map_rows
from ci_core.backlog.planning import WorkFilter
from ci_core.backlog.work_map import read_map
from pages.widgets import address
from pages.widgets.board_source import filter_choices
from pages.widgets.dependency_view import draw_chains, draw_focus, draw_nothing_linked, draw_summary, focus_of
from pages.widgets.export_menu import draw_export
from pages.widgets.navigation import begin_page
from pages.widgets.saved_views import draw_saved_views
from pages.widgets.session import backend
from pages.widgets.work_filters import AREA, ASSIGNEE, Choices, draw_work_filters
from pages.widgets.workmap import workmap

begin_page()
shared = backend()
known = filter_choices(shared.store)

with st.container(horizontal=True, vertical_alignment="center", gap="small", key="dependencies-bar"):
    st.markdown("**Dependencies**", width="content")
    chosen = draw_work_filters(Choices(known.areas, known.assignees), (AREA, ASSIGNEE))
    with_done = st.toggle("With what is done", key="done", bind="query-params")
    focus = focus_of()
    focus_slot = st.container(width="content", key="dependencies-focus")
    st.space("stretch")
    draw_saved_views("dependencies")
    export_slot = st.container(width="content", key="dependencies-export")

wanted = WorkFilter(areas=chosen[AREA], assignees=chosen[ASSIGNEE])
with shared.database.reading() as session:
    work = read_map(session, shared.settings, shown=wanted.lets_through, open_only=not with_done, focus=focus)
with focus_slot:
    draw_focus(work, shared.store, focus)
if work.nodes:
    with export_slot:
        draw_export("dependencies", lambda: (MAP_COLUMNS, map_rows(work)))
    draw_summary(work)
    workmap(work, key="workmap", focus=focus, on_open=address.open_item_page)
    draw_chains(work)
else:
    draw_nothing_linked(work, focus)
