"""Parts of the research agent that do as a test says: an encoder of words, a scorer, a comparison."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import CiError
from ci_core.research.intake import Intake
from ci_core.research.outcome import Rules
from ci_core.research.values import Comparison, Item, Match, NormalItem, Score, Vector
from ci_core.research.window import SharedWindow
from db.engine import Database
from db.enums import Verdict

NOW = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)
SAME_FROM, RELATED_FROM = 0.95, 0.5


class Words:
    """An encoder: texts are near when they share words."""

    dimensions = 384

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.texts.extend(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, words in enumerate(texts):
            for word in words.lower().split() or ["nothing"]:
                vectors[row, zlib.crc32(word.encode()) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Near:
    """A comparison by cosine and address alone."""

    def __init__(self, session: Session, days: int) -> None:
        self.days = timedelta(days=days)
        self.held: dict[int, tuple[NormalItem, Vector, datetime]] = {}

    def add(self, finding_id: int, item: NormalItem, vector: Vector, appeared_at: datetime) -> None:
        assert finding_id not in self.held
        self.held[finding_id] = (item, vector, appeared_at)

    def compare(self, item: NormalItem, vector: Vector, at: datetime) -> Comparison:
        near: list[Match] = []
        for own, (other, other_vector, appeared_at) in self.held.items():
            if (item.item.source_type, item.item.external_id) == (other.item.source_type, other.item.external_id):
                continue
            if item.canonical_url is not None and item.canonical_url == other.canonical_url:
                return Comparison(Verdict.DUPLICATE, Match(own, 1.0, 1.0, "the same address"))
            if abs(at - appeared_at) <= self.days:
                near.append(Match(own, float(vector @ other_vector), 0.5, "words in common"))
        best = max(near, key=lambda match: match.similarity, default=None)
        if best and best.similarity >= SAME_FROM:
            return Comparison(Verdict.DUPLICATE, best)
        related = tuple(match for match in near if match.similarity >= RELATED_FROM)
        return Comparison(Verdict.RELATED if related else Verdict.DIFFERENT, None, related)


@dataclass
class Marks:
    """A scorer: an item is as relevant as its title says ("[80] …"), 70 where it says nothing."""

    fails: bool = False
    scored: list[str] = field(default_factory=list)
    name: str = "marks 1"

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        if self.fails:
            raise CiError("the model is away")
        self.scored.extend(item.title for item in items)
        return [self._one(item) for item in items]

    def _one(self, item: NormalItem) -> Score:
        mark = item.title.partition("]")[0].removeprefix("[")
        relevance = float(mark) if mark.isdecimal() else 70.0
        return Score(
            relevance=None if mark == "?" else relevance,
            novelty=50.0,
            applicability=None,
            difficulty=30.0,
            reason="It speaks of rolling.",
            summary=item.title,
            keywords=("roll",),
            technologies=("python",),
            scored_by=self.name,
            details={"nearest": "rolling short puts"},
        )


def an_item(number: int | str, title: str, **fields: Any) -> Item:
    """An item of Reddit with this id, an hour old."""
    values: dict[str, Any] = {
        "source_type": "reddit",
        "external_id": f"t3_{number}",
        "url": f"https://www.reddit.com/r/options/comments/{number}/",
        "title": title,
        "published_at": NOW - timedelta(hours=1),
        "engagement": {"score": 1},
    }
    return Item(**{**values, **fields})


def an_intake(database: Database, **fields: Any) -> Intake:
    """What items are taken in with; every part is a stand-in unless given."""
    encoder = fields.get("encoder") or Words()
    values: dict[str, Any] = {
        "database": database,
        "encoder": encoder,
        "window": SharedWindow(encoder.name, make=Near),
        "scorer": Marks(),
        "clock": lambda: NOW,
        "rules": Rules(),
        "batch_size": 3,
    }
    return Intake(**{**values, **fields})


def findings(database: Database, columns: str = "*", where: str = "true") -> list[Mapping[str, Any]]:
    """The stored findings in the order of their ids."""
    with database.reading() as session:
        rows = session.execute(text(f"SELECT {columns} FROM ci_research_findings f WHERE {where} ORDER BY id"))
        return [dict(row) for row in rows.mappings()]


def as_person(database: Database, statement: str, **values: Any) -> None:
    """Carry out a statement as Tess."""
    with database.transaction("tess") as session:
        session.execute(text(statement), values)


def one(session: Session, query: str) -> Any:
    """The one value that a query gives."""
    return session.execute(text(query)).scalar_one()


Clock = Callable[[], datetime]
