"""How usable an item is on this platform and how much work it would be, from what it says; each with its reasons.

These are rules of thumb, and say so: each cue that was seen is named. Nothing seen gives no figure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ci_core.research.scoring.words import WORD, Phrases
from ci_core.research.values import NormalItem

READ_CHARACTERS = 2_000

# What the platform is built of: an item that speaks of it fits in without a translation.
_PLATFORM = """
Python pandas NumPy SciPy Streamlit Plotly PostgreSQL pgvector TimescaleDB SQLAlchemy FastAPI scikit-learn Polars
QuantLib py_vollib vectorbt Backtrader yfinance ib_insync statsmodels
"""
_OTHER_LANGUAGES = """
Rust Go Julia JavaScript TypeScript Java Kotlin C++ C# .NET Scala R MATLAB Haskell Excel MetaTrader
"""
PLATFORM = frozenset(_PLATFORM.split())
OTHER_LANGUAGES = frozenset(_OTHER_LANGUAGES.split())


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that an item says about itself: how a reason calls it, and what it adds in points of 100."""

    said: str
    points: int
    phrases: str


USABLE = (
    Cue("installs with pip", 10, "pip install, pip3 install, pypi, conda install"),
    Cue(
        "brings an API or data",
        10,
        "api, apis, dataset, datasets, data set, data sets, market data, historical data, csv",
    ),
    Cue("has an open licence", 8, "mit license, mit licensed, bsd license, apache license, apache 2, open source"),
    Cue("may only be copied under the GPL", -6, "gpl, agpl, gplv2, gplv3, agplv3"),
    Cue(
        "costs money",
        -12,
        "paid plan, paid course, paid subscription, subscription only, per month, a month, lifetime access",
    ),
    Cue("is no longer maintained", -12, "deprecated, no longer maintained, unmaintained, archived, no activity"),
)
EASIER = (
    Cue("a tip or a question", -18, "how do, how can, how to, tip, tips, trick, tricks, cheat sheet, cheatsheet"),
    Cue("a ready package", -12, "pip install, pypi, drop in, wrapper, api client, client library, python library"),
    Cue("a walk-through", -8, "tutorial, step by step, guide, walkthrough, walk through, course, notebook, notebooks"),
)
HARDER = (
    Cue(
        "heavy mathematics",
        14,
        "stochastic control, stochastic differential, stochastic volatility, partial differential, viscosity solution, "
        "viscosity solutions, martingale, martingales, malliavin, fractional brownian, bsde, theorem, theorems",
    ),
    Cue(
        "models to train",
        12,
        "neural network, neural networks, deep learning, reinforcement learning, transformer, transformers, lstm, gpu",
    ),
    Cue(
        "a system of several parts",
        12,
        "distributed, microservice, microservices, low latency, real time, streaming, kubernetes, event driven, "
        "platform, framework, engine",
    ),
)
PAPER = "arxiv, ssrn, we propose, we prove, we show, we study, we derive, this paper, in this article"
CODE_HOSTS = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|pypi\.org/project)/", re.IGNORECASE
)

KINDS = {
    "arxiv": ("a research paper", 62),
    "github": ("a repository to read and try", 38),
    "stack_overflow": ("a question with answers", 22),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of 0–100 with what it rests on; None where nothing was to be seen."""

    value: float | None
    because: str


def applicability(item: NormalItem, said: Collection[str], found: Collection[str], topical: float) -> Estimate:
    """How much of an item can be used on a platform of Python, Streamlit and PostgreSQL.

    Half of it is how near the item is to the interests; the rest is what makes a thing usable: code, the platform's own
    technologies, data, a licence. None where there is a title alone that shows none of these.

    Args:
        said: the cues that it gives, see `cues_of`.
        found: the technologies that it speaks of.
        topical: how probable it is that the item is of the team's field, 0–1.
    """
    seen: list[tuple[str, int]] = []
    if _has_code(item):
        seen.append(("comes with code", 18))
    ours = sorted(PLATFORM.intersection(found))
    theirs = sorted(OTHER_LANGUAGES.intersection(found))
    if ours:
        seen.append((f"fits in with {_listed(ours)}", 18))
    elif theirs:
        seen.append((f"is written for {_listed(theirs)}", -10))
    seen += [(cue.said, cue.points) for cue in USABLE if cue.said in said]
    if not seen and not item.text.strip():
        return Estimate(None, "Only a title, which tells nothing of code, data or technologies.")
    value = 50 * topical + 15 + sum(points for _, points in seen)
    reasons = [name for name, _ in seen] or ["shows no code, data or technology of the platform"]
    return Estimate(_bounded(value), f"Nearness to your interests counts half; it {_listed(reasons)}.")


def difficulty(item: NormalItem, said: Collection[str]) -> Estimate:
    """How much work an item would be, guessed from the kind of thing that it is and the words that it uses."""
    cues = [cue for cue in (*HARDER, *EASIER) if cue.said in said]
    kind = KINDS.get(item.item.source_type)
    if kind is None and PAPER in said:
        kind = KINDS["arxiv"]
    elif kind is None and _has_code(item):
        kind = ("something with code", 38)
    if kind is None and not cues:
        return Estimate(None, "Nothing in it tells how much work it would be.")
    name, value = kind or ("", 42)
    value += sum(cue.points for cue in cues)
    if kind == KINDS["arxiv"] and _has_code(item):
        name, value = f"{name} with code", value - 14
    parts = [part for part in (name, *(cue.said for cue in cues)) if part]
    return Estimate(_bounded(value), f"A guess from what it is: {_listed(parts)}.")


def cues_of(item: NormalItem) -> frozenset[str]:
    """Which cues the item gives, by their names."""
    words = [word.lower() for word in WORD.findall(f"{item.title}\n{item.text[:READ_CHARACTERS]}")]
    return frozenset(name for group in _cues() for name in group.occurring(words))


@lru_cache(maxsize=1)
def _cues() -> tuple[Phrases, ...]:
    """What to look for, in groups: within one a longer phrase hides a shorter one."""
    groups = (USABLE, EASIER, HARDER, (Cue(PAPER, 0, PAPER),))
    return tuple(
        Phrases({tuple(phrase.split()): cue.said for cue in group for phrase in cue.phrases.split(", ")})
        for group in groups
    )


def _has_code(item: NormalItem) -> bool:
    if item.item.source_type == "github" or any(name.startswith(("github:", "pypi:")) for name in item.identities):
        return True
    if any(CODE_HOSTS.match(link) for link in (item.item.url, *item.item.links)):
        return True
    return bool(CODE_HOSTS.search(item.text[:READ_CHARACTERS]))


def _bounded(value: float) -> float:
    return round(min(max(value, 0.0), 100.0), 1)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
