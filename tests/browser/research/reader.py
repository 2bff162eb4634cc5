"""One person at the research feed, and the findings that the pipeline would have stored for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from ci_core.research.findings import FindingDetail, finding
from tests.browser.board.harness import OTHER, AppPage, Backlog
from tests.browser.inbox.desk import Desk
from tests.ci_core.research.found import add_finding


class Found:
    """Findings of one test: all from a site of its own, so that others' are not in the way."""

    def __init__(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.database = backlog.database
        self.site = f"site_{backlog.word}"

    def add(self, *titles: str, **fields: Any) -> list[int]:
        """Store findings, the first with the highest score; gives their ids."""
        with self.database.transaction("agent:research") as session:
            return [
                add_finding(session, title, **{"source_type": self.site, "relevance_score": 95 - place, **fields})
                for place, title in enumerate(titles)
            ]

    def read(self, item: int) -> FindingDetail:
        with self.database.reading() as session:
            return finding(session, item)

    def as_other(self, change: Callable[..., object], *arguments: Any, **named: Any) -> None:
        """Run a function of the library as another person."""
        self.backlog.as_other(change, *arguments, **named)

    def state(self) -> list[object]:
        """Every column of these findings but those that count."""
        query = text(
            "SELECT to_jsonb(f) - '{version,updated_at,search_vector}'::text[] FROM ci_research_findings f "
            "WHERE source_type = :site ORDER BY id"
        )
        with self.database.reading() as session:
            return list(session.scalars(query, {"site": self.site}))

    def shown_to(self, person: str) -> set[int]:
        """The findings of this test that a person was shown."""
        query = text(
            "SELECT x.finding_id FROM ci_research_exposures x JOIN ci_research_findings f ON f.id = x.finding_id "
            "WHERE x.person = :person AND f.source_type = :site"
        )
        with self.database.reading() as session:
            return set(session.scalars(query, {"person": person, "site": self.site}))


class Reader(Desk):
    """A feed in a browser."""

    def visit(self, **query: Any) -> Reader:
        """Open the feed and wait until its list is drawn."""
        self.app.visit("research", **query)
        self.page.wait_for_selector(".research[data-ready=true]", state="attached", timeout=40_000)
        return self

    @property
    def form(self) -> Any:
        return self.page.locator(".convert-form")

    @property
    def last(self) -> Any:
        return self.page.locator(".last-text")


__all__ = ["OTHER", "AppPage", "Found", "Reader"]
