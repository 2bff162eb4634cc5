"""What a chat model is told about the team, and how the team has answered what the model scored before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, not_, or_, select
from sqlalchemy.orm import Session

from ci_core.backlog.lifecycle import OPEN_STATUSES
from ci_core.llm import Fetched
from ci_core.research.scoring.anchoring import Anchor, anchor_of
from ci_core.research.scoring.queries import ACCEPTED, BY_PERSON, REFUSED, enabled_interests
from ci_core.research.values import NormalItem
from db import tables
from db.enums import InterestKind

MOST_TITLES = 12
MOST_WISHES = 60
TITLE_CHARACTERS = 140
TEXT_CHARACTERS = 6_000
# Older decisions say little about what the team wants today.
MOST_DECISIONS = 2_000
NOTHING_SAID = "It has not said so yet; judge by what such a platform needs."

Finding, Idea = tables.ResearchFinding, tables.Enhancement


@dataclass(frozen=True, slots=True)
class Team:
    """What a model is told: `interests` in the words of the team; `history` has titles that strangers wrote."""

    interests: str
    history: Fetched


def team_of(session: Session) -> Team:
    """The team's interests, what it took up and turned down, and what is on its list."""
    wishes = enabled_interests(session)[:MOST_WISHES]
    lines = [f"- {wording}" for kind, wording, _ in wishes if kind == InterestKind.INTEREST]
    for kind, heading in ((InterestKind.KEYWORD, "Words that count"), (InterestKind.UNWANTED, "Not wanted")):
        if words := [wording for wished, wording, _ in wishes if wished == kind]:
            lines.append(f"{heading}: {'; '.join(words)}")
    return Team("\n".join(lines) or NOTHING_SAID, Fetched("\n".join(_titles(session)) or "Nothing yet."))


def anchor_for(session: Session, model: str, prompt: str) -> Anchor:
    """How the scores of this model with this version of the prompt are read.

    A score that a text may have won by speaking to the model teaches nothing.
    """
    raw = Finding.score_details[("chat", "raw", "relevance")]
    decided = (
        select(raw.as_float(), ACCEPTED)
        .where(
            Finding.score_details.contains({"chat": {"model": model, "prompt": prompt}}),
            not_(Finding.score_details.has_key("speaks_to_a_model")),
            func.jsonb_typeof(raw) == "number",
            or_(ACCEPTED, REFUSED),
            BY_PERSON,
        )
        .order_by(Finding.decided_at.desc())
    )
    return anchor_of([(score, bool(taken)) for score, taken in session.execute(decided.limit(MOST_DECISIONS))])


def _titles(session: Session) -> Iterator[str]:
    newest = Finding.decided_at.desc().nulls_last(), Finding.id.desc()
    for said, rule in (("taken up", ACCEPTED), ("turned down", REFUSED)):
        decided = select(Finding.source_title, Finding.decision_reason).where(rule).order_by(*newest)
        for title, reason in session.execute(decided.limit(MOST_TITLES)):
            yield _title(said, title, reason)
    ideas = select(Idea.title).where(Idea.status.in_(sorted(OPEN_STATUSES)))
    best = ideas.order_by(Idea.ai_priority_score.desc().nulls_last(), Idea.id.desc())
    for title in session.scalars(best.limit(MOST_TITLES)):
        yield _title("on the list", title, None)


def item_text(item: NormalItem) -> Fetched:
    """All that a model gets to read of an item."""
    source = item.item
    figures = ", ".join(f"{name} {count}" for name, count in sorted(source.engagement.items()))
    facts: Sequence[tuple[str, str]] = (
        ("site", source.source_type),
        ("title", item.title),
        ("published", f"{source.published_at:%Y-%m-%d}" if source.published_at else ""),
        ("figures", figures),
        ("about", ", ".join(item.identities[:5])),
    )
    head = "\n".join(f"{name}: {value}" for name, value in facts if value)
    return Fetched(f"{head}\n\n{item.text}".strip(), most=TEXT_CHARACTERS)


def _title(said: str, title: str, reason: str | None) -> str:
    line = " ".join(title.split())[:TITLE_CHARACTERS]
    return f"{said}: {line} ({' '.join(reason.split())[:TITLE_CHARACTERS]})" if reason else f"{said}: {line}"
