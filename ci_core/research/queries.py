"""The SQL of the research package."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from ci_core.backlog.text_query import Term, TextQuery
from db.enums import FindingStatus
from db.tables import ResearchFinding

# There is no index over their texts: so many are read at most, about 0.1 s. The newest, because research ages.
MOST_READ = 5_000


def findings_with_words(session: Session, text: TextQuery, *, limit: int) -> list[Row[Any]]:
    """The findings that have the words in title, summary or content, those with them in the title first.

    Words are compared as they are written, without their stems; duplicates are left out, because the finding that they
    repeat is there. Looks at the newest `MOST_READ`. Each row has id, source_title, source_url, source_type, status,
    relevance_score, enhancement_id, and in `total` how many were found in all.
    """
    if not text.alternatives:
        return []
    finding = ResearchFinding
    newest = (
        select(finding)
        .where(finding.status != FindingStatus.DUPLICATE)
        .order_by(finding.id.desc())
        .limit(MOST_READ)
        .subquery()
    )
    everywhere = (newest.c.source_title, newest.c.summary, newest.c.content)
    found = or_(*(and_(*(_occurs(term, *everywhere) for term in terms)) for terms in text.alternatives))
    unwanted = [~_occurs(term, *everywhere) for term in text.excluded]
    titled = or_(*(and_(*(_occurs(term, newest.c.source_title) for term in terms)) for terms in text.alternatives))
    query = (
        select(
            newest.c.id,
            newest.c.source_title,
            newest.c.source_url,
            newest.c.source_type,
            newest.c.status,
            newest.c.relevance_score,
            newest.c.enhancement_id,
            func.count().over().label("total"),
        )
        .where(found, *unwanted)
        .order_by(case((titled, 0), else_=1), newest.c.relevance_score.desc().nulls_last(), newest.c.id.desc())
        .limit(limit)
    )
    return list(session.execute(query))


def _occurs(term: Term, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    # Words are letters and digits alone; whatever single character joins them, "_" stands for it.
    pattern = literal(f"%{'_'.join(term.words)}%")
    return or_(*(func.coalesce(column, "").ilike(pattern) for column in columns))
