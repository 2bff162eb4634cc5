"""Cuts Python source of any version into tokens, f-strings with their parts.

Written for hostile source: the only recursion is that of f-strings in f-strings, and that is bounded.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

# Python itself refuses more than 150.
DEEPEST = 40
_TOKEN = re.compile(
    r"""(?P<space>[ \t\f]+|\\(?:\r\n|\r|\n))
      | (?P<newline>\r\n|\r|\n)
      | (?P<comment>\#[^\r\n]*)
      | (?P<string>(?:[rRbBuU]|[fFtT]|[rR][bBfFtT]|[bBfFtT][rR])?(?:\"\"\"|'''|"|'))
      | (?P<name>\w+)
      | (?P<op>[=!<>:]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_REST_OF_STRING = {
    "'": re.compile(r"(?:\\(?:\r\n|.)|[^\\'\r\n])*'", re.DOTALL),
    '"': re.compile(r'(?:\\(?:\r\n|.)|[^\\"\r\n])*"', re.DOTALL),
    "'''": re.compile(r"(?:\\.|[^\\])*?'''", re.DOTALL),
    '"""': re.compile(r'(?:\\.|[^\\])*?"""', re.DOTALL),
}
_PLAIN = re.compile(r"[^\\{}'\"\r\n]+")
_NAMED = re.compile(r"\\N\{[^{}]*\}")
LINE_END = re.compile(r"\r\n|\r|\n")
_CONVERSION = re.compile(r"![ \t]*([sra])\s*(?=[:}])")
_DEBUG = re.compile(r"=\s*(?=[!:}])")
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


class Odd(SyntaxError):
    """It is nothing that newer Pythons know either, as far as this module can tell."""


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of an f-string that is shown as it is; `value` has its escapes resolved."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """What stands between braces; `shown` is the text that `{name=}` shows before the value."""

    start: int
    end: int
    shown: str
    conversion: int
    layout: tuple[Text | Field, ...] | None


@dataclass(frozen=True, slots=True)
class Token:
    """One token; an f-string has its prefix and quote as `text`, and its parts."""

    kind: str
    start: int
    end: int
    text: str
    parts: tuple[Text | Field, ...] | None = None


class Scanner:
    """Cuts source into tokens; an f-string is one token, with its parts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nested: list[list[Token]] = []

    def tokens(self, position: int, *, depth: int, inside: bool) -> tuple[list[Token], int]:
        """The tokens from a position on, and where they end: at the end of the source, or of an f-string's field."""
        found: list[Token] = []
        brackets = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise Odd
            kind, piece = match.lastgroup or "", match.group()
            if inside and not brackets and self._ends_field(piece, position):
                return found, position
            token = self._string(match, depth) if kind == "string" else Token(kind, position, match.end(), piece)
            if kind == "op":
                brackets += (piece in OPENING) - (piece in CLOSING)
            found.append(token)
            position = token.end
        if inside:
            raise Odd
        return found, position

    def _ends_field(self, piece: str, position: int) -> bool:
        if piece in {"}", "!", ":", ":="}:
            return True
        return piece == "=" and _DEBUG.match(self.text, position) is not None

    def _string(self, match: re.Match[str], depth: int) -> Token:
        opening = match.group()
        prefix = opening.rstrip("'\"")
        quote = opening[len(prefix) :]
        if not set(prefix.lower()) & {"f", "t"}:
            rest = _REST_OF_STRING[quote].match(self.text, match.end())
            if rest is None:
                raise Odd
            return Token("string", match.start(), rest.end(), self.text[match.start() : rest.end()])
        if depth >= DEEPEST:
            raise RecursionError
        raw = "r" in prefix.lower()
        parts, end = self._parts(match.end(), quote, raw=raw, depth=depth)
        return Token("string", match.start(), end, opening, tuple(parts))

    def _parts(
        self, position: int, quote: str, *, raw: bool, depth: int, layout: bool = False
    ) -> tuple[list[Text | Field], int]:
        """The parts of an f-string up to its closing quote, or of a field's layout up to its closing brace."""
        parts: list[Text | Field] = []
        begun = position
        text = self.text
        while position < len(text):
            character = text[position]
            if (layout and character == "}") or (not layout and text.startswith(quote, position)):
                self._add_text(parts, begun, position, quote, raw=raw)
                return parts, position + (0 if layout else len(quote))
            if plain := _PLAIN.match(text, position):
                position = plain.end()
            elif character == "\\" and text[position + 1 : position + 2] not in {"{", "}"}:
                named = None if raw else _NAMED.match(text, position)
                position = named.end() if named else position + 2
            elif character in "{}" and text.startswith(character * 2, position) and not layout:
                position += 2
            elif character == "{":
                self._add_text(parts, begun, position, quote, raw=raw)
                one, position = self._field(position + 1, quote, raw=raw, depth=depth)
                parts.append(one)
                begun = position
            elif (
                character == "}"
                or (layout and text.startswith(quote, position))
                or (character in "\r\n" and len(quote) == 1)
            ):
                raise Odd
            else:
                position += 1
        raise Odd

    def _field(self, position: int, quote: str, *, raw: bool, depth: int) -> tuple[Field, int]:
        """One field, from behind its opening brace to behind its closing one."""
        if depth >= DEEPEST:
            raise RecursionError
        start = position
        found, end = self.tokens(position, depth=depth + 1, inside=True)
        if not any(token.kind not in {"space", "newline", "comment"} for token in found):
            raise Odd
        self.nested.append(found)
        position, shown, conversion = end, "", -1
        if debug := _DEBUG.match(self.text, position):
            position = debug.end()
            shown = self.text[start:position]
        if match := _CONVERSION.match(self.text, position):
            conversion, position = ord(match.group(1)), match.end()
        layout: tuple[Text | Field, ...] | None = None
        if self.text.startswith(":", position):
            parts, position = self._parts(position + 1, quote, raw=raw, depth=depth + 1, layout=True)
            layout = tuple(parts)
        if not self.text.startswith("}", position):
            raise Odd
        if shown and conversion == -1 and layout is None:
            conversion = ord("r")
        return Field(start, end, shown, conversion, layout), position + 1

    def _add_text(self, parts: list[Text | Field], start: int, end: int, quote: str, *, raw: bool) -> None:
        if start == end:
            return
        body = self.text[start:end].replace("{{", "{").replace("}}", "}")
        if not raw and (len(body) - len(body.rstrip("\\"))) % 2:
            body += "\\"
        try:
            value = body if raw else ast.literal_eval(f"{quote}{body}{quote}")
        except SyntaxError:
            raise Odd from None
        parts.append(Text(start, end, str(value)))
