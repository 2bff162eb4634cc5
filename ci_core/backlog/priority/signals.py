"""The wording that tells something about a priority, and how many points it is worth to which component.

Words that every wish uses about itself (comprehensive, advanced, critical, AI-powered) are worth nothing on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ci_core.backlog.priority.model import Component
from ci_core.backlog.priority.wording import PhraseIndex, phrase

VALUE = Component.BUSINESS_VALUE
USERS = Component.USER_IMPACT
STRATEGY = Component.STRATEGIC_ALIGNMENT
DEBT = Component.TECHNICAL_DEBT
INACTION = Component.INACTION_RISK
EFFORT = Component.IMPLEMENTATION_RISK

MARKETS = ("market", "flash", "stock", "price", "crypto")  # these crash without a bug


@dataclass(frozen=True)
class Signal:
    """One kind of statement.

    Attributes:
        name: how a reason calls it.
        phrases: its wordings, separated by commas; `*` stands for up to two words.
        points: what it adds to components, for a statement in the title.
        harm: it names damage, which documentation and tests describe but do not remove.
        not_after: words right before it that give it another meaning.
    """

    name: str
    phrases: str
    points: Mapping[Component, int]
    harm: bool = False
    not_after: tuple[str, ...] = ()


SIGNALS = (
    # Harm that is there now
    Signal(
        "security hole",
        "sql injection, injection risk, injection vulnerability, security risk, security hole, security flaw,"
        "security issue, vulnerability, exploit, cve, xss, csrf, remote code execution, path traversal,"
        "unauthorized access, privilege escalation, authentication bypass, insecure",
        {INACTION: 40, VALUE: 24, STRATEGY: 16, DEBT: 18, USERS: 12},
        harm=True,
    ),
    Signal(
        "exposed credentials",
        "hardcoded password, hardcoded credential, hardcoded secret, hardcoded * login, hardcoded key,"
        "hardcoded token, plaintext, plain text password, leaked key, move credential, encrypt credential,"
        "store password, expose secret, rotate key",
        {INACTION: 32, VALUE: 16, STRATEGY: 14, DEBT: 18},
        harm=True,
    ),
    Signal(
        "open access",
        "add authentication, no authentication, without authentication, missing authentication, missing authorization,"
        "access control, user role, audit log, audit logging",
        {INACTION: 22, VALUE: 10, STRATEGY: 10, USERS: 4},
    ),
    Signal(
        "danger to the data",
        "data loss, lose * data, lost data, data is lost, data corruption, corrupt data, corrupted data,"
        "data consistency, inconsistent data, lost update, no backup, no transaction, transaction rollback,"
        "no rollback, transaction management",
        {INACTION: 36, VALUE: 22, USERS: 20, DEBT: 14},
        harm=True,
    ),
    Signal(
        "crash or outage",
        "crash, outage, downtime, unhandled exception, goes down, unusable, not working, does not work, doesn't work,"
        "stop working, fail on, cause failure, hang, freeze, deadlock, breaks on, page break, layout break",
        {INACTION: 26, USERS: 22, VALUE: 14, DEBT: 8},
        harm=True,
        not_after=MARKETS,
    ),
    Signal(
        "leak of resources",
        "connection leak, memory leak, leak, connection exhaustion, resource exhaustion, out of memory,"
        "connection management, pool exhausted, too many connections",
        {INACTION: 30, USERS: 12, VALUE: 14, DEBT: 22, STRATEGY: 6},
        harm=True,
    ),
    Signal(
        "wrong results",
        "wrong, incorrect, inaccurate, miscalculate, division by zero, can exceed 100, syntax error, bug, broken,"
        "malformed, false positive, rounding error, off by one",
        {INACTION: 20, USERS: 14, VALUE: 14, DEBT: 10},
        harm=True,
    ),
    Signal(
        "unhandled errors",
        "silently, silent failure, silent error, swallow exception, swallowed error, without warning,"
        "users don't know, user don't know, without knowing, no error message, no validation, input validation,"
        "error handling, doesn't handle",
        {INACTION: 16, USERS: 12, VALUE: 6, DEBT: 14},
        harm=True,
    ),
    Signal(
        "stale data",
        "stale, outdated data, data freshness, out of date, not * updated, delayed data",
        {INACTION: 12, USERS: 12, VALUE: 10},
        harm=True,
    ),
    Signal(
        "limits of a provider",
        "rate limit, rate limiting, throttling, quota, 429, api ban, too many requests",
        {INACTION: 16, USERS: 6, VALUE: 6, DEBT: 4},
    ),
    Signal(
        "losses of money",
        "prevent loss, avoid loss, lose money, costly mistake, execution error, wrong order, wrong trade,"
        "missed trade, margin call, early assignment, risk limit, stop loss, position limit",
        {VALUE: 18, INACTION: 14, USERS: 6},
    ),
    Signal(
        "law or deadline",
        "compliance, regulatory, gdpr, deadline, tax, wash sale, legal requirement",
        {INACTION: 16, VALUE: 12},
    ),
    # Debt
    Signal(
        "missing tests",
        "no test, no unit test, 0% coverage, test coverage, unit test, integration test, regression test, untested,"
        "tests currently, pytest",
        {DEBT: 16, INACTION: 6},
    ),
    Signal(
        "debt in the code",
        "technical debt, refactor, hardcoded, magic number, duplicated code, duplicate logic, deprecated, deprecation,"
        "legacy, spaghetti, tightly coupled, workaround, monolith, inconsistent, clean up, cleanup, dead code,"
        "end of life, unmaintained, context manager",
        {DEBT: 22, INACTION: 6},
    ),
    Signal(
        "foundation that others build on",
        "ci/cd, ci cd, continuous integration, migration, connection pool, connection pooling, monitoring,"
        "observability, database index, composite index, backup, logging",
        {DEBT: 12, STRATEGY: 8, INACTION: 6},
    ),
    # Benefit
    Signal(
        "asked for by users",
        "user request, users request, users frequently request, requested by, frequently request, users ask,"
        "customer request, feedback from, most requested, complaint, users complain",
        {USERS: 18, VALUE: 10},
    ),
    Signal(
        "slowness",
        "slow, latency, page load, load time, bottleneck, timeout, time out, lag, inefficient, speed up, faster,"
        "speedup, performance improvement, reduce load",
        {USERS: 16, VALUE: 8, INACTION: 6, DEBT: 4},
    ),
    Signal(
        "work by hand",
        "manual, manually, tedious, by hand, one by one, re enter, reenter, repetitive, save time, saves * time,"
        "hours of work, every session, every time",
        {USERS: 12, VALUE: 8},
    ),
    Signal(
        "confusion",
        "confusing, confusion, unclear, users can't, cannot see, hard to find,don't persist, not persist",
        {USERS: 12},
    ),
    Signal(
        "better trades",
        "win rate, profit, trading decision, better decision, drawdown, return on, p&l, trading performance,"
        "more accurate, position sizing, scoring accuracy, profitability",
        {VALUE: 14, STRATEGY: 8},
    ),
    Signal(
        "risk of positions",
        "risk management, risk assessment, risk analysis, position alert, portfolio risk, concentration,"
        "correlation risk, exposure, buying power, hedge",
        {VALUE: 10, STRATEGY: 12, INACTION: 5},
    ),
    Signal(
        "the wheel and its options",
        "wheel, cash secured put, covered call, csp, theta, greeks, implied volatility, iv rank, options chain,"
        "roll, assignment, strike, expiration, dte, option premium, premium flow, premium scanner, collected premium,"
        "earnings, options data, options flow, credit spread, put spread, calendar spread",
        {STRATEGY: 18, VALUE: 8},
    ),
    Signal(
        "gaps in the data",
        "missing data, data quality, coverage of stocks, currently only, incomplete, only getting, only shows,"
        "feature parity, limited coverage, bulk sync, missing strategy",
        {VALUE: 10, USERS: 10, STRATEGY: 8},
    ),
    Signal(
        "evidence for strategies",
        "backtest, backtesting, monte carlo, historical accuracy, paper trading, simulator, simulate, walk forward,"
        "performance analytics, performance tracking, win loss",
        {STRATEGY: 10, VALUE: 6},
    ),
    Signal(
        "the portfolio",
        "portfolio, position, account balance, multi account, holding, trade journal, trade history",
        {STRATEGY: 8, VALUE: 6},
    ),
    Signal(
        "the state of the market",
        "volatility, regime, correlation, sector, sentiment, microstructure, anomaly, fundamental data, technical data",
        {STRATEGY: 6, VALUE: 4},
    ),
    Signal("alerts", "alert, notification, notify", {USERS: 6, VALUE: 4, INACTION: 2}),
    Signal("reports and exports", "export, csv, report, pdf, spreadsheet", {USERS: 5, VALUE: 3}),
    Signal(
        "ease of use",
        "filter, search, tooltip, onboarding, shortcut, saved, template, progress indicator, loading indicator, layout,"
        "navigation, dashboard, chart",
        {USERS: 7},
    ),
    # What a trading team can do without
    Signal(
        "a nicety",
        "nice to have, cosmetic, dark mode, light mode, color theme, color scheme, emoji, animation,"
        "easter egg, wallpaper, keyboard shortcut, voice, text to speech, sound effect, avatar, confetti",
        {VALUE: -18, INACTION: -12, STRATEGY: -12, USERS: -6},
    ),
    Signal(
        "apart from the team's own trading",
        "white label, monetization, monetize, premium tier, professional tier, pricing tier, subscription tier,"
        "enterprise, marketplace, leaderboard, gamification, badge, social trading, community, influencer,"
        "social media, celebrity, multi tenant, custom pricing",
        {STRATEGY: -26, VALUE: -14, INACTION: -10},
    ),
    Signal(
        "far-off technology",
        "blockchain, nft, web3, metaverse, quantum, virtual reality, augmented reality, vr, ar, holographic,"
        "brain computer, neural interface, smartwatch, wearable, smart contract, defi",
        {STRATEGY: -24, VALUE: -16, INACTION: -10, EFFORT: 24},
    ),
    # What makes the work risky
    Signal(
        "orders with real money",
        "execute trade, executes trades, trade execution, execute order, auto trading, auto trade, place order,"
        "automatically execute, submit order, roll order, one click, auto execute, order execution, copy trading,"
        "trade copying",
        {EFFORT: 16, VALUE: 8},
    ),
    Signal(
        "a model to be trained",
        "machine learning, deep learning, neural network, reinforcement learning, train model, training model,"
        "predictive, ensemble model, fine tune, fine tuned, lstm, autoencoder",
        {EFFORT: 14},
    ),
    Signal(
        "live connections",
        "websocket, real time, streaming, kafka, event driven",
        {EFFORT: 8, USERS: 4},
    ),
    Signal(
        "a change of the ground",
        "rewrite, migrate, schema change, breaking change, microservice, re architect, new framework, multi region",
        {EFFORT: 14},
    ),
    Signal(
        "dependence on others",
        "third party, oauth, oauth2, scrape, scraping, api integration, vendor, external service, broker api",
        {EFFORT: 8},
    ),
    Signal(
        "another platform", "mobile app, ios, android, react native, flutter, desktop app", {EFFORT: 12, STRATEGY: -8}
    ),
)

INDEX = PhraseIndex(
    (signal.name, phrase(wording, signal.not_after)) for signal in SIGNALS for wording in signal.phrases.split(",")
)
BY_NAME: Mapping[str, Signal] = {signal.name: signal for signal in SIGNALS}
