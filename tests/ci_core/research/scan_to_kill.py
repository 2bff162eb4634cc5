"""A process that scans one source slowly, so that a test can kill it on its way: `python -m … ADDRESS`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from ci_core.research import scan_parts
from ci_core.research.scan import scan
from ci_core.research.scan_parts import Parts
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.research.values import NormalItem, Score, Vector
from ci_core.research.window import SharedWindow
from ci_core.settings import Settings
from db.engine import Database
from db.enums import SourceHealth
from tests.ci_core.research.standins import Marks, Near, Words, an_item

COUNT = 80
NEWEST = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Slow(Marks):
    """Takes a moment for each batch."""

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        time.sleep(0.3)
        return super().score(items, vectors)


def read(source: SourceConfig, since: datetime | None, limit: int) -> SourceReading:
    """The newest first, as sites give them; every fourth repeats the one before it in time."""
    items = []
    for n in range(COUNT):
        story = n - 1 if n % 4 == 3 else n
        words = f"story{story} about{story} this{story}"
        items.append(an_item(n, words, url=f"https://x.org/{n}", published_at=NEWEST - timedelta(minutes=n)))
    return SourceReading(tuple(items), SourceHealth.OK, newest_item_at=NEWEST)


def carry_out(database: Database, scorer: Marks) -> None:
    """Scan every source."""
    scan_parts.SharedWindow = partial(SharedWindow, make=Near)  # type: ignore[misc, assignment]
    parts = Parts(encoder=Words(), scorer=scorer, read=read)  # type: ignore[arg-type]
    scan(database, Settings(_env_file=None), max_results=COUNT, parts=parts)


if __name__ == "__main__":
    carry_out(Database(sys.argv[1], application_name="to be killed"), Slow())
