"""What the words of a heading say: a group by priority, time or state, a container, no wishes at all, or an aspect.

These are the words that any wishlist uses for its own structure; words of a product are never decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ci_core.backlog.wishlist.marks import without_emoji
from db.enums import Priority

# Words that name wishes in general and so say nothing about one wish.
_NOUNS = frozenset(
    """
    priority priorities item items feature features enhancement enhancements improvement improvements fix fixes
    issue issues bug bugs request requests idea ideas wish wishes wishlist wishlists task tasks todo todos to-do
    to-dos change changes update updates upgrade upgrades addition additions goals win wins needs suggestion
    suggestions plans ambitions concepts initiatives projects extras debt optimizations optimisations
    requirements list backlog work capabilities functionality integrations explorations wants haves brainstorm
    brainstorming thoughts parking lot inbox bucket
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
_FILLERS = frozenset(
    """
    value impact vision level tier effort development additional new future planned proposed potential possible
    upcoming other more further general key core major minor main the of and & for to a an with our all any misc
    miscellaneous advanced quality life remaining existing recent recently user requested community desired
    suggested short medium long term high highest low lowest section features: yet next sprint release big small
    larger smaller known quick nice have must should could technical tech hanging fruit / + ongoing active
    current currently critical urgent
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
_LEVEL_PHRASES: tuple[tuple[str, Priority], ...] = (
    (
        r"nice[- ]to[- ]haves?|could[- ]have[- ]?(?:but)?|low[- ]priority|long(?:er)?[- ]term|someday|blue[- ]sky"
        r"|moon-?shots?"
        r"|stretch(?: goals?)?|icebox|optional|experimental|exploratory|low|lowest",
        Priority.LOW,
    ),
    (r"critical|urgent|blockers?|must[- ]haves?|must|essentials?|show-?stoppers?|asap|emergency", Priority.CRITICAL),
    (r"medium[- ]term|mid[- ]term|medium|moderate|normal|could", Priority.MEDIUM),
    (
        r"highest|high|important|should[- ]haves?|should|top|quick wins?|low[- ]hanging fruits?|immediate|short[- ]term"
        r"|near[- ]term",
        Priority.HIGH,
    ),
)
_COULD_HAVE = re.compile(r"could[- ]haves?\b")
_RANKED = re.compile(r"^(?:priority|prio|tier|level|p)\s*[-#:]?\s*(\d)\b")
_P_CODE = {0: Priority.CRITICAL, 1: Priority.HIGH, 2: Priority.MEDIUM}
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_TIME = re.compile(
    rf"^(?:(?:phase|sprint|milestone|stage|iteration|release|version|wave|step)\s*[-#]?\s*(?:\d+(?:\.\d+)*|[ivx]+"
    rf"|one|two|three|four)\b"
    rf"|v\d+(?:\.\w+)*\b|q[1-4]\b|h[12]\s*20\d\d|(?:months?|weeks?|days?|years?)\s*\d|20\d\d\b|(?:{_MONTH})\s+20\d\d"
    rf"|(?:this|next|coming|current)\s+(?:\d+\s+)?(?:weeks?|months?|quarters?|years?|sprints?|release)\b"
    rf"|(?:first|second|third|fourth)\s+(?:quarter|week|month|phase)"
    rf"|\d+\s*(?:-|–|to)\s*\d+\s+(?:weeks?|months?|years?)|(?:immediate(?:ly)?|now|next|later|soon)$)"
)
_STATES: tuple[tuple[str, str], ...] = (
    (
        r"(?:recently |already |previously )?(?:completed?|done|implemented|shipped|finished|delivered|released"
        r"|resolved|fixed)",
        "done",
    ),
    (
        r"rejected|declined|won'?t (?:do|have|fix)|wontfix|out of scope|not planned|abandoned|cancelled|canceled"
        r"|discarded|non-goals",
        "rejected",
    ),
    (
        r"in[- ]progress|ongoing|planned|to-?do|pending|not started|under consideration|proposed|backlog|open|active"
        r"|on hold|deferred",
        "open",
    ),
)
_SPLIT = re.compile(r"\s+[-–—|]\s+|\s*[:–—|]\s*")
_BRACKETS = re.compile(r"\s*\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Group:
    """A heading that groups wishes. `kind` is priority, time, state or container."""

    kind: str
    priority: Priority | None = None
    rank: int | None = None
    state: str | None = None
    area: str = ""  # what the heading names besides: "URGENT - Premium Flow" → "Premium Flow"


def _generic(words: str) -> bool:
    """True when nothing particular is named: every word, and every part of a hyphenated one, is a general one."""
    found = re.findall(r"[\w&/+']+(?:-[\w&/+']+)*", words)
    return all(_is_general(word) or all(map(_is_general, word.split("-"))) for word in found)


def _is_general(word: str) -> bool:
    return word in _NOUNS or word in _FILLERS or word.isdigit()


@lru_cache(maxsize=4096)
def group_of(title: str) -> Group | None:
    """What kind of group a heading makes, None when it names something itself."""
    full = without_emoji(title).strip(" .:*_#").lower()
    parts = [part for part in _SPLIT.split(_BRACKETS.sub("", without_emoji(title)).strip(" .:*_#")) if part]
    if not full or not parts:
        return None
    first = parts[0].lower()
    area = parts[1] if len(parts) > 1 and not _generic(parts[1].lower()) else ""
    if (ranked := _RANKED.match(full)) and _ends_or_goes_general(full[ranked.end() :]):
        rank = int(ranked[1])
        spoken = next((level for part in parts[1:] if (level := _level(part.lower(), whole=False))), None)
        if full.startswith("p") and full[1:2].isdigit():
            return Group("priority", spoken or _P_CODE.get(rank, Priority.LOW), area=area)
        return Group("priority", spoken, rank=rank, area=area)
    if first == "priority" and len(parts) > 1 and (level := _level(parts[1].lower(), whole=True)):
        return Group("priority", level)
    if _TIME.match(full):
        return Group("time", area=area)
    for pattern, state in _STATES:
        if (found := re.match(rf"(?:{pattern})\b", first)) and _generic(first[found.end() :]):
            return Group("state", state=state, area=area)
    if level := _level(first, whole=True):
        term = re.match(r"(?:short|near|medium|mid|long(?:er)?)[- ]term", first)
        return Group("time" if term else "priority", level, area=area)
    if first == "wishlist" and len(parts) > 1:
        return Group("priority", Priority.LOW, area=area)
    words = re.findall(r"[\w&/'-]+", first)
    if words and _generic(first) and any(word in _NOUNS for word in words):
        return Group("container")
    return None


def _ends_or_goes_general(rest: str) -> bool:
    """Whether nothing particular follows directly: "Level 2: …" or "Priority 1 Items", but not "Level 2 quotes"."""
    rest = rest.lstrip()
    return not rest or rest[0] in "-–—:.(|,/" or _generic(_SPLIT.split(rest)[0])


def _level(words: str, *, whole: bool) -> Priority | None:
    """The priority that a phrase names; `whole`: every other word of it must be a general one."""
    if _COULD_HAVE.match(words):
        return Priority.MEDIUM
    for pattern, level in _LEVEL_PHRASES:
        found = re.search(rf"(?<![\w-])(?:{pattern})(?![\w])(?!-(?!priority|value|impact|term))", words)
        if found and not whole:
            return level
        if found and _generic(words[: found.start()]) and _generic(words[found.end() :]):
            return level
    if not whole and re.search(r"\bmajor\b", words):
        return Priority.HIGH
    return None


_CONTAINER_END = re.compile(
    r"\b(?:features|enhancements|improvements|ideas|requests|wishlist|wishes|fixes|bugs|issues|debt|optimi[sz]ations"
    r"|additions"
    r"|upgrades|tasks|todos?|items|needs|suggestions|integrations|wins|changes|backlog|cleanup|expansions"
    r"|capabilities|polish)$"
)


def names_many(title: str) -> bool:
    """True when the title announces several wishes: "UI/UX Improvements", "Technical Debt"."""
    head = re.split(r"\s*[(:–—]", without_emoji(title).strip().lower())[0].strip()
    return bool(_CONTAINER_END.search(head)) or group_of(title) is not None


_ASPECT_ADJECTIVES = (
    r"(?:key|main|core|proposed|planned|additional|technical|expected|current|desired|target|potential|possible"
    r"|suggested|"
    r"detailed|recommended|required|example|sample|user|business|data|initial|overall|implementation|initial|success"
    r"|future|"
    r"existing|estimated|brief|short|new|high[- ]level|priority|the|our|ui|ux|api|database|risk|code)"
)
_ASPECT_NOUNS = (
    r"description|overview|summary|features?|benefits?|implementation|implementations|ideas|details?|state|situation"
    r"|behaviou?r|"
    r"solutions?|problem|problems|problem statement|statement|value|impact|rationale|motivation|justification"
    r"|background|context|"
    r"use cases?|user stor(?:y|ies)|stor(?:y|ies)|acceptance criteria|criteria|requirements?|specifications?"
    r"|approach|design|"
    r"architecture|mockups?|wireframes?|schema|endpoints?|configuration|config|examples?|code|files?"
    r"|files? (?:affected|to change)|"
    r"notes?|considerations?|challenges?|risks?|dependencies|prerequisites|effort|estimate|complexity|priority"
    r"|status|timeline|"
    r"metrics?|outcomes?|goals?|objectives?|questions?|steps?|tasks?|subtasks|plan|strategy|testing|tests"
    r"|components?|capabilities|"
    r"limitations?|alternatives|references|resources|cost|output|format|visuali[sz]ations?|points|stack|scope"
    r"|structure|workflow|flow|"
    r"options|logic|calculation|models?|changes|results?|sources|deliverables|todo|integration points|how it works"
    r"|success criteria"
)
_ASPECT = re.compile(
    rf"(?:{_ASPECT_ADJECTIVES}\s+)*(?:{_ASPECT_NOUNS})(?:\s*(?:&|and|/"
    rf"|,)\s*(?:{_ASPECT_ADJECTIVES}\s+)*(?:{_ASPECT_NOUNS}))*"
)
_ASPECT_WORDS = frozenset(
    [
        "what",
        "why",
        "how",
        "who",
        "when",
        "where",
        "current",
        "desired",
        "proposed",
        "value",
        "before",
        "after",
        "today",
        "vision",
        "what it does",
        "why it matters",
        "how to implement",
        "what we have",
        "what we want",
        "problem",
        "solution",
        "concept",
        "idea",
    ]
)


_TELLING_ASPECT = re.compile(
    r"(?:(?:key|main|proposed|technical|expected|current|desired|target|brief|user|business|feature|implementation) )*"
    r"(?:description|state|situation|benefits?|implementation|ideas|details?|solution|problem|problem statement"
    r"|features?|value|"
    r"impact|rationale|motivation|use cases?|user stor(?:y|ies)|acceptance criteria|requirements?|approach|effort"
    r"|estimate|complexity|"
    r"priority|status|behaviou?r|why|what|how|overview|summary|goals?|dependencies)(?: .*)?"
)


def is_telling_aspect(title: str) -> bool:
    """True for the sides that only a wish has; "Visualizations" or "Data Model" may be wishes themselves."""
    return bool(_TELLING_ASPECT.fullmatch(without_emoji(title).strip(" :*_").lower()))


def is_aspect(title: str) -> bool:
    """True when a sub-heading or label names a side of one wish: "Current State", "Benefits", "API Endpoints"."""
    words = re.sub(r"[^\w\s&/,-]", " ", without_emoji(title)).strip().lower()
    words = re.sub(r"\s+", " ", words)
    return words in _ASPECT_WORDS or bool(_ASPECT.fullmatch(words))
