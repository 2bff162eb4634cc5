"""The SQL of scoring: what the team wants, what it answered, and what was found before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from ci_core.backlog.lifecycle import OPEN_STATUSES
from db.enums import FindingStatus
from db.tables import Enhancement, EnhancementEmbedding, Exposure, FindingEmbedding, Interest, LearnedModel
from db.tables import ResearchFinding as Finding

RELEVANCE = "relevance"
READ_CHARACTERS = 2_000
# One who was shown a finding has a day to answer before silence counts.
SILENCE = timedelta(days=1)

BY_AGENT = func.coalesce(Finding.decided_by, "").startswith("agent:")
ACCEPTED = and_(
    or_(Finding.status == FindingStatus.CONVERTED_TO_ENHANCEMENT, Finding.enhancement_id.is_not(None)), not_(BY_AGENT)
)
# Written as in the index of these, which the planner otherwise would not see fit to use.
BY_PERSON = literal_column(
    "(ci_research_findings.decided_by IS NOT NULL AND ci_research_findings.decided_by NOT LIKE 'agent:%')", Boolean
)
REFUSED = and_(Finding.status == FindingStatus.REJECTED, BY_PERSON)


def enabled_interests(session: Session) -> list[tuple[str, str, float]]:
    """Kind, wording and weight of each interest that counts, the oldest first."""
    query = select(Interest.kind, Interest.wording, Interest.weight)
    rows = session.execute(query.where(Interest.enabled, Interest.weight > 0).order_by(Interest.id))
    return [(row.kind, row.wording, float(row.weight)) for row in rows]


def open_ideas(session: Session, model: str, *, limit: int) -> list[tuple[int, str, Any]]:
    """Id, title and vector of the newest open enhancements, as far as `model` has made the vector."""
    query = (
        select(Enhancement.id, Enhancement.title, EnhancementEmbedding.embedding)
        .join(EnhancementEmbedding, EnhancementEmbedding.enhancement_id == Enhancement.id)
        .where(
            Enhancement.status.in_(sorted(OPEN_STATUSES)),
            EnhancementEmbedding.model == model,
            EnhancementEmbedding.embedding.is_not(None),
        )
        .order_by(Enhancement.id.desc())
        .limit(limit)
    )
    return [tuple(row) for row in session.execute(query)]


def answers(session: Session, model: str, now: datetime, *, limit: int) -> list[Row[Any]]:
    """What people answered, the newest first: id, title, text, embedding, accepted, silent.

    `silent` is a finding that somebody was shown more than a day ago and that nobody has decided. What nobody was
    shown is not among them, and neither is what the agent itself decided or what is snoozed.
    """
    asked = _asked(now, limit)
    shown = exists().where(Exposure.finding_id == Finding.id, Exposure.shown_at < now - SILENCE)
    waits = Finding.status.in_((FindingStatus.NEW, FindingStatus.ANALYZED))
    silent = and_(waits, Finding.snoozed_until.is_(None), shown)
    query = _texts(model, case((ACCEPTED, 1), else_=0).label("accepted"), silent.label("silent"))
    query = query.where(Finding.id.in_(asked), or_(ACCEPTED, REFUSED, silent))
    return list(session.execute(query.order_by(_moment().desc(), Finding.id.desc()).limit(limit)))


def accepted(session: Session, model: str, *, limit: int) -> list[Row[Any]]:
    """The newest findings that people accepted: id, title, text, embedding."""
    query = _texts(model).where(Finding.id.in_(_part_of_enhancements()), ACCEPTED)
    return list(session.execute(query.order_by(_moment().desc(), Finding.id.desc()).limit(limit)))


def answers_so_far(session: Session, now: datetime) -> list[object]:
    """What tells whether there are new answers: how many, how many were shown, and when the last was decided."""
    taken = select(func.count()).select_from(Finding).where(Finding.id.in_(_part_of_enhancements()))
    decided = select(func.count(), func.max(Finding.decided_at)).where(BY_PERSON)
    shown = select(func.count(Exposure.finding_id.distinct())).where(Exposure.shown_at < now - SILENCE)
    number, last = session.execute(decided).one()
    return [session.scalar(taken), number, session.scalar(shown), last and last.isoformat()]


def found_before(session: Session, model: str, since: datetime, *, limit: int) -> list[Row[Any]]:
    """The newest findings since a moment, for novelty: id, content_hash, title, embedding; duplicates are left out."""
    query = (
        select(Finding.id, Finding.content_hash, Finding.source_title.label("title"), FindingEmbedding.embedding)
        .join(FindingEmbedding, FindingEmbedding.finding_id == Finding.id)
        .where(
            FindingEmbedding.model == model,
            FindingEmbedding.appeared_at >= since,
            Finding.status != FindingStatus.DUPLICATE,
        )
        .order_by(FindingEmbedding.appeared_at.desc())
        .limit(limit)
    )
    return list(session.execute(query))


def newest_model(session: Session) -> LearnedModel | None:
    """What was learned last about relevance."""
    query = select(LearnedModel).where(LearnedModel.kind == RELEVANCE).order_by(LearnedModel.id.desc())
    return session.scalars(query.limit(1)).first()


def store_model(session: Session, parameters: dict[str, object], *, samples: int, now: datetime) -> None:
    """Keep what was learned; from now on it is in use."""
    values = {"kind": RELEVANCE, "trained_at": now, "samples": samples, "parameters": parameters}
    session.execute(insert(LearnedModel).values(values))


def _part_of_enhancements() -> Select[Any]:
    """Each by its own index: of a million findings few are."""
    linked = select(Finding.id).where(Finding.enhancement_id.is_not(None))
    converted = select(Finding.id).where(Finding.status == FindingStatus.CONVERTED_TO_ENHANCEMENT)
    return select(linked.union(converted).subquery().c.id)


def _asked(now: datetime, limit: int) -> Select[Any]:
    """Findings about which people may have said something, each kind by its own index."""
    decided = select(Finding.id).where(BY_PERSON).order_by(Finding.decided_at.desc()).limit(limit).subquery()
    shown = select(Exposure.finding_id).where(Exposure.shown_at < now - SILENCE)
    newest = shown.order_by(Exposure.shown_at.desc()).limit(2 * limit).subquery()
    everything = union(_part_of_enhancements(), select(decided.c.id), select(newest.c.finding_id)).subquery()
    return select(everything.c.id)


def _texts(model: str, *further: ColumnElement[Any]) -> Select[Any]:
    text = func.left(Finding.content, literal(READ_CHARACTERS)).label("text")
    columns = (Finding.id, Finding.source_title.label("title"), text, FindingEmbedding.embedding, *further)
    joined = select(*columns).join(FindingEmbedding, FindingEmbedding.finding_id == Finding.id)
    return joined.where(FindingEmbedding.model == model)


def _moment() -> ColumnElement[datetime]:
    return func.coalesce(Finding.decided_at, Finding.discovered_at)
