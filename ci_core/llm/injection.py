"""Recognises text that speaks to a model instead of to its reader."""

from __future__ import annotations

import re
import unicodedata

from ci_core.llm.fencing import INVISIBLE

LONGEST = 50_000
_RULES = r"(?:instructions?|prompts?|rules|guidelines|directions|anweisungen|consignes|instrucciones|istruzioni)"
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:ignore|disregard|forget|override|bypass|ignoriere\w*|ignorez|ignora)\s+(?:[\w']+\s+){{0,4}}{_RULES}\b",
        r"\b(?:score|rate|rank|grade|mark|give)\s+(?:this|it|me|us|the above|that|everything)\b[^.\n]{0,40}?"
        r"\b(?:100|10\s*/\s*10|the highest|the maximum|maximum|highest|top|perfect)\b",
        r"\byou are (?:now |actually )?(?:an? |the )?(?:ai|llm|language model|chat ?gpt|assistant|scorer|grader|dan)\b",
        r"\b(?:note|message|attention|hint|instructions?) (?:to|for) (?:the |any |all )?(?:ai|llm|language model|model|"
        r"assistant|scorer|reviewer|agent|bot)s?\b",
        r"\b(?:if|when) you(?:'re| are) (?:an? )?(?:ai|llm|language model|bot|agent)\b",
        r"\b(?:system|developer|new)\s+(?:prompt|message|instructions?)\s*[:=]",
        r"[\"']?\b(?:relevance|novelty|applicability)(?:_score)?\b[\"']?\s*[:=]\s*\d{1,3}\b",
        r"<\|(?:im_start|im_end|system|user|assistant|eot_id|start_header_id|endoftext)\|>|\[/?INST\]|<</?SYS>>",
        r"<<<\s*(?:DATA|END)\b",
    )
)


def speaks_to_a_model(text: str) -> str | None:
    """The first words that are meant for a model, at most 80 characters of them; None where there are none.

    An article *about* such attacks quotes them as well, so this alone is no reason to refuse a text.
    """
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:LONGEST]))
    found = [match for pattern in PATTERNS if (match := pattern.search(plain))]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    return " ".join(first.group().split())[:80]
