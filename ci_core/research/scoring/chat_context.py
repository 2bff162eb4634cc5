"""What a chat model is told about the team, and how the team has answered what the model scored before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.llm import Fetched
from ci_core.research.scoring.anchoring import Anchor, anchor_of
from ci_core.research.values import NormalItem
from db.enums import InterestKind

MOST_TITLES = 12
MOST_WISHES = 60
TITLE_CHARACTERS = 140
TEXT_CHARACTERS = 6_000
# Older decisions say little about what the team wants today.
MOST_DECISIONS = 2_000
NOTHING_SAID = "It has not said so yet; judge by what such a platform needs."

PEOPLE = "coalesce(f.decided_by, '') NOT LIKE 'agent:%'"
ACCEPTED = f"(f.status = 'converted_to_enhancement' OR f.enhancement_id IS NOT NULL) AND {PEOPLE}"
REFUSED = f"f.status = 'rejected' AND f.decided_by IS NOT NULL AND {PEOPLE}"
INTERESTS = text("""
    SELECT kind, wording FROM ci_research_interests WHERE enabled AND weight > 0
    ORDER BY weight DESC, id LIMIT :most
""")
TITLES = text(f"""
    (SELECT 'taken up' AS said, f.source_title AS title, NULL AS reason FROM ci_research_findings f
        WHERE {ACCEPTED} ORDER BY f.decided_at DESC NULLS LAST, f.id DESC LIMIT :most)
    UNION ALL
    (SELECT 'turned down', f.source_title, f.decision_reason FROM ci_research_findings f
        WHERE {REFUSED} ORDER BY f.decided_at DESC, f.id DESC LIMIT :most)
    UNION ALL
    (SELECT 'on the list', e.title, NULL FROM ci_enhancements e
        WHERE e.status IN ('proposed', 'approved', 'in_progress', 'blocked')
        ORDER BY e.ai_priority_score DESC NULLS LAST, e.id DESC LIMIT :most)
""")  # noqa: S608 - constants of this module
DECIDED = text(f"""
    SELECT CAST(f.score_details #>> '{{chat,raw,relevance}}' AS double precision) AS score, ({ACCEPTED}) AS accepted
    FROM ci_research_findings f
    WHERE f.score_details @> jsonb_build_object('chat', jsonb_build_object(
            'model', CAST(:model AS text), 'prompt', CAST(:prompt AS text)))
        AND NOT f.score_details ? 'speaks_to_a_model'
        AND jsonb_typeof(f.score_details #> '{{chat,raw,relevance}}') = 'number'
        AND ({ACCEPTED} OR {REFUSED})
    ORDER BY f.decided_at DESC NULLS LAST LIMIT :most
""")  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Team:
    """What a model is told: `interests` in the words of the team; `history` has titles that strangers wrote."""

    interests: str
    history: Fetched


def team_of(session: Session) -> Team:
    """The team's interests, what it took up and turned down, and what is on its list."""
    wishes = session.execute(INTERESTS, {"most": MOST_WISHES}).all()
    lines = [f"- {row.wording}" for row in wishes if row.kind == InterestKind.INTEREST]
    for kind, heading in ((InterestKind.KEYWORD, "Words that count"), (InterestKind.UNWANTED, "Not wanted")):
        if words := [row.wording for row in wishes if row.kind == kind]:
            lines.append(f"{heading}: {'; '.join(words)}")
    titles = [_title(row.said, row.title, row.reason) for row in session.execute(TITLES, {"most": MOST_TITLES})]
    return Team("\n".join(lines) or NOTHING_SAID, Fetched("\n".join(titles) or "Nothing yet."))


def anchor_for(session: Session, model: str, prompt: str) -> Anchor:
    """How the scores of this model with this version of the prompt are read."""
    rows = session.execute(DECIDED, {"model": model, "prompt": prompt, "most": MOST_DECISIONS})
    return anchor_of([(row.score, row.accepted) for row in rows])


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
