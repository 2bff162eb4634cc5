"""Where an enhancement came from, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ci_core.research.evidence import EvidenceOf
from pages.widgets.lineage import facts_of

ONE = EvidenceOf(
    finding_id=7,
    title="Roll earlier",
    source_name="r/options",
    source_type="reddit",
    url="https://reddit.example/7",
    origin=True,
    quote=None,
    status="converted_to_enhancement",
    relevance_score=82.4,
    reason=None,
    added_by="ana",
    added_at=datetime.now(UTC) - timedelta(hours=2, minutes=1),
)


def test_where_it_came_from_and_who_put_it_there() -> None:
    assert facts_of(ONE) == "r/options · relevance 82 · added by ana 2 h ago"
    assert facts_of(replace(ONE, relevance_score=None)) == "r/options · added by ana 2 h ago"
