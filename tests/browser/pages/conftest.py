"""The shared app with something on every page of it."""

from __future__ import annotations

import pytest

from ci_core.backlog import add_comment, add_dependency
from ci_core.backlog.board import set_wip_limit
from db.enums import Status
from tests.browser.board.harness import ACTOR, OTHER, Backlog
from tests.ci_core.research.found import add_finding


@pytest.fixture
def talked_about(backlog: Backlog) -> int:
    """Puts work of every kind into the backlog; gives the id of an item with talk, links and a history."""
    running, waiting = backlog.add("Running", "Waiting", assignee=ACTOR, status="in_progress", estimated_hours=5)
    backlog.add("Proposed", "Proposed too", priority="critical")
    backlog.add("Done", status="completed")
    backlog.add("Rejected", status="rejected")
    backlog.as_other(add_dependency, waiting, running, "blocked_by")
    backlog.as_other(add_comment, running, "What about **this**?")
    with backlog.database.transaction("agent:research") as session:
        first = add_finding(session, "Found", relevance_score=90)
        add_finding(session, "Not sure", uncertain=True, relevance_score=50)
        add_finding(session, "Found again", status="duplicate", canonical_finding_id=first, duplicate_similarity=0.9)
    with backlog.database.transaction(OTHER) as session:
        set_wip_limit(session, Status.IN_PROGRESS, 1, actor=OTHER)
    return running
