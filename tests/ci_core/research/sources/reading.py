"""What the tests of the sources read, and how."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ci_core.research.source_reading import read_through
from ci_core.research.sources import SourceConfig, SourceReading
from ci_core.web import OpenGate
from tests.sites import Sites

# One for each kind of site, so that every one has at least three items.
EACH = {
    "reddit": SourceConfig("reddit", "r/options"),
    "github": SourceConfig("github", "Finance", search_filters={"topics": ["quantitative-finance"]}),
    "arxiv": SourceConfig("arxiv", "Finance", search_filters={"categories": ["q-fin.*"]}),
    "hacker_news": SourceConfig("hacker_news", "Hacker News"),
    "stack_overflow": SourceConfig(
        "stack_overflow",
        "Quant",
        search_filters={"site": "quant", "tags": ["options", "volatility", "backtesting"]},
    ),
}  # fmt: skip
KINDS = tuple(EACH)


def read(
    sites: Sites, source: SourceConfig | str, since: datetime | None = None, limit: int = 50, **settings: Any
) -> SourceReading:
    """Read a source (or the one of this kind) from the stand-in sites."""
    config = EACH[source] if isinstance(source, str) else source
    return read_through(OpenGate(), sites.settings(**settings), config, since, limit, now=sites.now)


def ids(reading: SourceReading) -> list[str]:
    """The ids of what was read, in order."""
    return [item.external_id for item in reading.items]
