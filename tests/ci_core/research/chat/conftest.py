"""Findings scored by chat models at a stand-in server, with a scorer behind them whose scores are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from ci_core.llm import Resting
from ci_core.research.scoring.chat import chat_scorer
from ci_core.research.values import Item, NormalItem, Score, Vector
from ci_core.settings import Settings
from db.engine import Database
from tests.ci_core.llm.conftest import (  # noqa: F401 - fixtures
    _ledger,
    chat_server,
    chat_site,
    database,
    no_settings,
    resting,
    settings_for,
)

ScoreThem = Callable[..., list[Score]]


@dataclass
class Behind:
    """A scorer on this machine that gives what it is told; `relevance` is 0–100 or None."""

    relevance: float | None = 40.0
    name: str = "local test"
    asked: list[int] = field(default_factory=list)

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        """The same for each."""
        self.asked.append(len(items))
        return [
            Score(self.relevance, 30.0, 20.0, 10.0, "Near to an interest.", item.title, ("own",), (), self.name)
            for item in items
        ]


def item(title: str, text: str = "", number: int = 1, **engagement: int) -> NormalItem:
    """An item in the form in which it is scored."""
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    source = Item("reddit", str(number), f"https://example.org/{number}", title, text, published_at=moment)
    source = Item(**{**{name: getattr(source, name) for name in source.__slots__}, "engagement": engagement})
    return NormalItem(source, title, text, source.url, (), "en", f"t{number}", f"c{number}")


@pytest.fixture
def behind() -> Behind:
    """The scorer that counts where no model answers."""
    return Behind()


@pytest.fixture
def score(database: Database, behind: Behind, resting: Resting) -> ScoreThem:  # noqa: F811
    """Scores items with these settings."""

    def call(settings: Settings, *items: NormalItem, run_id: int | None = None) -> list[Score]:
        scorer = chat_scorer(database, settings, behind, run_id, resting=resting)
        return scorer.score(items, [np.zeros(384, dtype=np.float32)] * len(items))

    return call
