"""What could be written next in a search: names of fields, and the values that the board knows; no SQL here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ci_core.backlog.query_filters import Field, Special, written
from ci_core.backlog.query_syntax import closed_values

MOST = 8
SHORTEST_VALUE = 2  # a value is suggested without its field only from here on
SHORTEST_OWN_VALUE = 3  # and one of the team's own from here on, because there are many

FIELD_NOTES = {
    Field.STATUS: "column of the board",
    Field.PRIORITY: "how soon",
    Field.CATEGORY: "what kind of work",
    Field.COMPLEXITY: "how involved",
    Field.AREA: "part of the product",
    Field.ASSIGNEE: "who does it",
    Field.TAG: "a tag",
    Field.SOURCE: "where it came from",
    Field.ID: "by number",
    Field.SCORE: "priority score, 0–100",
    Field.HOURS: "estimate in hours",
    Field.VOTES: "how many want it",
    Field.UPDATED: "when it changed",
    Field.CREATED: "when it was written",
    Field.IS: "open, done, blocked …",
}
_TIMES = (("1d", "in the last day"), ("7d", "in the last week"), ("30d", "in the last month"), (">4w", "longer ago"))
EXAMPLES = {
    Field.SCORE: ((">=70", "urgent"), ("50..80", "in between"), ("<40", "can wait"), ("none", "not scored")),
    Field.HOURS: (
        ("<4", "under half a day"),
        ("4..16", "up to 2 days"),
        (">16", "more"),
        ("none", "no estimate"),
    ),
    Field.VOTES: ((">=3", "wanted by several"), (">0", "wanted by somebody"), ("0", "by nobody yet")),
    Field.UPDATED: _TIMES,
    Field.CREATED: _TIMES,
}
STARTS = (
    ("assignee:me", "what is mine"),
    ("is:open", "not ended yet"),
    ("is:inbox", "waiting for a decision"),
    ("is:blocked", "waiting for something"),
    ("priority:critical,high", "most urgent"),
    ("assignee:none", "nobody's"),
    ("updated:7d", "changed in the last week"),
)
# Where a value is looked for that was typed without its field: what people mean most often first.
_OF_VALUES = (Field.IS, Field.PRIORITY, Field.STATUS, Field.CATEGORY, Field.COMPLEXITY, Field.SOURCE)

_TOKEN = re.compile(r'-?[^\W\d][\w-]*:(?:"[^"]*(?:"|$)|[^\s"])*|-?"[^"]*(?:"|$)|\S+')
_NAMED = re.compile(r"(-?)([^\W\d][\w-]*):")
_BARE = re.compile(r"(-?)([^\W\d][\w-]*)")
_VALUE = re.compile(r'"[^"]*(?:"|$)|[^,"]*')


@dataclass(frozen=True, slots=True)
class Choices:
    """The team's own values, as the board knows them, in the order in which they are offered."""

    areas: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Put `text` in the place of `typed[start:end]`; `label` is what it says to a person, `note` what it means."""

    start: int
    end: int
    text: str
    label: str
    note: str = ""

    def applied_to(self, typed: str) -> str:
        """The line after it was taken."""
        return typed[: self.start] + self.text + typed[self.end :]


def suggest(typed: str, cursor: int, choices: Choices) -> tuple[Suggestion, ...]:
    """What could stand at the cursor, the likeliest first; at most `MOST`.

    Names of fields and values are completed from their beginning, values also from the beginning of any of their
    words. For an empty line it suggests where to begin; between two words nothing.

    Args:
        cursor: a place in `typed`, from 0 to its length; one beyond is taken as the nearest.
    """
    place = max(0, min(cursor, len(typed)))
    if not typed.strip():
        return tuple(Suggestion(0, len(typed), f"{text} ", text, note) for text, note in STARTS)
    token = next((one for one in _TOKEN.finditer(typed) if one.start() < place <= one.end()), None)
    if token is None:
        return ()
    named = _NAMED.match(token[0])
    if named and place >= token.start() + named.end():
        found = _values(typed, token, named, place, choices)
    else:
        found = _names(typed, token, place, choices)
    return _distinct(found, typed)


def _names(typed: str, token: re.Match[str], place: int, choices: Choices) -> Iterator[Suggestion]:
    """Fields that begin like the word at the cursor, then values that do."""
    bare = _BARE.match(token[0])
    if not bare or not token[0][: place - token.start()].startswith(bare[0][: place - token.start()]):
        return
    begun = typed[token.start() + len(bare[1]) : place].casefold()
    rest = token[0][bare.end() :]
    if not begun or (rest and not rest.startswith(":")):
        return
    end = token.start() + bare.end() + len(rest[:1])
    for field in Field:
        if field.startswith(begun):
            text = f"{bare[1]}{field}:"
            yield Suggestion(token.start(), end, text, text, FIELD_NOTES[field])
    if rest or len(begun) < SHORTEST_VALUE:
        return
    for field, value in _all_values(choices, with_own=len(begun) >= SHORTEST_OWN_VALUE):
        if value.casefold().startswith(begun):
            label = f"{bare[1]}{field}:{written(value)}"
            yield Suggestion(token.start(), end, _closed_off(label, typed, end), label)


def _values(
    typed: str, token: re.Match[str], named: re.Match[str], place: int, choices: Choices
) -> Iterator[Suggestion]:
    """Values of the field at the cursor that go on like what is typed of them."""
    try:
        field = Field(named[2].lower())
    except ValueError:
        return
    listed = list(_listed(token, named.end()))
    start, end = next((one for one in listed if one[0] <= place <= one[1]), listed[-1])
    begun = typed[start:place].strip('"').casefold()
    others = {typed[first:last].strip('"').casefold() for first, last in listed if first != start}
    prefix = f"{named[1]}{field}:"
    for text, note in _matching(_known(field, choices), begun):
        if text.strip('"').casefold() not in others:
            yield Suggestion(start, end, _closed_off(text, typed, end), f"{prefix}{text}", note)


def _listed(token: re.Match[str], offset: int) -> Iterator[tuple[int, int]]:
    """Start and end of each value of a comma list, as places in the whole line; at least one, perhaps empty."""
    at = offset
    while True:
        value = _VALUE.match(token[0], at)
        end = value.end() if value else at
        yield token.start() + at, token.start() + end
        if end >= len(token[0]) or token[0][end] != ",":
            return
        at = end + 1


def _matching(known: Iterable[tuple[str, str]], begun: str) -> Iterator[tuple[str, str]]:
    later = []
    for text, note in known:
        plain = text.strip('"').casefold()
        if plain.startswith(begun):
            yield text, note
        elif any(word.startswith(begun) for word in re.split(r"[\W_]+", plain)):
            later.append((text, note))
    yield from later


def _known(field: Field, choices: Choices) -> Iterator[tuple[str, str]]:
    """The values that the field is known to have, as they are written, with what they mean."""
    own = {Field.AREA: choices.areas, Field.ASSIGNEE: choices.assignees, Field.TAG: choices.tags}
    if field in EXAMPLES:
        yield from EXAMPLES[field]
        return
    for value in closed_values(field):
        yield value, ""
    if field is Field.ASSIGNEE:
        yield Special.ME.value, "what is mine"
    for value in own.get(field, ()):
        yield written(value), ""
    if field in own:
        yield Special.NONE.value, "without"


def _all_values(choices: Choices, *, with_own: bool) -> Iterator[tuple[Field, str]]:
    for field in _OF_VALUES:
        for value in closed_values(field):
            if value != Special.NONE.value:
                yield field, value
    if with_own:
        for field, values in (
            (Field.AREA, choices.areas),
            (Field.ASSIGNEE, choices.assignees),
            (Field.TAG, choices.tags),
        ):
            for value in values:
                yield field, value


def _closed_off(text: str, typed: str, end: int) -> str:
    """The text with a space behind it where the line ends, so that one can go on."""
    return f"{text} " if end == len(typed) else text


def _distinct(found: Iterable[Suggestion], typed: str) -> tuple[Suggestion, ...]:
    """The first few that differ and would change something."""
    kept: dict[str, Suggestion] = {}
    for one in found:
        if one.applied_to(typed).strip() != typed.strip():
            kept.setdefault(one.label, one)
        if len(kept) == MOST:
            break
    return tuple(kept.values())
