"""From a finding to an enhancement: what it would say, what it could be attached to instead, and the text of both.

A finding's words are strangers' words: in the description of an enhancement they are plain text, whoever renders it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.backlog.listing import read_enhancements
from ci_core.backlog.plain_words import one_line, plain_markdown
from ci_core.backlog.proposal import LEAST_SHARED, MOST_LOOKED_AT, Candidate
from ci_core.backlog.queries import ENHANCEMENTS, STORED
from ci_core.backlog.similar import similar_to_vector
from ci_core.backlog.triage_queries import with_shared_words, words_of
from ci_core.backlog.validation import TAG_MAX, TITLE_MAX, URL_MAX
from ci_core.backlog.values import Enhancement, NewEnhancement
from ci_core.research import finding_queries
from ci_core.research.finding_history import site_name
from ci_core.research.findings import FindingDetail
from db.enums import Category, Complexity, Priority, Source

MOST_CANDIDATES = 5
MOST_TAGS = 8
SOURCES = {"github": Source.GITHUB, "reddit": Source.REDDIT, "arxiv": Source.ACADEMIC_PAPER}
# The first that fits names the category; what fits none is something new.
CATEGORIES: tuple[tuple[Category, str], ...] = (
    (Category.SECURITY, r"security|vulnerabilit\w+|cve-\d+|exploits?|credentials?|encrypt\w+"),
    (Category.BUG_FIX, r"bugs?|crash\w*|regressions?|fix(es|ed)?|wrong(ly)?|broken"),
    (
        Category.PERFORMANCE,
        r"performance|latency|faster|speed(up|s)?|throughput|memory|cach(e|ing)|profil\w+|benchmarks?",
    ),
    (Category.TESTING, r"unit tests?|testing|pytest|coverage|fuzz\w*|property[- ]based"),
    (Category.REFACTORING, r"refactor\w*|clean[- ]?up|technical debt|rewrit\w+"),
    (Category.DOCUMENTATION, r"documentation|docs|tutorials?"),
)


@dataclass(frozen=True, slots=True)
class ConversionForm:
    """What an enhancement made from a finding says; a person may change all of it before it is made."""

    title: str
    description: str
    category: Category | str
    priority: Priority | str
    complexity: Complexity | str | None = None
    feature_area: str | None = None
    tags: tuple[str, ...] = ()


def proposed_form(detail: FindingDetail) -> ConversionForm:
    """What an enhancement made from this finding would say.

    The category follows the words of its title and summary, the priority its relevance, the complexity how hard it
    looks; what is not known stays open.
    """
    found = detail.finding
    words = f"{found.source_title}\n{found.summary or ''}".lower()
    category = next((kind for kind, fits in CATEGORIES if re.search(rf"\b({fits})\b", words)), Category.NEW_FEATURE)
    return ConversionForm(
        title=one_line(found.source_title, TITLE_MAX) or f"Finding {found.id} from {site_name(found.source_type)}",
        description=description_of(detail),
        category=category,
        priority=_priority(found.relevance_score),
        complexity=_complexity(found.implementation_difficulty),
        tags=_tags((*detail.technologies, *detail.keywords)),
    )


def enhancement_from_form(detail: FindingDetail, form: ConversionForm) -> NewEnhancement:
    """The enhancement to create; where it comes from follows the finding and not the form."""
    found = detail.finding
    return NewEnhancement(
        title=form.title,
        description=form.description,
        feature_area=form.feature_area,
        category=form.category,
        priority=form.priority,
        complexity=form.complexity,
        source=SOURCES.get(found.source_type, Source.AI_RESEARCH),
        source_url=web_address(found.source_url),
        tags=form.tags,
    )


def description_of(detail: FindingDetail) -> str:
    """Markdown that says what was found and where: the summary, the quotation, the link, and why it was scored so."""
    found = detail.finding
    parts = []
    if found.summary:
        parts.append(plain_markdown(found.summary))
    if detail.quote and detail.quote != found.summary:
        parts.append(f"> {plain_markdown(detail.quote)}")
    parts.append(_origin(detail))
    if found.reason:
        score = "" if found.relevance_score is None else f" (relevance {found.relevance_score:.0f})"
        parts.append(f"Why it was found{score}: {plain_markdown(found.reason)}")
    return "\n\n".join(parts)


def web_address(url: str) -> str | None:
    """The address where a browser may follow it: http or https with a host; otherwise None."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    address = url.strip()
    safe = usable and len(address) <= URL_MAX and not any(c.isspace() or not c.isprintable() for c in address)
    return address if safe else None


