"""The findings behind an enhancement: the one that it was made from, and those that speak for it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ci_core.finder import web_address
from ci_core.research.evidence import EvidenceOf, evidence_of
from pages.widgets.page_links import page_link
from pages.widgets.session import Backend
from pages.widgets.text import ago, as_text, shortened

FEED = "research"
LONGEST_QUOTE = 400


def draw_lineage(shared: Backend, enhancement_id: int) -> None:
    """Draw the findings behind an enhancement, each with its words and a way to it; nothing where there are none.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        found = evidence_of(session, enhancement_id)
    if not found:
        return
    with st.container(gap="small", key="lineage"):
        _draw_group("Made from", [one for one in found if one.origin])
        _draw_group("Evidence", [one for one in found if not one.origin])


def _draw_group(title: str, found: Sequence[EvidenceOf]) -> None:
    if not found:
        return
    st.markdown(f"###### {title}")
    for one in found:
        with st.container(border=True, gap="xxsmall", key=f"evidence-{one.finding_id}"):
            name = as_text(shortened(one.title, 120))
            page_link(FEED, name, focus=str(one.finding_id))
            st.caption(as_text(facts_of(one)))
            if one.quote:
                st.markdown(f"> {as_text(shortened(one.quote, LONGEST_QUOTE))}")
            if (address := web_address(one.url)) is not None:
                st.link_button("Open the source", address, type="tertiary", icon=":material/open_in_new:")


def facts_of(one: EvidenceOf) -> str:
    """Where a finding came from, how relevant it is, and who put it here."""
    relevance = "" if one.relevance_score is None else f" · relevance {one.relevance_score:.0f}"
    return f"{one.source_name}{relevance} · added by {one.added_by} {ago(one.added_at)}"
