"""Around the map of dependencies: the focus, what it says in one sentence, and the same in words."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ci_core.backlog.board_store import BoardStore
from ci_core.backlog.work_map import MapNode, WorkMap
from pages.widgets import address
from pages.widgets.address import LARGEST_ID
from pages.widgets.chart_style import STATUS_SYMBOLS
from pages.widgets.text import as_text, label, number, shortened

FOCUS = "focus"
CHOICE = "focus-choice"
MOST_ROWS = 200
LONGEST_CHAIN_SHOWN = 12


def focus_of() -> int | None:
    """The item that the address puts into the middle, if it names a possible one."""
    raw = st.query_params.get(FOCUS, "")
    return int(raw) if raw.isascii() and raw.isdigit() and 0 < int(raw[:12]) <= LARGEST_ID else None


def draw_focus(work: WorkMap, store: BoardStore, focus: int | None) -> None:
    """Choose one item of the map to see only what is before and behind it."""
    titles = {node.item.id: node.item.title for node in work.nodes}
    if focus is not None and focus not in titles:
        card = store.card(focus)
        titles[focus] = card.title if card else ""
    st.session_state[CHOICE] = focus
    st.selectbox(
        "Focus on",
        sorted(titles),
        index=None,
        format_func=lambda item_id: f"#{item_id} {shortened(titles.get(item_id, ''), 50)}",
        placeholder="Focus on one item …",
        label_visibility="collapsed",
        key=CHOICE,
        on_change=_remember_focus,
        width=300,
    )


def _remember_focus() -> None:
    chosen = st.session_state[CHOICE]
    if chosen is None:
        st.query_params.pop(FOCUS, None)
    else:
        st.query_params[FOCUS] = str(chosen)


def draw_nothing_linked(work: WorkMap, focus: int | None) -> None:
    """Why there is no map, and what to do."""
    with st.container(border=True, width=640, key="nothing-yet"):
        if not work.linked:
            st.markdown("##### Nothing depends on anything yet")
            st.markdown(
                "Open a card, choose *Links*, and say what it is blocked by; or at a shell: "
                "`python -m ci_core enhancements depend 12 --on 7`. The map shows what waits for what."
            )
        elif focus is not None:
            st.markdown(f"##### Nothing open depends on #{focus}, and it waits for nothing open")
            st.markdown("Choose another item above, show also what is done, or link it in its card under *Links*.")
        else:
            st.markdown("##### Nothing here is linked that fits these filters")
            st.markdown(f"{work.linked:,} enhancements depend on each other; clear the filters to see them.")


def draw_summary(work: WorkMap) -> None:
    """The one sentence that matters: what decides the end, and what can be begun."""
    ready = sum(node.ready for node in work.nodes)
    begun = f"**{ready:,}** ready to begin" if ready else "nothing is ready to begin"
    critical = work.critical
    if not critical.items:
        st.markdown(f"{len(work.nodes):,} items; {begun}.", width="content")
        return
    chain = " → ".join(f"#{item_id}" for item_id in critical.items[:LONGEST_CHAIN_SHOWN])
    more = " → …" if len(critical.items) > LONGEST_CHAIN_SHOWN else ""
    st.markdown(
        f"{len(work.nodes):,} items; {begun}. Critical path: **{number(round(critical.hours, 1))} h** left in "
        f"{as_text(chain)}{more}",
        width="content",
    )


def draw_chains(work: WorkMap) -> None:
    """The map in words, blockers before what waits for them; each row opens its card."""
    rows = st.expander("As a list", on_change="rerun", key="dependencies-list")
    if not rows.open:
        return
    blockers: dict[int, list[int]] = {}
    for waiting, blocker in work.links:
        blockers.setdefault(waiting, []).append(blocker)
    with rows:
        for node in work.nodes[:MOST_ROWS]:
            st.button(
                as_text(_in_words(node, sorted(blockers.get(node.item.id, [])))),
                key=f"go-map-{node.item.id}",
                type="tertiary",
                on_click=partial(address.open_item_page, node.item.id),
                width="stretch",
            )
        if len(work.nodes) > MOST_ROWS:
            st.caption(f"and {len(work.nodes) - MOST_ROWS:,} more; filters show them")


def _in_words(node: MapNode, blockers: list[int]) -> str:
    item = node.item
    parts = [f"#{item.id} {shortened(item.title, 60)}", f"{STATUS_SYMBOLS[item.status]} {label(item.status)}"]
    parts.append("waits for " + ", ".join(f"#{blocker}" for blocker in blockers) if blockers else "waits for nothing")
    if node.ready:
        parts.append("ready")
    if node.critical:
        parts.append("on the critical path")
    return " · ".join(parts)
