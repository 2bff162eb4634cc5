"""The SQL of the figures about research: counts by day, score and outcome, read by index and not row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# What became of a finding `f`. What an agent decided by itself says nothing about how good its score was.
OUTCOME = """
    CASE WHEN f.status = 'duplicate' THEN 'duplicate'
         WHEN f.status = 'converted_to_enhancement' THEN 'accepted'
         WHEN f.status = 'rejected' AND coalesce(f.decided_by, 'agent:') LIKE 'agent:%' THEN 'set_aside'
         WHEN f.status IN ('rejected', 'archived') THEN 'refused'
         ELSE 'waiting' END
"""
PEOPLE_DECIDED = """
    f.status IN ('converted_to_enhancement', 'rejected', 'archived') AND f.decided_by NOT LIKE 'agent:%'
"""
# Both counts in one pass over the findings, which costs half of two.
COUNTS = text(f"""
    SELECT day, source_type, tenth, outcome, count(*) AS found, GROUPING(day, source_type) = 0 AS is_day
    FROM (
        SELECT CAST(f.discovered_at AT TIME ZONE :zone AS date) AS day, f.source_type,
            CASE WHEN f.relevance_score IS NOT NULL
                THEN CAST(least(floor(f.relevance_score / 10), 9) AS integer) END AS tenth,
            {OUTCOME} AS outcome
        FROM ci_research_findings f WHERE f.discovered_at >= :since AND f.discovered_at < :until
    ) AS told
    GROUP BY GROUPING SETS ((day, source_type), (tenth, outcome))
    ORDER BY day, source_type
""")  # noqa: S608 - constants of this module
# How far those came that are neither duplicates nor set aside: few of all.
PROGRESS = text("""
    SELECT count(*) FILTER (WHERE f.decided_by NOT LIKE 'agent:%' OR EXISTS (
            SELECT 1 FROM ci_research_exposures x WHERE x.finding_id = f.id)) AS shown,
        count(*) FILTER (WHERE f.status = 'converted_to_enhancement' AND f.enhancement_id IN (
            SELECT e.id FROM ci_enhancements e WHERE e.status = 'completed')) AS completed
    FROM ci_research_findings f
    WHERE f.discovered_at >= :since AND f.discovered_at < :until AND f.status <> 'duplicate'
        AND (f.status <> 'rejected' OR f.decided_by NOT LIKE 'agent:%')
""")
DECISIONS_PER_WEEK = text(f"""
    SELECT CAST(date_trunc('week', f.decided_at AT TIME ZONE :zone) AS date) AS week,
        count(*) FILTER (WHERE f.status = 'converted_to_enhancement') AS accepted, count(*) AS decided
    FROM ci_research_findings f
    WHERE f.decided_by IS NOT NULL AND {PEOPLE_DECIDED} AND f.decided_at >= :since AND f.decided_at < :until
    GROUP BY 1 ORDER BY 1
""")  # noqa: S608 - constants of this module
SOURCES = text(f"""
    WITH counted AS (
        SELECT f.source_id, count(*) AS found,
            count(*) FILTER (WHERE f.status = 'duplicate') AS duplicates,
            count(*) FILTER (WHERE f.status = 'converted_to_enhancement') AS converted,
            count(*) FILTER (WHERE f.status IN ('new', 'analyzed')) AS waiting,
            count(*) FILTER (WHERE f.status = 'converted_to_enhancement' AND {PEOPLE_DECIDED}) AS accepted,
            count(*) FILTER (WHERE {PEOPLE_DECIDED}) AS decided
        FROM ci_research_findings f WHERE f.discovered_at >= :since AND f.source_id IS NOT NULL
        GROUP BY 1
    )
    SELECT s.id, s.source_type, s.source_name, s.source_url, s.search_queries, s.search_filters,
        s.scan_frequency_hours, s.enabled, s.max_results, s.max_requests_per_minute, s.last_scan_at, s.next_scan_at,
        s.last_success_at, s.last_status, s.last_error, s.retry_at, s.failures,
        t.circuit, t.last_error AS site_error, t.retry_at AS site_retry_at, t.quota_remaining, t.quota_resets_at,
        coalesce(c.found, 0) AS found, coalesce(c.duplicates, 0) AS duplicates, coalesce(c.waiting, 0) AS waiting,
        coalesce(c.converted, 0) AS converted, coalesce(c.accepted, 0) AS accepted, coalesce(c.decided, 0) AS decided
    FROM ci_research_sources s
    LEFT JOIN counted c ON c.source_id = s.id
    LEFT JOIN ci_research_sites t ON t.site = s.source_type
    ORDER BY s.enabled DESC, s.source_type, lower(s.source_name), s.id
""")  # noqa: S608 - constants of this module
EVIDENCE = text("""
    SELECT v.finding_id, v.origin, v.quote, v.created_by, v.created_at, f.source_title, f.source_type, f.source_url,
        coalesce(s.source_name, f.source_type) AS source_name, f.status, f.relevance_score, f.score_reasoning
    FROM ci_enhancement_evidence v
    JOIN ci_research_findings f ON f.id = v.finding_id
    LEFT JOIN ci_research_sources s ON s.id = f.source_id
    WHERE v.enhancement_id = :id
    ORDER BY v.origin DESC, v.created_at, v.id LIMIT :most
""")
RECENT_MATCHES = text("""
    SELECT lower(told.wording) AS wording, count(*) AS found
    FROM ci_research_findings f, LATERAL (
        SELECT f.score_details ->> 'interest' AS wording
        UNION
        SELECT jsonb_array_elements_text(f.score_details -> 'words')
            WHERE jsonb_typeof(f.score_details -> 'words') = 'array'
    ) AS told
    WHERE f.discovered_at >= :since AND f.status <> 'duplicate' AND told.wording IS NOT NULL
    GROUP BY 1
""")


NEWEST_CHANGE = text("SELECT coalesce(max(id), 0) FROM ci_audit_log")


def newest_change(session: Session) -> int:
    """A number that differs when findings or interests may have changed: figures of the same one are the same."""
    return int(session.execute(NEWEST_CHANGE).scalar_one())


def rows(session: Session, query: Any, **values: Any) -> Sequence[Any]:
    """The rows of one of the queries above."""
    return session.execute(query, values).all()


def moments(since: datetime, until: datetime) -> dict[str, datetime]:
    """The bounds of a period: from the first to before the second."""
    return {"since": since, "until": until}
