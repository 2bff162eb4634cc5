"""Syntax that the running Python does not know yet, expressed so that it does; see `syntax.parse`.

The source is cut into tokens; what is newer gets a stand-in of the same extent, so that all other nodes keep their
lines and columns. After Python has parsed that, the stand-ins give way to what they stand for. This needs no second
parser: the only recursion is that of f-strings in f-strings, and that is bounded, because the source may be hostile.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar

from ci_core.health.tokens import CLOSING, LINE_END, OPENING, Field, Odd, Scanner, Text, Token

Tree = TypeVar("Tree", bound=ast.AST)

_TYPE_ALIAS = re.compile(r"type[ \t]+([^\W\d]\w*)[ \t]*(?=[=\[])")
_GENERIC = re.compile(r"(?:def|class)[ \t]+[^\W\d]\w*[ \t]*(?=\[)")


class _Place(TypedDict):
    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


@dataclass(slots=True)
class _Edit:
    """A piece of the source with what Python gets to see instead; `strings` are what the stand-in stands for."""

    start: int
    end: int
    shown: str = ""
    strings: list[Token] = field(default_factory=list)


def parse(text: str) -> ast.Module | None:
    """The tree of source that uses newer syntax; None where nothing newer was found in it.

    Raises:
        SyntaxError: there is newer syntax in it, and something that is wrong in every Python.
        RecursionError: it is nested too deeply.
    """
    lowering = _Lowering(text)
    try:
        lowering.find()
    except Odd:
        return None
    return lowering.module() if lowering.edits else None


class _Lowering:
    """Finds what is newer in a source, and makes its tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.edits: list[_Edit] = []
        self._starts: list[int] = []
        self._lines = [0, *(match.end() for match in LINE_END.finditer(text))]
        self._plain = text.isascii()
        # Line and column of a stand-in or of an `except` → what it stands for, or how many commas it had.
        self._strings: dict[tuple[int, int], _Edit] = {}
        self._handlers: dict[tuple[int, int], int] = {}

    def find(self) -> None:
        """Collect what is to be replaced."""
        scanner = Scanner(self.text)
        found, _ = scanner.tokens(0, depth=0, inside=False)
        self._find_strings(found, brackets=0)
        for tokens in scanner.nested:
            self._find_strings(tokens, brackets=1)
        self._find_statements(found)
        self.edits.sort(key=lambda edit: edit.start)
        self._starts = [edit.start for edit in self.edits]

    def _find_strings(self, tokens: list[Token], *, brackets: int) -> None:
        """Strings that stand side by side are one; it is replaced where one of them has fields."""
        group: list[Token] = []
        for token in [*tokens, Token("op", len(self.text), len(self.text), "")]:
            if token.kind == "string":
                group.append(token)
                continue
            if token.kind in {"space", "comment"} or (token.kind == "newline" and brackets):
                continue
            if token.kind == "op":
                brackets += (token.text in OPENING) - (token.text in CLOSING)
            if any(string.parts is not None for string in group):
                edit = _Edit(group[0].start, group[-1].end, strings=group)
                self.edits.append(edit)
                self._strings[self._position(edit.start)] = edit
            group = []

    def _find_statements(self, tokens: list[Token]) -> None:
        code = [token for token in tokens if token.kind not in {"space", "comment"}]
        begins = True
        brackets = 0
        for index, token in enumerate(code):
            if token.kind == "name" and not brackets:
                self._find_statement(code, index, begins=begins)
            if token.kind == "op":
                brackets += (token.text in OPENING) - (token.text in CLOSING)
            begins = not brackets and (token.kind == "newline" or token.text in {";", ":"})

    def _find_statement(self, code: list[Token], index: int, *, begins: bool) -> None:
        token = code[index]
        if token.text in {"def", "class"} and (match := _GENERIC.match(self.text, token.start)):
            self._drop_brackets(code, match.end())
        elif token.text == "type" and begins and (match := _TYPE_ALIAS.match(self.text, token.start)):
            end = match.end()
            if self.text[end] == "[":
                end = self._drop_brackets(code, end)
                self.edits.pop()
            self.edits.append(_Edit(token.start, end, match.group(1)))
        elif token.text == "except":
            self._find_commas(code, index)

    def _drop_brackets(self, code: list[Token], start: int) -> int:
        """Leave out a list of type parameters; returns where it ends."""
        depth = 0
        first = bisect_left(code, start, key=lambda token: token.start)
        for token in code[first:]:
            depth += (token.text in OPENING) - (token.text in CLOSING) if token.kind == "op" else 0
            if not depth:
                self.edits.append(_Edit(start, token.end))
                return token.end
        raise Odd

    def _find_commas(self, code: list[Token], index: int) -> None:
        depth, commas = 0, []
        for token in code[index + 1 :]:
            if not depth and (token.kind == "newline" or token.text in {":", "as"}):
                break
            if token.kind == "op":
                depth += (token.text in OPENING) - (token.text in CLOSING)
                if token.text == "," and not depth:
                    commas.append(token)
        if commas:
            self.edits.extend(_Edit(comma.start, comma.end, "|") for comma in commas)
            self._handlers[self._position(code[index].start)] = len(commas)

    def module(self) -> ast.Module:
        """The whole tree."""
        return self._restored(ast.parse(self._shown(0, len(self.text)) + "\n"))

    def _shown(self, start: int, end: int) -> str:
        """A stretch of the source as Python gets to see it."""
        pieces = []
        position = start
        for edit in self.edits[bisect_left(self._starts, start) :]:
            if edit.end > end:
                break
            if edit.start >= position:
                pieces += [self.text[position : edit.start], self._stand_in(edit)]
                position = edit.end
        return "".join([*pieces, self.text[position:end]])

    def _stand_in(self, edit: _Edit) -> str:
        """What is shown instead, with the lines and the columns of what it replaces."""
        lines = LINE_END.split(self.text[edit.start : edit.end])
        last = _bytes(lines[-1])
        if not edit.strings:
            shown, rest = edit.shown, " " * last
        else:  # a string that ends in the same column: an f-string's last line has two characters or more, `}"`
            shown, rest = "''", f"'{' ' * (last - 2)}'"
        if len(lines) == 1:
            return rest if edit.strings else shown.ljust(last)
        return shown + " \\\n" * (len(lines) - 1) + rest

    def _restored(self, tree: Tree) -> Tree:
        """The tree with what the stand-ins stand for; no recursion, because a tree may be deep."""
        for node in ast.walk(tree):
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    value[:] = [self._replaced(child) for child in value]
                elif isinstance(value, ast.Constant):
                    setattr(node, name, self._replaced(value))
            if isinstance(node, ast.ExceptHandler) and (commas := self._handlers.get((node.lineno, node.col_offset))):
                node.type = _as_tuple(node.type, commas)
        return tree

    def _replaced(self, child: object) -> object:
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and not child.value.strip(" "):
            edit = self._strings.get((child.lineno, child.col_offset))
            if edit is not None:
                return self._joined(edit)
        return child

    def _joined(self, edit: _Edit) -> ast.JoinedStr:
        values: list[ast.expr] = []
        for token in edit.strings:
            if token.parts is None:
                _append_text(values, str(ast.literal_eval(token.text)), self._place(token.start, token.end))
            else:
                self._append_parts(values, token.parts)
        return ast.JoinedStr(values=values, **self._place(edit.start, edit.end))

    def _append_parts(self, values: list[ast.expr], parts: Iterable[Text | Field]) -> None:
        for part in parts:
            place = self._place(part.start, part.end)
            if isinstance(part, Text):
                _append_text(values, part.value, place)
                continue
            if part.shown:
                _append_text(values, part.shown, place)
            layout = None
            if part.layout is not None:
                layout = ast.JoinedStr(values=[], **place)
                self._append_parts(layout.values, part.layout)
            value = self._expression(part.start, part.end)
            values.append(ast.FormattedValue(value=value, conversion=part.conversion, format_spec=layout, **place))

    def _expression(self, start: int, end: int) -> ast.expr:
        line, column = self._position(start)
        try:
            tree = ast.parse(f"({self._shown(start, end)}\n)", mode="eval")
        except SyntaxError as error:
            error.lineno = min(line + (error.lineno or 1) - 1, self._position(end)[0])
            raise
        for node in ast.walk(tree):
            if isinstance(node, ast.expr | ast.keyword | ast.arg):
                node.col_offset += column - 1 if node.lineno == 1 else 0
                if node.end_lineno is not None and node.end_col_offset is not None:
                    node.end_col_offset += column - 1 if node.end_lineno == 1 else 0
                    node.end_lineno += line - 1
                node.lineno += line - 1
        return self._restored(tree).body

    def _position(self, offset: int) -> tuple[int, int]:
        """Line (from 1) and column (in bytes, from 0), as syntax trees count them."""
        line = bisect_right(self._lines, offset)
        start = self._lines[line - 1]
        return line, offset - start if self._plain else _bytes(self.text[start:offset])

    def _place(self, start: int, end: int) -> _Place:
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return {"lineno": line, "col_offset": column, "end_lineno": end_line, "end_col_offset": end_column}


def _append_text(values: list[ast.expr], text: str, place: _Place) -> None:
    """Add a text; two that stand side by side are one."""
    if values and isinstance(last := values[-1], ast.Constant):
        last.value = str(last.value) + text
        last.end_lineno, last.end_col_offset = place["end_lineno"], place["end_col_offset"]
    else:
        values.append(ast.Constant(value=text, **place))


def _as_tuple(shown: ast.expr | None, commas: int) -> ast.expr | None:
    """The tuple that stood there before its commas became bars."""
    elements: list[ast.expr] = []
    left = shown
    for _ in range(commas):
        if not isinstance(left, ast.BinOp):
            return shown
        elements.insert(0, left.right)
        left = left.left
    if left is None or shown is None:
        return shown
    return ast.copy_location(ast.Tuple(elts=[left, *elements], ctx=ast.Load()), shown)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
