"""What an enhancement came from, what it waits for and what for it, what resembles it, and making two of them one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ci_core.backlog.dependencies import LinkedEnhancement, add_dependency, dependencies_of, remove_dependency
from ci_core.backlog.merging import merge_duplicate, take_apart
from db.enums import DependencyKind
from pages.widgets import address
from pages.widgets.acting import LINKS, act
from pages.widgets.board_source import best_matches
from pages.widgets.detail_save import keep_draft, reread
from pages.widgets.edit_form import EditForm
from pages.widgets.issues_behind import draw_issues_behind
from pages.widgets.lineage import draw_lineage
from pages.widgets.session import Backend, actor
from pages.widgets.text import as_text, label, shortened

if TYPE_CHECKING:
    from ci_core.backlog.similar import SimilarEnhancement

PROBLEM, CONFIRM = "links-problem", "merge-confirm"
# What is offered → the kind that is stored, and whether the other one is the subject of it.
OFFERED = {
    "is blocked by": (DependencyKind.BLOCKED_BY, False),
    "blocks": (DependencyKind.BLOCKED_BY, True),
    "is related to": (DependencyKind.RELATED, False),
    "is a duplicate of": (DependencyKind.DUPLICATE_OF, False),
}
MOST_CANDIDATES = 6


def draw_links(shared: Backend, form: EditForm) -> None:
    """Draw what is behind it, then the dependencies on the left and what is similar on the right."""
    from ci_core.backlog.similar import similar_enhancements

    item = form.opened.id
    with shared.database.reading() as session:
        links = dependencies_of(session, item)
        alike = similar_enhancements(session, item, limit=6)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(as_text(problem))
    draw_lineage(shared, item)
    draw_issues_behind(shared, item)
    left, right = st.columns(2, gap="medium")
    blocked_by, related, duplicate = DependencyKind.BLOCKED_BY, DependencyKind.RELATED, DependencyKind.DUPLICATE_OF
    with left:
        _draw_group(shared, form, "Blocked by", links.blocked_by, blocked_by)
        _draw_group(shared, form, "Blocks", links.blocks, blocked_by, reverse=True)
        _draw_group(shared, form, "Related", links.related, related)
        _draw_group(shared, form, "Duplicate of", links.duplicate_of, duplicate)
        _draw_group(shared, form, "Duplicates", links.duplicates, duplicate, reverse=True)
        if not any((links.blocked_by, links.blocks, links.related, links.duplicate_of, links.duplicates)):
            st.caption("Not linked with anything yet.")
        _draw_add(shared, form)
    with right:
        _draw_similar(shared, form, alike)


def draw_tombstone(shared: Backend, form: EditForm) -> None:
    """Say that this one was merged, and into which."""
    original = form.opened.merged_into_id
    if original is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="tombstone"):
        st.markdown(
            f":material/merge: Merged into **#{original}**, where its comments and votes went.", width="stretch"
        )
        st.button(f"Open #{original}", key="open-original", on_click=go_to, args=(form, original))
        st.button("Take apart", key="take-apart", on_click=_take_apart, args=(shared, form))


def go_to(form: EditForm, enhancement_id: int) -> None:
    """Show another enhancement in place of this one; for a callback."""
    keep_draft(form.opened.id)
    address.open_item_page(enhancement_id)


def _draw_group(
    shared: Backend,
    form: EditForm,
    title: str,
    group: Sequence[LinkedEnhancement],
    kind: DependencyKind,
    *,
    reverse: bool = False,
) -> None:
    if not group:
        return
    st.markdown(f"###### {title}")
    for other in group:
        row = st.container(
            horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key=f"link-{title}-{other.id}"
        )
        with row:
            _open_button(form, other.id, other.title, f"{title}-{other.id}", done=not other.is_open)
            st.caption(label(other.status), width="content")
            ends = (other.id, form.opened.id) if reverse else (form.opened.id, other.id)
            st.button(
                "Remove",
                key=f"unlink-{title}-{other.id}",
                type="tertiary",
                on_click=_remove,
                args=(shared, form, *ends, kind),
            )


def _open_button(form: EditForm, other_id: int, title: str, key: str, *, done: bool = False) -> None:
    name = as_text(f"#{other_id} {shortened(title, 90)}")
    st.button(
        f"~~{name}~~" if done else name,
        key=f"go-{key}",
        type="tertiary",
        on_click=go_to,
        args=(form, other_id),
        width="stretch",
        wrap=False,
    )


def _draw_add(shared: Backend, form: EditForm) -> None:
    st.markdown("###### Add a link")
    st.selectbox("This enhancement", list(OFFERED), key="link-kind", label_visibility="collapsed")
    words = st.text_input(
        "Search for the other one",
        key="link-search",
        type="search",
        live=True,
        placeholder="Title or #12",
        label_visibility="collapsed",
    )
    if not (words or "").strip():
        return
    found = [card for card in best_matches(shared.store, words, MOST_CANDIDATES + 1) if card.id != form.opened.id]
    for card in found[:MOST_CANDIDATES]:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"candidate-{card.id}"):
            st.text(f"#{card.id} {shortened(card.title, 90)}", width="stretch")
            st.button("Link", key=f"link-{card.id}", on_click=_add, args=(shared, form, card.id))
    if not found:
        st.caption("Nothing on the board matches.")


def _draw_similar(shared: Backend, form: EditForm, alike: Sequence[SimilarEnhancement]) -> None:
    st.markdown("###### Similar")
    if not alike:
        st.caption("Nothing similar is known. New texts are compared in the background, within a minute or so.")
    for one in alike:
        other = one.enhancement
        with st.container(border=True, gap="xsmall", key=f"similar-{other.id}"):
            _open_button(form, other.id, other.title, f"similar-{other.id}")
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{one.similarity:.0%} alike · {label(other.status)}", width="stretch")
                if form.opened.merged_into_id is None:
                    st.button(
                        f"Merge into #{other.id} …", key=f"merge-{other.id}", type="tertiary", on_click=_ask,
                        args=(other.id,),
                    )  # fmt: skip
            if st.session_state.get(CONFIRM) == other.id:
                _draw_confirmation(shared, form, other.id)


def _draw_confirmation(shared: Backend, form: EditForm, original: int) -> None:
    st.markdown(
        f"Merge #{form.opened.id} into #{original}? #{form.opened.id} leaves the board and points there; its comments, "
        "votes, followers and links move along. It can be taken apart again."
    )
    with st.container(horizontal=True):
        st.button("Merge", key="merge-now", type="primary", on_click=_merge, args=(shared, form, original))
        st.button("Cancel", key="merge-not", on_click=_ask, args=(None,))


def _ask(original: int | None) -> None:
    st.session_state[CONFIRM] = original


def _change(shared: Backend, form: EditForm, change: Any) -> None:
    st.session_state[PROBLEM] = act(shared, change, tables=LINKS)
    reread(shared, form)


def _add(shared: Backend, form: EditForm, other_id: int) -> None:
    kind, reverse = OFFERED[st.session_state["link-kind"]]
    ends = (other_id, form.opened.id) if reverse else (form.opened.id, other_id)
    _change(shared, form, lambda session: add_dependency(session, *ends, kind, actor=actor(), policy=shared.policy))
    if st.session_state[PROBLEM] is None:
        st.session_state["link-search"] = ""


def _remove(shared: Backend, form: EditForm, one: int, other: int, kind: DependencyKind) -> None:
    _change(
        shared, form, lambda session: remove_dependency(session, one, other, kind, actor=actor(), policy=shared.policy)
    )


def _merge(shared: Backend, form: EditForm, original: int) -> None:
    st.session_state[CONFIRM] = None
    _change(
        shared,
        form,
        lambda session: merge_duplicate(session, form.opened.id, original, actor=actor(), policy=shared.policy),
    )


def _take_apart(shared: Backend, form: EditForm) -> None:
    _change(shared, form, lambda session: take_apart(session, form.opened.id, actor=actor(), policy=shared.policy))
