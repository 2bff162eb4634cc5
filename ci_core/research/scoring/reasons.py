"""Why an item scored as it did, in one or two sentences for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ci_core.research.scoring.cold_start import Look

MOST_WORDS = 3
LONGEST_TITLE = 80
# Below this cosine a text is not about the interest, though no other one is nearer.
NEAR = 0.3
# How far the odds must move before the answers are said to have moved them: a factor of about two.
MOVED = 0.7


@dataclass(frozen=True, slots=True)
class Alike:
    """An item that people accepted, with the cosine to it."""

    finding_id: int
    title: str
    similarity: float


def reason_for(look: Look, alike: Sequence[Alike], moved: float, answers: int) -> str:
    """Names the nearest interest, the words that mattered, and accepted items like it.

    Args:
        moved: what the answers added to the logit of the cold start.
        answers: how many answers there are.
    """
    return " ".join(part for part in (_about(look), _from_answers(look, alike, moved, answers)) if part)


def _about(look: Look) -> str:
    words = _listed([f"“{word}”" for word in look.words[:MOST_WORDS]])
    if look.unwanted and look.unwanted_similarity >= NEAR:
        return f"Near to what you do not want, “{_short(look.unwanted)}”" + (
            f", though it has {words}." if words else "."
        )
    if look.interest and look.similarity >= NEAR:
        return f"Near to your interest “{_short(look.interest)}”" + (f": it has {words}." if words else ".")
    if words:
        return f"It has {words}, but is near to none of your interests."
    return "It is near to none of your interests and has none of your keywords."


def _from_answers(look: Look, alike: Sequence[Alike], moved: float, answers: int) -> str:
    if alike:
        return f"You accepted “{_short(alike[0].title)}”, which is like it."
    if answers and moved >= MOVED:
        return "Your answers so far speak for it."
    if answers and moved <= -MOVED:
        return "You refused things like it, or passed them by."
    if look.idea is not None and look.idea_similarity >= NEAR * 2:
        return f"It is like your open enhancement “{_short(look.idea.title)}”."
    return ""


def _short(text: str) -> str:
    if len(text) <= LONGEST_TITLE:
        return text
    return text[: text.rfind(" ", 0, LONGEST_TITLE) if " " in text[:LONGEST_TITLE] else LONGEST_TITLE] + "…"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
