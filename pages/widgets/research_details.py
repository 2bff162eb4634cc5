"""What the reading view shows of one finding, as the browser receives it; all of it is plain text."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ci_core.backlog.proposal import Candidate
from ci_core.errors import NotFound
from ci_core.research.conversion import attach_candidates, proposed_form
from ci_core.research.finding_history import place_name, site_name
from ci_core.research.findings import FindingDetail, Lineage, NearFinding, finding
from pages.widgets.inbox_details import entry
from pages.widgets.inbox_shelf import DetailShelf, Wire
from pages.widgets.research_source import age
from pages.widgets.session import backend
from pages.widgets.text import ago, label, shortened

LONGEST_TEXT = 20_000
MOST_LISTED = 12
LONGEST_BECAUSE = 300
# What the scorers record, under the names that people read.
BECAUSE = {
    "interest": "Nearest interest",
    "words": "Words that mattered",
    "accepted_like_it": "Accepted before",
    "unwanted": "Near to what is unwanted",
    "novelty": "Novelty",
    "applicability": "Applicability",
    "difficulty": "Difficulty",
}


@st.cache_resource(show_spinner=False)
def shelf() -> DetailShelf:
    """Details of findings, made in the background, for all sessions of this process."""
    shared = backend()

    def make(finding_id: int) -> Wire | None:
        with shared.database.reading() as session:
            try:
                detail = finding(session, finding_id)
            except NotFound:
                return None
            return wire_detail(detail, attach_candidates(session, detail))

    made = DetailShelf(make)
    atexit.register(made.close)
    return made


def wire_detail(detail: FindingDetail, candidates: Sequence[Candidate]) -> Wire:
    """One finding as the browser reads it."""
    found = detail.finding
    form = proposed_form(detail)
    scores = (found.relevance_score, found.novelty_score, found.applicability_score, found.implementation_difficulty)
    return {
        "id": found.id,
        "version": found.version,
        "byline": age(found),
        "summary": found.summary or "",
        "quote": detail.quote or "",
        "text": detail.text[:LONGEST_TEXT] + ("…" if len(detail.text) > LONGEST_TEXT else ""),
        "measures": list(scores),
        "why": because(detail.details),
        "scored_by": found.scored_by or "",
        "facts": _facts(detail),
        "duplicate_of": _near(detail.duplicate_of) if detail.duplicate_of else None,
        "duplicates": [_near(one) for one in detail.duplicates[:MOST_LISTED]],
        "related": [_near(one) for one in detail.related[:MOST_LISTED]],
        "became": [_became(one) for one in detail.became],
        "candidates": [_candidate(one) for one in candidates],
        "history": [entry(one) for one in detail.history],
        "form": {
            "title": form.title,
            "description": form.description,
            "category": str(form.category),
            "priority": str(form.priority),
            "complexity": str(form.complexity) if form.complexity else None,
            "tags": list(form.tags),
        },
    }


def because(details: Mapping[str, Any]) -> list[list[str]]:
    """What the score was made of, in pairs of a name and words; what only a program reads is left out."""
    why = details.get("why")
    parts = {**details, **(why if isinstance(why, Mapping) else {})}
    told = ((name, _in_words(parts.get(key))) for key, name in BECAUSE.items())
    return [[name, shortened(words, LONGEST_BECAUSE)] for name, words in told if words]


def _in_words(value: Any) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Mapping):
        title = value.get("title") or value.get("wording") or value.get("text") or value.get("word")
        return _in_words(title) if isinstance(title, str) else ""
    if isinstance(value, list | tuple):
        return ", ".join(words for one in value if (words := _in_words(one)))
    return ""


def _facts(detail: FindingDetail) -> list[list[str]]:
    found = detail.finding
    told = {
        "Technologies": ", ".join(detail.technologies),
        "Keywords": ", ".join(detail.keywords),
        "Site": site_name(found.source_type),
        "Language": detail.language if detail.language not in (None, "en") else "",
        "Found": ago(found.discovered_at),
    }
    return [[name, value] for name, value in told.items() if value]


def _near(one: NearFinding) -> Wire:
    alike = "" if one.similarity is None else f"{one.similarity:.0%} alike"
    why = " · ".join(part for part in (place_name(one.source_name), alike, one.reason or "") if part)
    return {
        "id": one.id,
        "title": " ".join(one.title.split()) or f"Finding {one.id}",
        "url": one.source_url,
        "why": why,
    }


def _became(one: Lineage) -> Wire:
    state = label(one.status) + (f", {one.completion_percentage} % done" if one.completion_percentage else "")
    return {
        "id": one.enhancement_id,
        "title": one.title,
        "status": state,
        "why": "made from it" if one.origin else "as evidence",
    }


def _candidate(one: Candidate) -> Wire:
    why = [f"{one.likeness:.0%} alike" + ("" if one.by_meaning else " by the words of the title")]
    if one.shared_words:
        why.append(f"both say {', '.join(one.shared_words[:6])}")
    other = one.enhancement
    return {"id": other.id, "title": other.title, "status": label(other.status), "why": " · ".join(why)}
