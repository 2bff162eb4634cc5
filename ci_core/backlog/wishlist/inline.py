"""Inline markdown as plain text, and the lead of a list entry: what stands before the explanation begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ci_core.backlog.wishlist.marks import LEADING_MARKS

# Longer leads are prose; a bound keeps the cost of emphasis matching small.
_INLINE_LIMIT = 1000
_SPECIAL = re.compile(r"[*_`~\[\]<>&\\!\n]")
_FORMAT_TAG = re.compile(
    r"<!--.*?-->|</?(?:br|b|i|u|s|em|strong|del|ins|sub|sup|kbd|mark|small|span|code|a)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
# Raw HTML stays text: a title such as "<img …>" must not vanish.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough"])


# Bold without anything inside or around that could change its meaning, which is nearly all bold there is.
_SIMPLE_BOLD = re.compile(r"\*\*(?=[^\s*])[^*_`\\\[\]<>&~\n]*[^\s*_`\\\[\]<>&~\n]\*\*(?!\*)")
_SIMPLE = re.compile(r"[^*_`~\[\]<>&\\!\n]*")


def inline_tokens(markdown: str) -> list[Token]:
    """The inline tokens of this markdown, cut to a sensible length."""
    return _PARSER.parseInline(markdown[:_INLINE_LIMIT])[0].children or []


def plain_text(markdown: str) -> str:
    """The words of inline markdown without its markup, on one line."""
    if not _SPECIAL.search(markdown):
        return " ".join(markdown.split())
    if (bold := _SIMPLE_BOLD.match(markdown)) and _SIMPLE.fullmatch(markdown, bold.end()):
        return " ".join((bold[0][2:-2] + markdown[bold.end() :]).split())
    words: list[str] = []
    for token in inline_tokens(markdown):
        if token.type == "text":
            words.append(_FORMAT_TAG.sub(" " if "<br" in token.content.lower() else "", token.content))
        elif token.type in {"softbreak", "hardbreak"}:
            words.append(" ")
        elif token.type in {"code_inline", "image"}:
            words.append(token.content)
    return " ".join("".join(words).split())


@dataclass(frozen=True, slots=True)
class Lead:
    """The first line of an entry, taken apart. `marks` are the checkbox and emoji before it."""

    marks: str
    title: str
    rest: str
    bold: bool
    struck: bool


def split_lead(line: str) -> Lead:
    """Takes marks, bold title and explanation of a line apart; without a bold title the line is the title."""
    found = LEADING_MARKS.match(line)
    marks = found[0] if found else ""
    text = line[len(marks) :]
    struck = text.startswith("~~")
    if struck and (end := text.find("~~", 2)) > 0:
        inner = split_lead(text[2:end])
        return Lead(marks + inner.marks, inner.title, inner.rest + text[end + 2 :], inner.bold, True)
    markup = next((sign for sign in ("***", "**", "__") if text.startswith(sign)), "")
    end = _strong_end(text, markup) if markup else -1
    if end < 0:
        return Lead(marks, text, "", False, False)
    return Lead(marks, text[len(markup) : end - len(markup)], text[end:], True, False)


def _strong_end(text: str, markup: str) -> int:
    """Where the bold text at the start ends, after its markup; -1 when it is not bold at all."""
    if markup == "**" and (simple := _SIMPLE_BOLD.match(text)):
        return simple.end()
    place = len(markup)
    for _ in range(4):
        place = text.find(markup, place)
        if place < 0:
            return -1
        place += len(markup)
        if place > _INLINE_LIMIT:
            return -1
        tokens = [token for token in inline_tokens(text[:place]) if token.type != "text" or token.content]
        while len(tokens) > 2 and tokens[0].type == "em_open" and tokens[-1].type == "em_close":
            tokens = [token for token in tokens[1:-1] if token.type != "text" or token.content]
        if tokens and tokens[0].type == "strong_open" and tokens[-1].type == "strong_close":
            return place
    return -1
