"""What a chat model has to answer about a finding. Its words are data too: cut, on one line, nothing hidden in them."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LONGEST_REASON = 400
LONGEST_SUMMARY = 800
LONGEST_WORD = 60
MOST_WORDS = 8


def _plain(text: str, most: int) -> str:
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(visible.split())
    if len(line) <= most:
        return line
    return (line[: most - 1].rsplit(" ", 1)[0] or line[: most - 1]).rstrip(" ,;:") + "…"


def _sentence(most: int) -> AfterValidator:
    def clean(text: str) -> str:
        line = _plain(text, most)
        if not line:
            raise ValueError("is empty")
        return line

    return AfterValidator(clean)


def _words(words: list[str]) -> list[str]:
    cleaned = [_plain(word, LONGEST_WORD) for word in words]
    return list({word.lower(): word for word in reversed(cleaned) if word}.values())[::-1][:MOST_WORDS]


Figure = Annotated[float | None, Field(strict=True, ge=0, le=100)]
Words = Annotated[list[str], AfterValidator(_words)]


class FindingScores(BaseModel):
    """What a finding is worth to the team. Figures are 0 to 100, or null where the text does not let you know."""

    model_config = ConfigDict(extra="ignore")

    relevance: Figure
    novelty: Figure
    applicability: Figure
    difficulty: Figure
    confidence: Figure
    reason: Annotated[str, _sentence(LONGEST_REASON)]
    summary: Annotated[str, _sentence(LONGEST_SUMMARY)]
    keywords: Words
    technologies: Words
