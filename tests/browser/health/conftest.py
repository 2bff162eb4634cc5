"""A repository with a past in the shared app, each test's own, and gone afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from db.engine import Database
from tests.browser.board.harness import AppPage, OpenPage
from tests.browser.pages.settled import settled
from tests.ci_core.health.seeds import Seeded, seed_platform


@dataclass(frozen=True, slots=True)
class Checked:
    """A repository that was checked, and the way to what is stored of it."""

    database: Database
    seeded: Seeded

    def one(self, statement: str, **values: Any) -> Any:
        """The first column of the first row."""
        with self.database.transaction("agent:tests") as session:
            return session.execute(text(statement), values).scalar()

    def status(self, issue_id: int) -> str:
        """Where an issue stands."""
        return str(self.one("SELECT status FROM ci_health_issues WHERE id = :id", id=issue_id))


@pytest.fixture
def checked(app_database: Database) -> Iterator[Checked]:
    with app_database.transaction("agent:health") as session:
        name = f"team/{uuid.uuid4().hex[:8]}"
        seeded = seed_platform(session, datetime.now(UTC), weeks=3, issues=80, files=20, name=name)
    yield Checked(app_database, seeded)
    with app_database.transaction("agent:tests") as session:
        session.execute(text("DELETE FROM ci_health_repositories WHERE id = :id"), {"id": seeded.repository_id})


@pytest.fixture
def open_health(open_page: OpenPage, checked: Checked) -> Callable[..., AppPage]:
    """Opens the page at the repository with this address, and waits until it is drawn."""

    def open_one(scheme: str = "light", size: tuple[int, int] = (1280, 720), **query: object) -> AppPage:
        page = open_page(scheme=scheme, size=size)
        page.visit("health", repo=checked.seeded.repository_id, **query)
        return settled(page)

    return open_one
