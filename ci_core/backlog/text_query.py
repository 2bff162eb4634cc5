"""Free text as people type it in a search box → a full-text query of PostgreSQL.

Words must all occur; `"quoted words"` must stand together; `-word` must not occur; `OR` separates alternatives. An
identifier such as `options_flow_tracker.py` is searched as its words in a row, and the last word may be unfinished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, literal
from sqlalchemy.dialects.postgresql import REGCONFIG

TOKEN = re.compile(r'-?"[^"]*"?|\S+')
WORD = re.compile(r"[^\W_]+")
# Shorter beginnings have so many continuations that they are no search yet.
SHORTEST_BEGINNING = 3
MOST_TERMS = 32


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand together; `unfinished`: the last one may go on."""

    words: tuple[str, ...]
    quoted: bool = False
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What was typed: alternatives of which each is a list of terms, and what must not occur."""

    alternatives: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...]

    @property
    def meaning(self) -> str:
        """The words to compare by meaning."""
        return " ".join(word for terms in self.alternatives for term in terms for word in term.words)

    @property
    def phrases(self) -> tuple[Term, ...]:
        """Quoted terms of a query without alternatives: whoever quotes wants exactly these words."""
        return tuple(term for term in self.alternatives[0] if term.quoted) if len(self.alternatives) == 1 else ()


def read_text(text: str) -> TextQuery:
    """Take the text apart; every text means something, if only nothing at all. At most 32 terms count."""
    alternatives: list[list[Term]] = [[]]
    excluded: list[Term] = []
    tokens = TOKEN.findall(text)[:MOST_TERMS]
    for place, typed in enumerate(tokens):
        if typed == "OR":
            alternatives.append([])
            continue
        body = typed.removeprefix("-")
        words = tuple(WORD.findall(body))
        if not words:
            continue
        if typed.startswith("-"):
            excluded.append(Term(words))
        else:
            quoted = body.startswith('"')
            last = place == len(tokens) - 1 and text.endswith(words[-1])
            unfinished = last and not quoted and len(words[-1]) >= SHORTEST_BEGINNING
            alternatives[-1].append(Term(words, quoted, unfinished))
    return TextQuery(tuple(tuple(terms) for terms in alternatives if terms), tuple(excluded))


def wanted_tsquery(query: TextQuery) -> ColumnElement[Any] | None:
    """The tsquery of what must occur; None where nothing must."""
    return _any([_all([_term(term) for term in terms]) for terms in query.alternatives])


def any_tsquery(terms: tuple[Term, ...]) -> ColumnElement[Any] | None:
    """The tsquery that one of these terms occurs; None without terms."""
    return _any([_term(term) for term in terms])


def all_tsquery(terms: tuple[Term, ...]) -> ColumnElement[Any] | None:
    """The tsquery that all of these terms occur; None without terms."""
    return _all([_term(term) for term in terms]) if terms else None


def as_text(query: ColumnElement[Any] | None) -> ColumnElement[str]:
    """The tsquery as text, so that it can be sent back; empty for none, or when it has only words like "the"."""
    return literal("") if query is None else cast(query, Text)


def _term(term: Term) -> ColumnElement[Any]:
    words = " ".join(term.words)
    whole = func.phraseto_tsquery(_config("english"), words)
    if not term.unfinished:
        return whole
    beginning: ColumnElement[Any] = func.to_tsquery(_config("simple"), f"'{term.words[-1].lower()}':*")
    if len(term.words) > 1:
        beginning = func.phraseto_tsquery(_config("english"), " ".join(term.words[:-1])).op("<->")(beginning)
    return case(
        # A lone word such as "the" has no english query; its beginning alone would demand what nobody asked for.
        (func.numnode(whole) == 0, whole),
        # The beginning finds the whole word too, unless that is stored under its stem.
        (whole == func.phraseto_tsquery(_config("simple"), words), beginning),
        else_=whole.op("||")(beginning),
    )


def _config(name: str) -> ColumnElement[Any]:
    return cast(literal(name), REGCONFIG)


def _all(queries: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    combined = queries[0]
    for query in queries[1:]:
        combined = combined.op("&&")(query)
    return combined


def _any(queries: list[ColumnElement[Any]]) -> ColumnElement[Any] | None:
    combined = queries[0] if queries else None
    for query in queries[1:]:
        combined = combined.op("||")(query) if combined is not None else query
    return combined
