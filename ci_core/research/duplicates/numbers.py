"""The numbers in a title by what they mean; some of them make two texts two things, however alike the words are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ci_core.research.duplicates.words import STOP_WORDS, stem

_TOKEN = re.compile(
    r"(?P<money>[$€£¥]\s?)?(?:(?P<v>\bv(?:er(?:sion)?)?\.?\s?)|(?<![\w.]))"
    r"(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)(?P<tail>[a-z]+\d*|%)?",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"\b([a-z][a-z+]*?)[- ]?(\d+(?:\.\d+)*)\b", re.IGNORECASE)
_BUILD = re.compile(r"(?<![\w.-])[br]\d{3,6}(?![\w-])")
_BEFORE = re.compile(r"([A-Za-z][\w.+]*)[\s#:(-]*$")
_DATE = re.compile(r"\b\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b")
_SCALE = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "billion"), 1e9),
    "trillion": 1e12,
}
_PERCENT = ("%", "percent", "pct")
_ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
_COUNTED = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORD_NUMBERS = {word: number for number, word in enumerate(_COUNTED, 2)}
_IN_ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINALS = {word: number for number, word in enumerate(_IN_ORDER, 1)}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "one": 1}
_KINDS_OF_PARTS = """
    part episode ep chapter week day volume vol issue lesson lecture season round edition no number series session phase
    step section module act pt q
"""
_PART = re.compile(
    rf"\b({'|'.join(_KINDS_OF_PARTS.split())})\.?\s*#?\s*(\d+|[ivx]+|one|{'|'.join(_WORD_NUMBERS)})\b"
    r"|(?:^|\s)(#)(\d+)\b",
    re.I,
)
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:{'|'.join(_ORDINAL_ENDINGS)})|({'|'.join(_ORDINALS)}))\b(?!-)", re.I)
_PER = re.compile(r"(?:\b(?:per|each|every|split)|/|\d)[ -]?$", re.I)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTH_AND_DAY = re.compile(rf"\b({'|'.join(_MONTHS.split())})(?:[a-z]{{0,6}})\b\.?(?=\s*(?:\d|$|[),:;|-]))", re.I)
_MONTH_NAME = re.compile(
    r"\b(january|february|march|april|june|july|august|september|october|november|december)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a title counts, dates and numbers.

    Attributes:
        plain: amounts, as they would be read aloud ("2.7k" is 2700).
        versions: dotted numbers and those after a "v", as tuples without zeros at the end.
        builds: a small letter and three figures or more in one word ("b9993"), as builds and revisions are called.
        named: the number that stands behind a word, by the word: {"python": {(3, 12)}, "episode": {(4,)}}.
        years: 1990–2039, standing alone.
        parts: of a series, by kind: {"part": {2}}; ordinals are of the kind "th".
        dates: days and months, as written in numbers, or a month's first three letters.
    """

    plain: frozenset[float]
    versions: frozenset[tuple[int, ...]]
    builds: frozenset[str]
    named: dict[str, frozenset[tuple[int, ...]]]
    years: frozenset[int]
    parts: dict[str, frozenset[int]]
    dates: frozenset[str]


def numbers_of(title: str) -> Numbers:
    """The numbers of a title; figures and words ("second", "part two") alike."""
    plain: set[float] = set()
    versions: set[tuple[int, ...]] = set()
    named: dict[str, set[tuple[int, ...]]] = {}
    years: set[int] = set()
    dates = {match[0] for match in _DATE.finditer(title) if "/" in match[0] or match[0].count("-") == 2}
    rest = _DATE.sub(lambda match: " " if match[0] in dates else match[0], title)
    dates |= {match[1].lower()[:3] for pattern in (_MONTH_AND_DAY, _MONTH_NAME) for match in pattern.finditer(title)}
    for match in _TOKEN.finditer(rest):
        _sort_in(rest, match, plain, versions, named, years)
    for match in _ATTACHED.finditer(rest):
        name = stem(match[1].lower())
        if len(name) > 1 and name not in STOP_WORDS and match[0][len(match[1])] != " ":
            named.setdefault(name, set()).add(_dotted(match[2]))
    plain.update(_WORD_NUMBERS[word] for word in re.findall(r"[a-z]+", rest.lower()) if word in _WORD_NUMBERS)
    return Numbers(
        plain=frozenset(plain),
        versions=frozenset(versions),
        builds=frozenset(_BUILD.findall(title)),
        named={name: frozenset(values) for name, values in named.items()},
        years=frozenset(years),
        parts=_parts(rest),
        dates=frozenset(dates),
    )


