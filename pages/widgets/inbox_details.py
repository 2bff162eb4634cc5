"""What the inbox shows of one proposal, as the browser receives it."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ci_core.backlog.history import Told
from ci_core.backlog.proposal import Candidate, Proposal, proposals
from pages.widgets.inbox.tree import markdown_tree
from pages.widgets.inbox_shelf import DetailShelf, Wire
from pages.widgets.session import Backend, backend
from pages.widgets.text import ago, label

MOST_REASONS = 4


@st.cache_resource(show_spinner=False)
def _shelf() -> DetailShelf:
    shared = backend()

    def make(enhancement_id: int) -> Wire | None:
        with shared.database.reading() as session:
            found = proposals(session, [enhancement_id]).get(enhancement_id)
        return None if found is None else detail(found)

    shelf = DetailShelf(make)
    atexit.register(shelf.close)
    return shelf


def details(shared: Backend, ids: Sequence[int], *, wait: bool) -> list[Wire]:
    """What is there already of what is known of these enhancements; with `wait` at least the first."""
    cards = {item: shared.store.card(item) for item in ids}
    return _shelf().take([(item, card.version if card else 0) for item, card in cards.items()], wait=wait)


def detail(proposal: Proposal) -> Wire:
    """One proposal as the browser reads it."""
    item = proposal.enhancement
    return {
        "id": item.id,
        "version": item.version,
        "title": item.title,
        "status": item.status.value,
        "description": markdown_tree(item.description),
        "facts": _facts(proposal),
        "tags": list(item.tags),
        "source_url": item.source_url,
        # The first line sums up; the others are the parts, which are told below.
        "summary": (item.ai_reasoning or "").partition("\n")[0],
        "reasons": _reasons(item.score_breakdown),
        "blocked_by": [
            {"id": one.id, "title": one.title, "status": label(one.status), "open": one.is_open}
            for one in proposal.blocked_by
        ],
        "candidates": [_candidate(one) for one in proposal.candidates],
        "history": [entry(one) for one in proposal.history],
    }


def _facts(proposal: Proposal) -> list[list[str]]:
    item = proposal.enhancement
    told = {
        "Category": label(item.category),
        "Area": item.feature_area,
        "Complexity": label(item.complexity) if item.complexity else None,
        "Estimate": f"{item.estimated_hours:g} h" if item.estimated_hours is not None else None,
        "Source": label(item.source),
        "Added": f"{ago(item.created_at)} by {item.created_by}",
    }
    return [[name, value] for name, value in told.items() if value]


def _reasons(breakdown: Any) -> list[list[Any]]:
    """The strongest parts of the score: name, points and what the scorer said."""
    parts = [part for part in breakdown if isinstance(part, Mapping)] if isinstance(breakdown, list) else []
    parts.sort(key=lambda part: -float(part.get("points", 0)))
    return [
        [
            label(str(part.get("component", ""))),
            round(float(part.get("points", 0)), 1),
            "; ".join(str(reason) for reason in part.get("reasons") or ()),
        ]
        for part in parts[:MOST_REASONS]
    ]


def _candidate(one: Candidate) -> Wire:
    why = [f"{one.likeness:.0%} alike" + ("" if one.by_meaning else " by the words of the title")]
    if one.shared_words:
        why.append(f"both say {', '.join(one.shared_words[:6])}")
    if one.same_area:
        why.append("same area")
    other = one.enhancement
    return {"id": other.id, "title": other.title, "status": label(other.status), "why": " · ".join(why)}


def entry(told: Told) -> list[str]:
    """One change as a line of the history: who, what, and how long ago."""
    said = f"{told.summary} ({told.reason})" if told.reason else told.summary
    return [told.actor, said, ago(told.occurred_at)]
