"""Texts of people and of the database, made safe for places that read markdown, and words for closed values."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_SPECIAL = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
# Shortcodes (":tada:") and arrows ("->") are replaced after the markdown is read, where no backslash helps.
_REPLACED_LATER = re.compile(r"(?<=:)(?=[\w+/-]+:)|(?<=[<~>=-])(?=[>=-])")
_WORD_JOINER = "\u2060"


def as_text(text: str) -> str:
    """`text` so that a label or a paragraph of markdown shows it letter for letter, on one line."""
    single = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", _REPLACED_LATER.sub(_WORD_JOINER, single))


def shortened(text: str, longest: int = 80) -> str:
    """`text` cut at `longest` characters, with an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def label(value: StrEnum | str) -> str:
    """A closed value in words: "bug_fix" is "Bug fix"."""
    return value.replace("_", " ").capitalize()


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago `moment` was, in words; the date when it is more than a month."""
    age = (now or datetime.now(UTC)) - moment
    if age < timedelta(minutes=1):
        return "just now"
    if age < timedelta(hours=1):
        return f"{age.seconds // 60} min ago"
    if age < timedelta(days=1):
        return f"{age.seconds // 3600} h ago"
    if age < timedelta(days=31):
        return "yesterday" if age.days == 1 else f"{age.days} days ago"
    return f"{moment:%-d %b %Y}" if moment.tzinfo is None else f"{moment.day} {moment:%b %Y}"


def number(value: float | None, unit: str = "") -> str:
    """A figure without needless zeros, or a dash."""
    return "–" if value is None else f"{value:,.10g}{unit}"


def span(days: float, *, short: bool = False) -> str:
    """A length of time that is given in days: "6.0 days" (or "6.0 d"), and below a day the whole hours it fits in."""
    if days >= 1:
        return f"{days:.1f} {'d' if short else 'days'}"
    return f"{max(1, math.ceil(days * 24))} h"
