"""Titles as people write them: "### ✅ 1.2 ~~Dark mode~~ (2 hours) [L] - DONE" is a name with marks around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ci_core.backlog.wishlist.effort import SIZES, TOTAL, hours_in, is_duration, level_in, size_in
from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.marks import CHECKBOX, DONE_SIGNS, EMOJI, signs_in, spell_signs, without_emoji
from db.enums import Category, Complexity, Priority

TITLE_LIMIT = 200

_KINDS = (
    "feature request|feature|enhancement|wish|idea|request|item|improvement|proposal|issue|bug|task|epic|user story"
    "|story"
    "|requirement|fix|suggestion|use case|project|initiative|todo|wishlist item|enhancement request|ticket|problem"
    "|change"
)
_IDENTIFIERS = (
    # "Feature 3: Title", "Request #12 - Title", "Idea A: Title"
    re.compile(rf"^(?:{_KINDS})\s*#?\s*(?P<id>\d+(?:\.\d+)*|[A-Z](?=\s*[:.)]))\s*(?:[:.)–—|-]\s*|$)", re.IGNORECASE),
    # dotted numbers: "1.1 Title", "1.2.3. Title", "1.1: Title", "B.2 Title"
    re.compile(r"^(?P<id>(?:\d+|[A-Z])(?:\.\d+)+)(?:[.):]\s*|\s*[-–—]\s+|\s+(?![-–—xX%]|\d)|$)"),
    # "ML-001: Title", "[TD-1] Title", "FR_12 - Title", "F1: Title"; not P0, Q1, H2, which are no names
    re.compile(r"^\[(?P<id>[A-Z][A-Z0-9]{0,7}[-_]\d{1,5}(?:\.\d+)?)\]\s*[:.–—-]?\s*"),
    re.compile(
        r"^(?!(?:Q[1-4]|H[12])[-_ ]?(?:20)?\d{2}\b)(?P<id>[A-Z][A-Z0-9]{0,7}(?:-[A-Z0-9]{1,8})?[-_]\d{1,5}(?:\.\d+)?)"
        r"(?:[.:)]\s*|\s+[-–—|]\s+|$)"
    ),
    re.compile(r"^(?P<id>[A-Z][A-Z0-9]{0,7}[-_]0\d{1,4})\s+"),
    re.compile(r"^(?![PQVH]\d\b)(?P<id>[A-Z]{1,4}\d{1,4}(?:\.\d+)*)(?:[.:)]\s+|\s+[-–—]\s+)"),
    # "43. Title", "7) Title", "#12 Title", "3 - Title", "3: Title"
    re.compile(r"^#(?P<id>\d{1,6})(?:[.):]\s*|\s*[-–—]\s+|\s+)"),
    re.compile(r"^\(?(?P<id>\d{1,4})(?:[.)]\s*(?!\d)|:\s+|\s+[-–—]\s+)"),
    # letters and Roman numerals: "A. Title", "b) Title", "IV. Title"
    re.compile(r"^\(?(?P<id>[IVX]{1,5}|[A-Za-z])[.)]\s+(?=\S)"),
)
# Control characters, byte order marks and marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_KIND_PREFIX = re.compile(rf"^(?P<kind>{_KINDS})\s*:\s+(?=\S)", re.IGNORECASE)
_CALLED = re.compile(rf"^(?:{_KINDS})\b", re.IGNORECASE)
_PLACE_PREFIX = re.compile(
    r"^(?:category|area|section|theme|module|part|component|domain|group|topic|track)\s*(?:\d{1,2}|[A-Z])?"
    r"\s*(?::|\s[-–—])\s+(?=\S)",
    re.IGNORECASE,
)
_BRACKETED_END = re.compile(r"\s*(?:\(([^()]*)\)|\[([^\[\]]*)\]|\{([^{}]*)\})\s*$")
_BRACKETED_START = re.compile(r"^\s*(?:\(([^()]*)\)|\[([^\[\]]*)\])\s*:?\s*")
_TAIL = re.compile(r"\s+(?:-{1,2}|–|—|\||:|→)\s+([^-–—|:→]{1,40})$")
_DONE = re.compile(
    r"^(?:(?:fully|all|now|already)\s+)?(?:done|completed?|implemented|shipped|released|finished|delivered|deployed|"
    r"fixed|resolved|merged|closed|live|working)\b(?!\s+(?:by|when|in q))[!.]*",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"^(?:new!?|in[- ]progress|wip|planned|to ?do|not started|pending|proposed|idea|concept|future|optional|deferred"
    r"|blocked|"
    r"partial(?:ly)?(?: (?:done|complete|completed|implemented))?|research|backlog|open|quick win|coming soon|tbd"
    r"|draft|"
    r"under (?:review|consideration)|in (?:review|development|design)|recommended|easy|beta|mvp|experimental"
    r"|\d+ (?:votes?|upvotes?|requests?))!?$",
    re.IGNORECASE,
)
_LEVEL_WORD = (
    r"critical|urgent|blocker|highest|high|medium|med|moderate|normal|low|lowest"
    r"|must[- ]have|should[- ]have|nice[- ]to[- ]have|could[- ]have"
)
_PRIORITY = re.compile(
    rf"^(?:(?:priority|prio)\s*[:=-]?\s*(?P<a>{_LEVEL_WORD}|\d|p\d)|(?P<b>{_LEVEL_WORD})(?:[- ](?:priority|prio))?"
    rf"|(?P<c>p[0-5]))$",
    re.IGNORECASE,
)
_RATED = re.compile(
    r"^(?:very |extremely )?(?:high|medium|low|moderate|big|small)[- ](?P<a>effort|impact|value|complexity|risk|roi)$"
    r"|^(?P<b>effort|complexity|difficulty|impact|value|size|estimate|time|risk|roi|status|owner|eta)\s*[:=]\s*\S.*$",
    re.IGNORECASE,
)
_KIND_MARKS = {
    "bug": Category.BUG_FIX,
    "bugfix": Category.BUG_FIX,
    "bug fix": Category.BUG_FIX,
    "fix": Category.BUG_FIX,
    "feature": Category.NEW_FEATURE,
    "new feature": Category.NEW_FEATURE,
    "feat": Category.NEW_FEATURE,
    "enhancement": Category.ENHANCEMENT,
    "improvement": Category.ENHANCEMENT,
    "performance": Category.PERFORMANCE,
    "perf": Category.PERFORMANCE,
    "security": Category.SECURITY,
    "refactor": Category.REFACTORING,
    "refactoring": Category.REFACTORING,
    "tech debt": Category.REFACTORING,
    "technical debt": Category.REFACTORING,
    "docs": Category.DOCUMENTATION,
    "documentation": Category.DOCUMENTATION,
    "test": Category.TESTING,
    "tests": Category.TESTING,
    "testing": Category.TESTING,
}
_LEVELS = {
    "critical": Priority.CRITICAL,
    "urgent": Priority.CRITICAL,
    "blocker": Priority.CRITICAL,
    "highest": Priority.CRITICAL,
    "must": Priority.CRITICAL,
    "p0": Priority.CRITICAL,
    "0": Priority.CRITICAL,
    "high": Priority.HIGH,
    "should": Priority.HIGH,
    "important": Priority.HIGH,
    "p1": Priority.HIGH,
    "1": Priority.HIGH,
    "medium": Priority.MEDIUM,
    "med": Priority.MEDIUM,
    "moderate": Priority.MEDIUM,
    "normal": Priority.MEDIUM,
    "could": Priority.MEDIUM,
    "p2": Priority.MEDIUM,
    "2": Priority.MEDIUM,
    "low": Priority.LOW,
    "lowest": Priority.LOW,
    "nice": Priority.LOW,
    "optional": Priority.LOW,
    "p3": Priority.LOW,
    "p4": Priority.LOW,
    "p5": Priority.LOW,
    "3": Priority.LOW,
    "4": Priority.LOW,
    "5": Priority.LOW,
}


def priority_word(text: str) -> Priority | None:
    """The priority that a field value such as "High", "P1", "🔴 Critical (blocks release)" or "Must have" names."""
    found = re.match(r"[a-z]+\d?|\d(?!\d*\s*/)", without_emoji(text).strip(" *_`([").lower())
    return _LEVELS.get(found[0]) if found else None


@dataclass(slots=True)
class Label:
    """A title taken apart."""

    text: str
    identifier: str | None = None
    checked: bool | None = None
    done: bool = False
    priority: Priority | None = None
    category: Category | None = None
    complexity: Complexity | None = None
    size: str | None = None
    hours: float | None = None
    signs: tuple[str, ...] = ()
    called: bool = False  # numbered by a word for one wish: "Feature 3: …"
    full: str = field(default="", compare=False)

    @property
    def completed(self) -> bool:
        """Done by a ticked box, a check mark, a word or by being struck through."""
        return self.done or bool(self.checked) or any(sign in DONE_SIGNS for sign in self.signs)


def read_label(markdown: str, *, numbered: bool = True) -> Label:
    """Takes the title out of its marks. With `numbered` false a leading number belongs to the title."""
    text = _UNSEEN.sub("", spell_signs(plain_text(markdown)))
    label = Label("", full=without_emoji(text))
    label.done = bool(re.match(r"^\W*~~", markdown)) and markdown.rstrip().rstrip("*_) ").endswith("~~")
    label.signs = signs_in(text)
    rest = _strip_start(text, label, numbered)
    rest = _strip_end(rest, label)
    rest = without_emoji(rest).strip(" \t")
    label.text = shorten(rest.rstrip(" :–—-").lstrip(":–—-. ") if len(rest) > 1 else rest)
    return label


def shorten(text: str) -> str:
    """A title no longer than the board can show, cut between words."""
    if len(text) <= TITLE_LIMIT:
        return text
    cut = text[: TITLE_LIMIT - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[100:] else cut).rstrip(" ,;:–—-") + "…"


def _strip_start(text: str, label: Label, numbered: bool) -> str:
    for _ in range(8):
        before = text
        text = text.lstrip()
        if emoji := EMOJI.match(text):
            text = text[emoji.end() :].lstrip(" \t:–—|") or text[emoji.end() :]
        if box := CHECKBOX.match(text):
            label.checked = box[1] != " "
            text = text[box.end() :]
        if numbered and label.identifier is None and (number := _identifier(text)):
            label.called = bool(_CALLED.match(text))
            label.identifier, text = number
        if kind := _KIND_PREFIX.match(text):
            label.category = label.category or _KIND_MARKS.get(kind["kind"].lower().replace("problem", "bug"))
            text = text[kind.end() :]
        elif place := _PLACE_PREFIX.match(text):
            text = text[place.end() :]
        if (bracket := _BRACKETED_START.match(text)) and take_note(bracket[1] or bracket[2] or "", label, start=True):
            text = text[bracket.end() :]
        if state := re.match(r"^(DONE|COMPLETED?|IMPLEMENTED|FIXED)\s*[:–—-]\s+(?=\S)", text):
            label.done = True
            text = text[state.end() :]
        if text == before:
            break
    return text


def _strip_end(text: str, label: Label) -> str:
    for _ in range(8):
        before = text
        text = EMOJI.sub("", text[-12:]).rstrip().join([text[:-12], ""]) if EMOJI.search(text[-12:]) else text
        text = text.rstrip()
        if (bracket := _BRACKETED_END.search(text)) and bracket.start() > 0:
            note = bracket[1] or bracket[2] or bracket[3] or ""
            if take_note(note, label, brackets=bracket[0].strip()[0]):
                text = text[: bracket.start()]
        tail = _TAIL.search(text)
        if (
            tail
            and tail.start() > 0
            and (_DONE.fullmatch(tail[1].strip()) or is_duration(tail[1]) or _is_priority_phrase(tail[1]))
        ):
            take_note(tail[1], label)
            text = text[: tail.start()]
        if state := re.search(r"\s+[-–—:]?\s*(?:DONE|COMPLETED?|IMPLEMENTED)[!.]*$", text):
            label.done = True
            text = text[: state.start()]
        if text == before:
            break
    return text


def _is_priority_phrase(text: str) -> bool:
    return bool(
        re.fullmatch(
            rf"(?:(?:{_LEVEL_WORD})[- ]priority|priority[: ]+(?:{_LEVEL_WORD})|p[0-5])", text.strip(), re.IGNORECASE
        )
    )


def _identifier(text: str) -> tuple[str, str] | None:
    for pattern in _IDENTIFIERS:
        if found := pattern.match(text):
            return found["id"], text[found.end() :]
    return None


def take_note(note: str, label: Label, *, start: bool = False, brackets: str = "(") -> bool:
    """Puts what a bracket says into the label; False (and nothing taken) when it is part of the title instead."""
    words = without_emoji(note).strip(" *_`")
    if not words:
        return bool(note)
    parts = [part.strip() for part in re.split(r"[,;|•·]", words) if part.strip()]
    seen = Label("")
    for part in parts:
        if not _take_part(part, seen, start=start, brackets=brackets):
            return False
    label.priority = label.priority or seen.priority
    label.category = label.category or seen.category
    label.complexity = label.complexity or seen.complexity
    label.size = label.size or seen.size
    label.hours = seen.hours if label.hours is None else label.hours
    label.done = label.done or seen.done
    return True


def _take_part(part: str, label: Label, *, start: bool, brackets: str) -> bool:
    if is_duration(part):
        label.hours = label.hours if TOTAL.search(part) else hours_in(part)
        return True
    if found := _PRIORITY.match(part):
        if label.priority is not None:
            return False
        label.priority = priority_word(found["a"] or found["b"] or found["c"])
        return True
    if (brackets == "[" or start) and part.lower() in _KIND_MARKS:
        label.category = _KIND_MARKS[part.lower()]
        return True
    if part in SIZES or (size_in(part) and re.match(r"size|effort", part, re.IGNORECASE)):
        label.size = size_in(part)
        return True
    if found := _RATED.match(part):
        if (found["a"] or found["b"]).lower() in {"effort", "complexity", "difficulty", "size", "estimate", "time"}:
            value = re.split(r"[:=]", part, maxsplit=1)[-1]
            label.complexity, label.hours, label.size = level_in(value), hours_in(value), size_in(value)
        return True
    if re.match(r"(?:depends on|blocked by|requires|needs|after)\s+(?:#\d|[A-Z]+-\d)", part, re.IGNORECASE):
        return True
    if start and brackets != "[":
        return False
    if _DONE.fullmatch(part):
        label.done = True
        return True
    return bool(_OPEN.match(part))
