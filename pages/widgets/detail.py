"""One enhancement beside the board: everything about it, every field editable, and nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ci_core.backlog import get_enhancement
from ci_core.errors import NotFound
from pages.widgets import address, links
from pages.widgets.activity import draw_activity
from pages.widgets.copy_link import draw_copy_link
from pages.widgets.detail_fields import draw_fields
from pages.widgets.detail_save import discard, draw_conflict, draw_save_bar, keep_draft, open_form
from pages.widgets.edit_form import EditForm
from pages.widgets.outage import outage_shown
from pages.widgets.score_view import draw_score
from pages.widgets.session import Backend
from pages.widgets.standing import draw_standing
from pages.widgets.text import ago, as_text, label, number

WATCH_SECONDS = 2.0
WIDTH = 960
TABS = ("Overview", "Score", "Links", "Activity")


def detail_dialog(shared: Backend, enhancement_id: int) -> None:
    """Show the enhancement in a drawer beside the board; closing it takes it out of the address."""
    card = shared.store.card(enhancement_id)
    heading = f"#{enhancement_id} {card.title}" if card else f"Enhancement #{enhancement_id}"

    @st.dialog(as_text(heading), width=WIDTH, position="right", on_dismiss=partial(_close, enhancement_id))
    def drawer() -> None:
        with outage_shown(inside="enhancement"):
            _draw(shared, enhancement_id)

    drawer()


def _close(enhancement_id: int) -> None:
    keep_draft(enhancement_id)
    address.close_item()


def _draw(shared: Backend, enhancement_id: int) -> None:
    form = st.session_state.get("edit_form")
    if form is None or form.opened.id != enhancement_id:
        try:
            with shared.database.reading() as session:
                form = open_form(get_enhancement(session, enhancement_id))
        except NotFound:
            st.warning(f"There is no enhancement #{enhancement_id} (any more).", icon=":material/search_off:")
            return
    _draw_facts(form)
    if form.opened.merged_into_id is not None:
        links.draw_tombstone(shared, form)
    draw_conflict(form)
    _watch(shared, form)
    draw_standing(shared, form)
    tabs = st.tabs(TABS, on_change="rerun", key=f"detail-tabs-{enhancement_id}", default=TABS[0])
    # The fields are always drawn: a field that is not drawn forgets what was typed into it.
    with tabs[0]:
        draw_fields(shared, form)
        draw_save_bar(shared, form)
    others: tuple[Callable[[Backend, EditForm], None], ...] = (draw_score, links.draw_links, draw_activity)
    for tab, draw in zip(tabs[1:], others, strict=True):
        if tab.open:
            with tab:
                draw(shared, form)


def _draw_facts(form: EditForm) -> None:
    item = form.opened
    parts = [
        f"**{label(item.status)}** {ago(item.status_entered_at)}",
        f"added {ago(item.created_at)} by {as_text(item.created_by)}",
        f"score {number(item.ai_priority_score and round(item.ai_priority_score))}",
        f"version {item.version}",
    ]
    if item.source_url:
        parts.append(as_text(item.source_url))
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.caption(" · ".join(parts), width="stretch")
        draw_copy_link(item.id)


@st.fragment(run_every=WATCH_SECONDS)
def _watch(shared: Backend, form: EditForm) -> None:
    """Say that somebody else has changed this enhancement since it was opened here."""
    card = shared.store.card(form.opened.id)
    if card is None or card.version <= form.base_version or form.conflict:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="changed-meanwhile"):
        st.markdown(":material/sync: Somebody has just changed this. Saving compares both versions.", width="content")
        st.button("Show the new version", key="show-new", on_click=_show_new, args=(form.opened.id,))


def _show_new(enhancement_id: int) -> None:
    discard(enhancement_id)
    st.rerun()  # the whole drawer, not only the line with the button
