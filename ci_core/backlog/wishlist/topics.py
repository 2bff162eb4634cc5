"""What a wish is about: its category, its feature area and a few tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from ci_core.backlog.wishlist.headings import group_of
from db.enums import Category

_SHARP: tuple[tuple[Category, str], ...] = (
    (
        Category.SECURITY,
        r"security|secure|vulnerabilit\w+|injection|authenti\w+|authori[sz]ation|encrypt\w*|credentials?|secrets?"
        r"|2fa|two-factor|oauth2?|"
        r"xss|csrf|audit log\w*|audit trail|access control|permissions|rbac|compliance|gdpr",
    ),
    (
        Category.TESTING,
        r"(?:unit|integration|e2e|end-to-end|load|regression|automated|stress|smoke|ui) test\w*|pytest"
        r"|test (?:coverage|suite|cases|data)|"
        r"tests|testing(?! mode)|mock(?:ing|s)|ci/cd|qa",
    ),
    (
        Category.DOCUMENTATION,
        r"documentation|docs|readme|user (?:manual|guide)|api reference|docstrings?|contributing guidelines"
        r"|changelog|runbooks?|faq",
    ),
    (
        Category.PERFORMANCE,
        r"performance (?:optimi[sz]\w+|tuning|improvements?)|optimi[sz]e (?:\w+ )?(?:quer\w+|database|loading"
        r"|performance|memory|rendering)|"
        r"quer(?:y|ies) optimi[sz]ation|database optimi[sz]ations?|cach(?:e|ing)|(?:connection )?pooling|index(?:es"
        r"|ing)|lazy[- ]load\w*|"
        r"incremental loading|paginat\w+|parallel\w*|speed(?: up)?|faster|latency|throughput|batch (?:insert"
        r"|process)\w*|sharding|gpu "
        r"acceleration|memory usage|load times?|profiling|debounc\w+|virtual scrolling",
    ),
    (
        Category.REFACTORING,
        r"refactor\w*|moduleri[sz]\w+|modulari[sz]\w+|clean[- ]?up|technical debt|tech debt|code quality|type hints"
        r"|restructur\w+|"
        r"deduplicate code|dead code|decouple|linting|code organi[sz]ation|consolidate",
    ),
    (
        Category.BUG_FIX,
        r"fix(?:es|ed)?|bugs?|broken|crash\w*|leaks?|incorrect|wrong|fails?|failing|division by zero|regressions?"
        r"|missing|race condition|"
        r"error handling|stale",
    ),
)
_SECTION_WORDS: tuple[tuple[Category, str], ...] = (
    (Category.SECURITY, r"security|compliance|privacy"),
    (Category.TESTING, r"testing|tests|test coverage|qa"),
    (Category.DOCUMENTATION, r"documentation|docs"),
    (Category.PERFORMANCE, r"performance|optimi[sz]ations?|scalability|speed"),
    (Category.BUG_FIX, r"bugs?|bug ?fix\w*|fixes|known issues|defects|urgent"),
    (Category.REFACTORING, r"technical debt|tech debt|refactor\w*|code quality|clean ?up|maintainability|architecture"),
)
_WEAK_SECTION = (
    (
        Category.NEW_FEATURE,
        r"(?:new|major|advanced|core|big|missing|planned) (?:\w+ )?features?|features?|integrations?|ideas",
    ),
    (
        Category.ENHANCEMENT,
        r"enhancements?|improvements?|ux|ui/ux|ui|user experience|polish|quality of life|refinements?|upgrades?"
        r"|usability|accessibility",
    ),
)
_WEAK_TITLE = (
    (
        Category.ENHANCEMENT,
        r"improv\w+|enhanc\w+|better|extend\w*|upgrade\w*|simplif\w+|optimi[sz]\w+|refin\w+|expand\w*|customi[sz]\w+"
        r"|update\w*|"
        r"advanced|smart\w*|responsive|theme|mode|shortcuts|indicators?|tooltips?",
    ),
    (
        Category.NEW_FEATURE,
        r"add|implement|create|build|introduce|new|integrat\w+|support|enable|app|api|engine|system|tool|tracker"
        r"|calculator|"
        r"dashboard|assistant|scanner|alerts?|notifications?|export|import|builder|analysis|analytics|monitor\w*"
        r"|simulator|detection|visuali[sz]ation",
    ),
)
_TAG_WORDS = {
    "ai": r"ai|llms?|gpt-?\d*|openai|chatgpt",
    "machine-learning": r"machine learning|ml|neural|deep learning|reinforcement learning|xgboost|tensorflow|pytorch",
    "nlp": r"nlp|natural language|sentiment",
    "websocket": r"web-?sockets?",
    "redis": r"redis",
    "postgresql": r"postgres(?:ql)?|psycopg2?|pgbouncer|timescaledb",
    "sql": r"sql|database index(?:es)?",
    "database": r"databases?|schema",
    "caching": r"cach(?:e|ed|ing)",
    "api": r"apis?|rest|graphql|openapi|webhooks?",
    "mobile": r"mobile|ios|android|react native|flutter|pwa",
    "alerts": r"alerts?|alerting|notifications?|sms|push",
    "email": r"e-?mails?",
    "discord": r"discord",
    "slack": r"slack",
    "telegram": r"telegram",
    "export": r"export(?:s|ing)?|csv|excel|pdf",
    "import": r"import",
    "charts": r"charts?|charting|plotly|heatmaps?|visuali[sz]ations?|graphs?",
    "options": r"options?(?: chains?| flow)?|greeks|iv rank|implied volatility",
    "backtesting": r"backtest\w*|monte carlo",
    "portfolio": r"portfolio",
    "risk": r"risk",
    "tax": r"tax(?:es)?",
    "earnings": r"earnings",
    "broker": r"brokers?|robinhood|schwab|ibkr|interactive brokers|td ameritrade|e\*trade|tastytrade",
    "tradingview": r"tradingview",
    "streamlit": r"streamlit",
    "docker": r"docker|kubernetes|k8s",
    "ci-cd": r"ci/cd|github actions|pipelines?",
    "authentication": r"authentication|oauth2?|2fa|sso|login",
    "security": r"security|injection|encrypt\w+|credentials",
    "testing": r"tests?|testing|pytest|coverage",
    "monitoring": r"monitoring|prometheus|grafana|metrics|logging",
    "dark-mode": r"dark mode|dark theme",
    "keyboard": r"keyboard|shortcuts?|hotkeys",
    "accessibility": r"accessibility|a11y|screen readers?|wcag",
    "voice": r"voice",
    "automation": r"automat(?:ed|ion|ic)|cron|schedul(?:ed|er|ing)",
    "real-time": r"real-?time|streaming|live",
    "social": r"social|community|leaderboards?|copy trading",
    "dashboard": r"dashboards?|widgets?",
    "watchlist": r"watchlists?",
    "filters": r"filters?|filtering|presets?",
    "performance": r"performance optimi[sz]\w+|latency|lazy loading|pooling|pagination",
    "documentation": r"documentation|docs|tutorials?|user manual|guides?",
    "localization": r"multi-language|locali[sz]ation|i18n|translations?",
    "scraping": r"scrap(?:e|ing|er)",
    "multi-account": r"multi-account|multi-user|multiple accounts",
}
# One expression for all tags, each a group of its own, so that a text is read once.
_TAG_NAMES = tuple(_TAG_WORDS)
_TAG = re.compile(
    "(?<![\\w-])(?:" + "|".join(f"({words})" for words in _TAG_WORDS.values()) + ")(?![\\w-])", re.IGNORECASE
)
_YIELDING = {Category.BUG_FIX, Category.REFACTORING}
_TAG_LIMIT = 6
_TAG_TEXT = 4000
_FENCE = re.compile(r"^ {0,8}(`{3,}|~{3,}).*?(?:^ {0,8}\1[`~]*\s*$|\Z)", re.MULTILINE | re.DOTALL)


def _matches(rules: tuple[tuple[Category, str], ...], text: str) -> list[Category]:
    return [category for category, pattern in _compiled(rules) if pattern.search(text)]


@cache
def _compiled(rules: tuple[tuple[Category, str], ...]) -> tuple[tuple[Category, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)) for kind, words in rules)


def category_of(title: str, sections: Sequence[str]) -> Category | None:
    """The kind of work, from the wish's own title and the sections around it, nearest last.

    A section such as "Security" outweighs the title's words; "Bug fixes" and "Technical debt" yield to a title that
    says more.
    """
    whole = [category for category, pattern in _compiled(_SECTION_WORDS) if pattern.fullmatch(title)]
    sharp = whole or _matches(_SHARP, title)
    for section in reversed(sections):
        for category in _matches(_SECTION_WORDS, section):
            if category not in _YIELDING:
                return category
            said = [other for other in sharp if other is not Category.BUG_FIX]
            return said[0] if said else category
    if sharp:
        return sharp[0]
    for section in reversed(sections):
        if weak := _matches(_WEAK_SECTION, section):
            return weak[0]
    weak = _matches(_WEAK_TITLE, title)
    return weak[0] if weak else None


_TRAILING_GENERAL = re.compile(
    r"[\s:–—-]+(?:future |planned |proposed |new |possible |advanced |further )*(?:features?|enhancements?"
    r"|improvements?|ideas?|wishlist|"
    r"wishes|requests?|needs|optimi[sz]ations?|additions|upgrades|roadmap|backlog|todo|fixes|experience|expansions?)$",
    re.IGNORECASE,
)
_NO_AREA = re.compile(
    r"(?:.*\b)?(?:security|performance|testing|tests?|quality|documentation|docs|ui|ux|ui/ux|ux/ui|user(?: interface"
    r"| experience)?|technical|code|"
    r"infrastructure|compliance|general|misc\w*|other|integration|customi[sz]ation|advanced|user customization|bugs?"
    r"|database(?: performance)?|"
    r"technical debt|refactoring|accessibility|usability|scalability|if applicable|enterprise)",
    re.IGNORECASE,
)


def strip_general(title: str) -> str:
    """A title without its general end: "Premium Options Flow Enhancements" → "Premium Options Flow"."""
    text = re.sub(r"\s*\([^()]*\)\s*$", "", title).strip()
    while (shorter := _TRAILING_GENERAL.sub("", text).strip()) != text:
        text = shorter
    return text


def area_of(areas: Sequence[str]) -> str | None:
    """The innermost section that names a part of the product; kinds of work such as "Security" are none."""
    for title in reversed(areas):
        name = strip_general(title)
        if (
            name
            and len(name) <= 60
            and not _NO_AREA.fullmatch(name)
            and group_of(title) is None
            and group_of(name) is None
        ):
            return name
    return None


def area_of_title(title: str | None) -> str | None:
    """The feature that a whole document is about: "Charts Feature - Future Wishlist" → "Charts"."""
    if not title:
        return None
    parts = [part.strip() for part in re.split(r"\s+[-–—|]\s+|:\s+", title)]
    name = strip_general(re.sub(r"\bfeatures?\b.*$", "", strip_general(parts[0]), flags=re.IGNORECASE).strip())
    whole = len(parts) > 1 or re.search(r"\bfeature\b", title, re.IGNORECASE)
    return name if whole and name and group_of(name) is None and len(name) <= 60 else None


def tags_of(title: str, body: str, area: str | None) -> tuple[str, ...]:
    """A few words for finding it again: topics and technologies of the title, then those that the text dwells on."""
    found = list(dict.fromkeys(_tags_in(title)))
    counted = Counter(_tags_in(_FENCE.sub(" ", body[:_TAG_TEXT])))
    dwelt = [name for name, count in counted.most_common() if count >= 2 and name not in found]
    tags = [*found, *dwelt[: max(0, 4 - len(found))]]
    if area:
        tags.append(slug(area))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_TAG_LIMIT]


def _tags_in(text: str) -> Iterator[str]:
    return (_TAG_NAMES[match.lastindex - 1] for match in _TAG.finditer(text) if match.lastindex)


def slug(text: str) -> str:
    """A tag out of a title: lower case, words joined by hyphens, at most 40 characters."""
    words = re.sub(r"[^\w]+", "-", text.lower()).strip("-")
    return words if len(words) <= 40 else words[:40].rsplit("-", 1)[0]
