"""The places that a new installation scans, until its people choose others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, insert, select, text
from sqlalchemy.orm import Session

from db.engine import act_as
from db.tables import AuditEntry, ResearchSource

# A constant of our own: two set-ups at once fill the table once.
ONCE = 0x736F7572636573


def _source(kind: str, name: str, url: str, hours: int, queries: Sequence[str], **filters: object) -> dict[str, object]:
    return {
        "source_type": kind,
        "source_name": name,
        "source_url": url,
        "scan_frequency_hours": hours,
        "search_queries": list(queries),
        "search_filters": filters,
    }


DEFAULT_SOURCES: tuple[dict[str, object], ...] = (
    _source(
        "reddit",
        "r/options",
        "https://www.reddit.com/r/options",
        12,
        ["wheel strategy", "cash secured put", "covered call", "rolling options", "implied volatility screener"],
    ),
    _source(
        "reddit",
        "r/algotrading",
        "https://www.reddit.com/r/algotrading",
        12,
        ["options backtest", "broker api", "market data", "position sizing", "python trading system"],
    ),
    _source(
        "reddit",
        "r/Python",
        "https://www.reddit.com/r/Python",
        24,
        ["streamlit", "postgresql performance", "pandas alternative", "async worker", "dashboard"],
    ),
    _source(
        "github",
        "Trading Platforms",
        "https://github.com/topics/trading-platform",
        24,
        ["options trading", "wheel strategy", "backtesting engine", "trading dashboard"],
        topics=["trading-platform", "options-trading", "algorithmic-trading"],
        min_stars=50,
    ),
    _source(
        "github",
        "Python Finance",
        "https://github.com/topics/quantitative-finance",
        24,
        ["option pricing", "volatility surface", "portfolio risk", "market data python"],
        topics=["quantitative-finance", "python-finance"],
        language="python",
        min_stars=50,
    ),
    _source(
        "arxiv",
        "Quantitative Finance",
        "https://arxiv.org/list/q-fin/recent",
        168,
        ["option selling", "implied volatility", "portfolio optimization", "covered call"],
        categories=["q-fin.TR", "q-fin.PM", "q-fin.CP", "q-fin.RM"],
    ),
    _source(
        "hacker_news",
        "Hacker News",
        "https://news.ycombinator.com",
        12,
        ["options trading", "algorithmic trading", "streamlit", "postgres", "pgvector"],
        min_points=20,
    ),
    _source(
        "stack_overflow",
        "Stack Overflow",
        "https://stackoverflow.com",
        24,
        ["option pricing python", "streamlit performance", "sqlalchemy pool", "pandas option chain"],
        tags=["streamlit", "quantitative-finance", "sqlalchemy"],
        min_score=1,
    ),
    _source(
        "stack_overflow",
        "quant.stackexchange",
        "https://quant.stackexchange.com",
        24,
        ["covered call", "option greeks", "implied volatility", "backtesting"],
        site="quant",
        tags=["options", "option-strategies", "volatility"],
        min_score=1,
    ),
)


def ensure_default_sources(session: Session, *, actor: str) -> int:
    """Fill in the default sources when there has never been any source; gives how many were added.

    Sources that people deleted or changed stay as they are, also when they deleted every one: the audit log knows.
    """
    if _ever_held_a_source(session):
        return 0
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONCE})
    if _ever_held_a_source(session):
        return 0
    act_as(session, actor)
    session.execute(insert(ResearchSource), list(DEFAULT_SOURCES))
    return len(DEFAULT_SOURCES)


def _ever_held_a_source(session: Session) -> bool:
    now = exists().select_from(ResearchSource)
    before = exists().where(AuditEntry.table_name == ResearchSource.__tablename__)
    return bool(session.scalar(select(now | before)))
