"""The people that the backlog knows: whoever ever was an assignee, a follower, or did something."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

# Names of the log are found by jumping from one to the next in its index: there are few of them and many entries.
KNOWN = text("""
    WITH RECURSIVE actors (name) AS (
        (SELECT actor FROM ci_audit_log ORDER BY actor LIMIT 1)
        UNION ALL
        SELECT (SELECT a.actor FROM ci_audit_log a WHERE a.actor > actors.name ORDER BY a.actor LIMIT 1)
        FROM actors WHERE actors.name IS NOT NULL
    ), people (name, weight) AS (
        SELECT name, 2 FROM actors
        UNION ALL SELECT DISTINCT author, 2 FROM ci_comments
        UNION ALL SELECT DISTINCT person, 1 FROM ci_enhancement_followers
        UNION ALL SELECT DISTINCT assignee, 0 FROM ci_enhancements WHERE assignee IS NOT NULL
    )
    SELECT DISTINCT ON (lower(name)) name FROM people WHERE ci_is_person(name) ORDER BY lower(name), weight, name
""")


def known_people(session: Session) -> tuple[str, ...]:
    """The names of people in alphabetical order, each once however it was capitalised; no agents and no machines."""
    return tuple(session.scalars(KNOWN))
