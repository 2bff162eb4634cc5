"""The health issues behind an enhancement: what a check found, how much of it is left, and a way to each."""

from __future__ import annotations

import streamlit as st

from ci_core.health.proposals import Behind, IssueBehind, behind
from db.enums import IssueStatus
from pages.widgets.health.words import SEVERITY_MARKS, STATUS_WORDS
from pages.widgets.page_links import page_link
from pages.widgets.session import Backend
from pages.widgets.text import as_text, label, shortened

HEALTH = "health"
MOST_SHOWN = 20
LONGEST_PLACE = 120


def draw_issues_behind(shared: Backend, enhancement_id: int) -> None:
    """Draw the issues behind an enhancement, what is left first; nothing where there are none.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with shared.database.reading() as session:
        found = behind(session, enhancement_id, limit=MOST_SHOWN)
    if not found.total:
        return
    # Only where there is something to link to: it knows how checks are entered, which takes a while to load.
    from pages.widgets.health.acts import ISSUE, ISSUES, PART
    from pages.widgets.health.source import REPOSITORY

    with st.container(gap="small", key="issues-behind"):
        st.markdown("###### Health issues behind it")
        st.caption(as_text(left_in_words(found)))
        if found.active and found.active != found.total:
            st.progress(1 - found.active / found.total)
        for one in found.issues:
            with st.container(border=True, gap="xxsmall", key=f"issue-behind-{one.id}"):
                where = {PART: ISSUES, REPOSITORY: str(one.repository_id), ISSUE: str(one.id)}
                page_link(HEALTH, name_of(one), **where)
                st.caption(as_text(facts_of(one)))
        if found.total > len(found.issues):
            st.caption(f"and {found.total - len(found.issues):,} more")


def left_in_words(found: Behind) -> str:
    """How many there are, how many of them are left, and what became of the others."""
    gone = found.total - found.active
    number = f"{found.total:,} issue" + ("" if found.total == 1 else "s")
    if not gone:
        return f"{number}, still to be repaired. When a check sees none of it any more, this closes by itself."
    dismissed = gone - found.fixed
    parts = [f"{found.fixed:,} fixed"] if found.fixed else []
    parts += [f"{dismissed:,} dismissed"] if dismissed else []
    left = f"{found.active:,} left" if found.active else "nothing left"
    return f"{number}: {', '.join(parts)}, {left}."


def name_of(one: IssueBehind) -> str:
    """Its severity and what it is, as markdown; what is settled is crossed out."""
    title = f"{SEVERITY_MARKS[one.severity]} {label(one.severity)} · {as_text(shortened(one.title, 120))}"
    settled = one.status in (IssueStatus.FIXED, IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE)
    return f"~~{title}~~" if settled else title


def facts_of(one: IssueBehind) -> str:
    """Where it is, in which repository, and where it stands."""
    place = shortened(one.place, LONGEST_PLACE)
    scope = f" in {shortened(one.scope, 80)}" if one.scope else ""
    parts = [f"{place}{scope}", one.repository, STATUS_WORDS[one.status]]
    if one.regressed:
        parts.append("came back after it was fixed")
    return " · ".join(part for part in parts if part)