def _sort_in(
    text: str,
    match: re.Match[str],
    plain: set[float],
    versions: set[tuple[int, ...]],
    named: dict[str, set[tuple[int, ...]]],
    years: set[int],
) -> None:
    number, tail = match["number"], (match["tail"] or "").lower()
    following = re.match(r"\s*(%|[a-z]+)", text[match.end() :], re.I)
    unit = tail or (following[1].lower() if following else "")
    dots, counted = number.count("."), bool(match["money"]) or unit in _SCALE or unit in _PERCENT
    if not counted and "," not in number and (match["v"] or dots):
        versions.add(_dotted(number))
    amount = float(number.replace(",", "")) if dots < 2 else None
    is_year = amount is not None and not counted and not tail and not dots and 1990 <= amount < 2040
    if is_year and "," not in number and amount is not None:
        years.add(int(amount))
    elif amount is not None and not match["v"] and tail not in _ORDINAL_ENDINGS:
        plain.add(amount * _SCALE.get(unit, 1.0))
    before = _BEFORE.search(text[: match.start("number")])
    if before and not counted and not is_year and tail not in _ORDINAL_ENDINGS:
        name = stem(before[1].lower())
        if name not in STOP_WORDS and len(name) > 1:
            named.setdefault(name, set()).add(_dotted(number.replace(",", "")))


def _dotted(number: str) -> tuple[int, ...]:
    parts = [int(part) for part in number.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _parts(title: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for match in _PART.finditer(title):
        kind, written = ("#", match[4]) if match[3] else (match[1].lower(), match[2].lower())
        value = (
            int(written)
            if written.isdigit()
            else _ROMAN.get(written) or _WORD_NUMBERS.get(written) or (1 if written in ("i", "one") else 0)
        )
        if value:
            found.setdefault(kind, set()).add(value)
    for match in _ORDINAL.finditer(title):
        behind = title[match.end() : match.end() + 2]
        if match[2] == "second" and (_PER.search(title[: match.start()]) or not behind.strip().isalpha()):
            continue  # the unit of time
        value = int(match[1]) if match[1] else _ORDINALS[match[2].lower()]
        found.setdefault("th", set()).add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def conflict(one: Numbers, other: Numbers) -> str | None:
    """In words, which number makes the two different things; None where none does.

    A version, a year, a part of a series, an ordinal, a date, or the number of one name on one side that the other side
    replaces by another. Amounts are no conflict here: two reports of one event count differently.
    """
    if _apart(one.versions, other.versions):
        return f"version {_shown(one.versions)} and {_shown(other.versions)}"
    if _apart(one.builds, other.builds):
        return f"build {', '.join(sorted(one.builds))} and {', '.join(sorted(other.builds))}"
    for name in one.named.keys() & other.named.keys():
        if _apart(one.named[name], other.named[name]):
            return f"{name} {_shown(one.named[name])} and {_shown(other.named[name])}"
    for kind in one.parts.keys() & other.parts.keys():
        if _apart(one.parts[kind], other.parts[kind]):
            return "different parts of a series" if kind != "th" else "different ordinals"
    if _apart(one.years, other.years):
        return f"{min(one.years)} and {min(other.years)}"
    if _apart(one.dates, other.dates):
        return "different dates"
    return None


def conflict_of_releases(one: Numbers, other: Numbers) -> str | None:
    """As `conflict`, for two texts about one page: only another version or another part makes two things of them."""
    if _apart(one.versions, other.versions):
        return f"version {_shown(one.versions)} and {_shown(other.versions)}"
    for kind in one.parts.keys() & other.parts.keys():
        if kind != "th" and _apart(one.parts[kind], other.parts[kind]):
            return "different parts of a series"
    return None


def differ(one: Numbers, other: Numbers) -> bool:
    """Whether each of the two has a number that the other lacks."""
    return _apart(one.plain | _values(one), other.plain | _values(other))


def _values(numbers: Numbers) -> frozenset[float]:
    """Versions as amounts where they are written like some."""
    written = (".".join(str(part) for part in version[:2]) for version in numbers.versions)
    return frozenset(float(value) for value in written)


def _apart(one: frozenset[object] | frozenset[int], other: frozenset[object] | frozenset[int]) -> bool:
    """Each side has a value that the other lacks."""
    return bool(one - other) and bool(other - one)


def _shown(versions: frozenset[tuple[int, ...]]) -> str:
    return ", ".join(".".join(str(part) for part in version) for version in sorted(versions))