def attach_candidates(session: Session, detail: FindingDetail, limit: int = MOST_CANDIDATES) -> tuple[Candidate, ...]:
    """Open enhancements that this finding may speak for, most alike first.

    By meaning where both have a vector of the same model, else by the words that both titles share.
    """
    found = detail.finding
    vector = finding_queries.vector_of(session, found.id)
    near = similar_to_vector(session, *vector, limit=3 * limit) if vector else ()
    alike = {one.enhancement.id: (one.enhancement, one.similarity, True) for one in near if _is_open(one.enhancement)}
    if len(alike) < limit:
        ids = with_shared_words(session, found.source_title, without=0, most=MOST_LOOKED_AT)
        others = select(*STORED).where(ENHANCEMENTS.c.id.in_([item for item in ids if item not in alike]))
        alike |= {one.id: (one, 0.0, False) for one in read_enhancements(session, others) if _is_open(one)}
    # No enhancement has the number 0: under it stand the words of the finding itself.
    words = words_of(session, {0: found.source_title, **{item: one.title for item, (one, _, _) in alike.items()}})
    candidates = [_candidate(one, likeness, meant, words) for one, likeness, meant in alike.values()]
    chosen = [one for one in candidates if one.by_meaning or one.likeness >= LEAST_SHARED]
    return tuple(sorted(chosen, key=lambda one: (-one.likeness, one.enhancement.id))[:limit])


def _candidate(
    enhancement: Enhancement, likeness: float, by_meaning: bool, words: Mapping[int, Mapping[str, str]]
) -> Candidate:
    own, theirs = words[0], words[enhancement.id]
    shared = tuple(word for lexeme, word in own.items() if lexeme in theirs)
    overlap = 2 * len(shared) / (len(own) + len(theirs)) if own and theirs else 0.0
    return Candidate(enhancement, likeness if by_meaning else overlap, by_meaning, shared, same_area=False)


def _is_open(enhancement: Enhancement) -> bool:
    return enhancement.status in OPEN_STATUSES and enhancement.merged_into_id is None


def _origin(detail: FindingDetail) -> str:
    found = detail.finding
    title, address = plain_markdown(found.source_title) or f"finding {found.id}", web_address(found.source_url)
    named = f"[{title}](<{quote(address, safe='%/:=&?~#+!$,;@()*[]')}>)" if address else title
    place = site_name(found.source_type)
    if found.source_name not in (found.source_type, place):
        place = f"{place} ({plain_markdown(found.source_name)})"
    author = f", by {plain_markdown(found.author)}" if found.author else ""
    day = f", {found.published_at.day} {found.published_at:%b %Y}" if found.published_at else ""
    also = sorted({site_name(one.source_type) for one in found.also_seen_on} - {site_name(found.source_type)})
    seen = f". Also seen on {', '.join(also)}" if also else ""
    return f"From {place}: {named}{author}{day}{seen}."


def _priority(relevance: float | None) -> Priority:
    if relevance is None:
        return Priority.MEDIUM
    return Priority.HIGH if relevance >= 85 else Priority.MEDIUM if relevance >= 60 else Priority.LOW


def _complexity(difficulty: float | None) -> Complexity | None:
    if difficulty is None:
        return None
    steps = ((80, Complexity.EPIC), (60, Complexity.COMPLEX), (40, Complexity.MODERATE), (20, Complexity.SIMPLE))
    return next((complexity for least, complexity in steps if difficulty >= least), Complexity.TRIVIAL)


def _tags(words: Sequence[str]) -> tuple[str, ...]:
    tags = (one_line(word).lower() for word in words)
    return tuple(dict.fromkeys(tag for tag in tags if 0 < len(tag) <= TAG_MAX))[:MOST_TAGS]
