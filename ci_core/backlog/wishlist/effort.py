"""Effort in words as hours and as a size.

A day is 8 hours, a week 40, a month 160. A range counts as its mean, "less than x" as the mean of nothing and x,
"x or more" as x.
"""

from __future__ import annotations

import re

from db.enums import Complexity

_HOURS = {"m": 1 / 60, "h": 1.0, "d": 8.0, "w": 40.0, "M": 160.0, "q": 480.0, "s": 80.0}
_UNITS = (
    (r"minutes?|mins?|m", "m"),
    (r"hours?|hrs?|h", "h"),
    (r"(?:(?:working|business|person|man|dev|developer|engineer)[- ]?)?days?|d", "d"),
    (r"(?:(?:person|man|dev|developer|engineer)[- ]?)?weeks?|wks?|w", "w"),
    (r"(?:(?:person|man|dev|developer|engineer)[- ]?)?months?|mos?", "M"),
    (r"quarters?", "q"),
    (r"sprints?", "s"),
)
_WORDS = {
    "a": 1.0,
    "an": 1.0,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "half a": 0.5,
}
_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, (pattern, _) in enumerate(_UNITS))
_NUMBER = r"\d+(?:[.,]\d+)?|half an?|an?|one|two|three|four|five|six"
_DURATION = re.compile(
    rf"(?P<bound>[<>≤≥~≈]=?|less than|under|up to|more than|over|at least|about|around|approx\.?|approximately)?\s*"
    rf"(?<![\w.])(?P<low>{_NUMBER})\s*(?P<plus>\+)?\s*(?:(?:-|–|—|to)\s*(?P<high>\d+(?:[.,]\d+)?)\s*(?P<more>\+)?)?"
    rf"\s*[- ]?(?:{_UNIT})(?P<tail>\s*\+)?(?![\w/])",
    re.IGNORECASE,
)
_JOIN = re.compile(r"^\s*(?:,|and|&|\+)?\s*$", re.IGNORECASE)
_RANGE_JOIN = re.compile(r"^\s*(?:-|–|—|to)\s*$", re.IGNORECASE)
_FILLER = re.compile(
    r"\b(?:est(?:imate|imated)?\.?|effort|time|needed|of (?:work|effort)|work|dev(?:elopment)?|each|per \w+|total"
    r"|approx\.?"
    r"|about|around|in total|overall|min|max|duration|size|estimate)\b|[~≈:().,\[\]]",
    re.IGNORECASE,
)
TOTAL = re.compile(r"\btotal\b|\boverall\b|\beach\b|\bper (?:item|feature)\b", re.IGNORECASE)

SIZES = {
    "XS": Complexity.TRIVIAL,
    "S": Complexity.SIMPLE,
    "M": Complexity.MODERATE,
    "L": Complexity.COMPLEX,
    "XL": Complexity.EPIC,
    "XXL": Complexity.EPIC,
}
_SIZE_NAMES = {
    "extra small": "XS",
    "x-small": "XS",
    "tiny": "XS",
    "small": "S",
    "medium": "M",
    "large": "L",
    "extra large": "XL",
    "x-large": "XL",
    "extra-large": "XL",
    "huge": "XL",
}
# T-shirt sizes where the document has no legend of its own.
USUAL_SIZE_HOURS = {"XS": 2.0, "S": 4.0, "M": 24.0, "L": 60.0, "XL": 120.0, "XXL": 240.0}
_LEVELS: tuple[tuple[str, Complexity], ...] = (
    (r"(?:very|extremely|super) low|trivial|minimal|negligible|very easy|very simple", Complexity.TRIVIAL),
    (r"(?:very|extremely|super) high|extreme|epic|massive|huge|enormous|very complex|very hard", Complexity.EPIC),
    (
        r"(?:medium|moderate)[- ](?:to[- ])?high|high|hard|difficult|complex|large|significant|major|advanced",
        Complexity.COMPLEX,
    ),
    (r"low|easy|simple|small|minor|straightforward|quick", Complexity.SIMPLE),
    (r"medium|moderate|mid|average|intermediate", Complexity.MODERATE),
)
_LEVEL = re.compile("(?:" + "|".join(f"({pattern})" for pattern, _ in _LEVELS) + r")\b", re.IGNORECASE)


def _amount(text: str) -> float:
    word = text.lower().replace("half an", "half a")
    return _WORDS[word] if word in _WORDS else float(word.replace(",", "."))


def _one(match: re.Match[str]) -> tuple[float, float, bool]:
    """Low and high end in hours, and whether the duration is open upwards."""
    unit = next(key for index, (_, key) in enumerate(_UNITS) if match[f"u{index}"])
    hours = _HOURS[unit]
    low = _amount(match["low"]) * hours
    high = float(match["high"].replace(",", ".")) * hours if match["high"] else low
    bound = (match["bound"] or "").lower()
    if bound.startswith(("<", "≤", "less", "under", "up")) and not match["high"]:
        low = 0.0
    opened = bool(match["plus"] or match["more"] or match["tail"])
    return low, high, opened


def hours_in(text: str) -> float | None:
    """The effort that a text names, in hours: "30 min" → 0.5, "2-3 hours" → 2.5, "40+ hours" → 40, "1 day 4 h" → 12.

    Two durations side by side add up, joined by a dash they are a range; otherwise the first one counts.
    """
    matches = list(_DURATION.finditer(text[:300]))
    if not matches:
        return None
    low, high, opened = _one(matches[0])
    end = matches[0].end()
    for match in matches[1:]:
        between = text[end : match.start()]
        next_low, next_high, _ = _one(match)
        if _RANGE_JOIN.match(between):
            high = next_high
        elif _JOIN.match(between) and match.start() > end - 1 and next_high < low:
            low, high = low + next_low, high + next_high
        else:
            break
        end = match.end()
    return round(low if opened and low == high else (low + high) / 2, 4)


def is_duration(text: str) -> bool:
    """True when the text is nothing but an effort: "2-3 hours", "~1 day", "Est: 3h", "10 hours total"."""
    if len(text) > 60 or not _DURATION.search(text):
        return False
    rest = _FILLER.sub(" ", _DURATION.sub(" ", text))
    return re.sub(r"[\s\-–—+<>&]|\bto\b|\band\b", "", rest) == ""


def size_in(text: str) -> str | None:
    """A T-shirt size written as such: "L", "XL", "Size: M", "Extra Large"; None for words such as "high"."""
    word = re.sub(r"^(?:size|effort|t-shirt)\s*[:=]?\s*", "", text.strip(), flags=re.IGNORECASE).strip(" .*`[]()")
    if word in SIZES:
        return word
    head = re.match(r"^(XXL|XL|XS|S|M|L)\b\s*(?:[(\-–—:,/]|$)", word)
    if head:
        return head[1]
    return _SIZE_NAMES.get(re.split(r"\s*[(,:–—]", word)[0].strip().lower())


def level_in(text: str) -> Complexity | None:
    """How hard something is by a word at the start of the text: "Medium", "Very High (regulatory)", "easy"."""
    found = _LEVEL.match(text.strip())
    return _LEVELS[found.lastindex - 1][1] if found and found.lastindex else None


def complexity_of_hours(hours: float) -> Complexity:
    """A size for an effort: up to 1 hour trivial, 4 simple, 16 moderate, 80 complex, above that epic."""
    for limit, complexity in ((1, Complexity.TRIVIAL), (4, Complexity.SIMPLE), (16, Complexity.MODERATE)):
        if hours <= limit:
            return complexity
    return Complexity.COMPLEX if hours <= 80 else Complexity.EPIC
