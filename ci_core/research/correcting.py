"""What is measured of two findings when a person says what they are to each other, so that the decision can learn."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from ci_core.research import finding_queries, window_queries
from ci_core.research.duplicates import DEFAULT_DAYS, Window

# Enough to tell common words from rare ones, and few enough to wait for.
CONTEXT = 300


def measured_of(session: Session, one: int, other: int) -> dict[str, float]:
    """What the decision about duplicates measures of two findings, by name.

    What was found shortly before the later one says which words are common, as when it was decided.

    Returns:
        Nothing while one of the two has no vector, or they are of different models: then there is nothing to learn.
    """
    vector = finding_queries.vector_of(session, one)
    if vector is None:
        return {}
    _, model = vector
    pair = window_queries.of_ids(session, model, [one, other])
    if len(pair) < 2:
        return {}
    earlier, later = sorted(pair, key=lambda found: (found.appeared_at, found.id))
    window = Window()
    since = later.appeared_at - timedelta(days=DEFAULT_DAYS)
    around = window_queries.newest_of_span(session, model, since=since, until=later.appeared_at, limit=CONTEXT)
    for found in (earlier, *around):
        if found.id != later.id and (found is earlier or found.id != earlier.id):
            window.add(found.id, found.item, found.vector, found.appeared_at)
    days = (later.appeared_at - earlier.appeared_at) / timedelta(days=1)
    return dict(window.measured_pair(later.item, later.vector, earlier.item, days).measured)
