"""Where in a file a sighting is: the class and function around it, its statement, and what stands beside that."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ci_core.health.masking import without_secrets
from ci_core.health.normal_form import BLOCKS, Definition, Function, Unit, local_names, normal_form

SNIPPET_LINES = 12
SNIPPET_LINE = 240
# How far off the next line with a text is looked for.
NEAR = 20


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a file, in words that survive edits elsewhere.

    Attributes:
        scope: class and function around it, such as "Scanner.scan"; empty at the top of a file.
        in_function: whether a function is around it.
        statement: what its statement says, whatever the layout; `anonymous` without the names of local variables.
        moved, moved_anonymous: the same, but for a function or class with all that is in it and without its name.
        expression: what is at the very column, without the names of local variables; empty where that is not known.
        before, after: the statements beside it.
        local: the names of local variables there.
        begins: the line of the statement's beginning.
    """

    scope: str = ""
    in_function: bool = False
    statement: str = ""
    anonymous: str = ""
    moved: str = ""
    moved_anonymous: str = ""
    expression: str = ""
    before: str = ""
    after: str = ""
    local: frozenset[str] = frozenset()
    begins: int = 0


@dataclass(slots=True)
class _Unit:
    node: Unit
    first: int
    last: int
    scope: _Scope
    before: Unit | None
    after: Unit | None


@dataclass(slots=True)
class _Scope:
    name: str
    functions: tuple[Function, ...]
    local: frozenset[str] | None = None

    def names(self) -> frozenset[str]:
        if self.local is None:
            self.local = frozenset().union(*(local_names(one) for one in self.functions))
        return self.local


class SourceText:
    """One file of text; with its syntax tree where it is Python that could be read."""

    def __init__(self, text: str, tree: ast.Module | None = None) -> None:
        self.lines: list[str] = re.split(r"\r\n|\r|\n", text)
        self._tree = tree
        self._forms: dict[tuple[int, bool, bool, bool], str] = {}
        self._expressions: dict[int, dict[tuple[int, int], ast.AST]] = {}

    def place(self, line: int | None, column: int | None = None, *, with_texts: bool = True) -> Place:
        """Where a line (1-based) is; without one it is the file as a whole.

        Args:
            with_texts: with the strings of the statement and of those beside it, which may be credentials.
        """
        if line is None:
            return Place()
        unit = self._unit(line, column)
        if unit is None:
            return self._plain(line, with_texts)
        scope, node = unit.scope, unit.node
        defines = isinstance(node, Definition)
        return Place(
            scope=scope.name,
            in_function=bool(scope.functions),
            statement=self._form(node, texts=with_texts),
            anonymous=self._form(node, scope, texts=with_texts),
            moved=self._form(node, whole=defines, texts=with_texts),
            moved_anonymous=self._form(node, scope, whole=defines, texts=with_texts),
            expression=self._expression(node, line, column, scope) if with_texts else "",
            before=self._form(unit.before, texts=with_texts),
            after=self._form(unit.after, texts=with_texts),
            local=scope.names(),
            begins=unit.first,
        )

    def snippet(self, line: int | None, end_line: int | None = None) -> str:
        """The lines themselves, at most twelve, each cut at 240 characters."""
        if line is None or not 1 <= line <= len(self.lines):
            return ""
        last = min(max(end_line or line, line), line + SNIPPET_LINES - 1, len(self.lines))
        return "\n".join(text[:SNIPPET_LINE] for text in self.lines[line - 1 : last])

    def _plain(self, line: int, with_texts: bool) -> Place:
        """A line without syntax: a comment, a blank one, or one of a file that is no Python."""
        scope = self._scopes.get(line) if self._tree is not None else None
        own, before, after = (
            without_secrets(text) if text and not with_texts else text
            for text in (
                self._squeezed(line - 1),
                self._beside(range(line - 2, -1, -1)),
                self._beside(range(line, len(self.lines))),
            )
        )
        return Place(
            scope=scope.name if scope else "",
            in_function=bool(scope and scope.functions),
            statement=own,
            anonymous=own,
            moved=own,
            moved_anonymous=own,
            before=before,
            after=after,
            local=scope.names() if scope else frozenset(),
            begins=line,
        )

    def _squeezed(self, index: int) -> str:
        return " ".join(self.lines[index].split()) if 0 <= index < len(self.lines) else ""

    def _beside(self, indexes: range) -> str:
        return next((text for index in indexes[:NEAR] if (text := self._squeezed(index))), "")

    def _form(self, node: Unit | None, scope: _Scope | None = None, *, whole: bool = False, texts: bool = True) -> str:
        """What a statement says; without local names where a scope is given; whole: with what it defines, unnamed."""
        if node is None:
            return ""
        key = (id(node), scope is None, whole, texts)
        if key not in self._forms:
            local = scope.names() if scope else ()
            self._forms[key] = normal_form(node, local, whole=whole, own_name=not whole, texts=texts)
        return self._forms[key]

    def _expression(self, node: Unit, line: int, column: int | None, scope: _Scope) -> str:
        """What begins at that very place, the largest of what does, unless that is the statement itself."""
        if column is None:
            return ""
        if id(node) not in self._expressions:
            self._expressions[id(node)] = _expressions(node)
        found = self._expressions[id(node)].get((line, _byte_column(self.lines, line, column)))
        return normal_form(found, scope.names()) if found is not None else ""

    def _unit(self, line: int, column: int | None) -> _Unit | None:
        """The statement at a place; where a line has several, the one at the column, or else the first."""
        found = self._units.get(line)
        if not found or not self._has_code(line):
            return None
        if column is None or len(found) == 1:
            return found[0]
        at = _byte_column(self.lines, line, column)
        within = [unit for unit in found if _includes(unit.node, line, at)]
        return within[-1] if within else found[0]

    def _has_code(self, line: int) -> bool:
        text = self.lines[line - 1].lstrip() if line <= len(self.lines) else ""
        return bool(text) and not text.startswith("#")

    @cached_property
    def _units(self) -> dict[int, list[_Unit]]:
        """By line: the statements of which something stands there; several only where a line has several."""
        found: dict[int, list[_Unit]] = {}
        for unit in self._walked[0]:
            for line in range(unit.first, unit.last + 1):
                found.setdefault(line, []).append(unit)
        return found

    @cached_property
    def _scopes(self) -> dict[int, _Scope]:
        return self._walked[1]

    @cached_property
    def _walked(self) -> tuple[list[_Unit], dict[int, _Scope]]:
        units: list[_Unit] = []
        scopes: dict[int, _Scope] = {}
        if self._tree is None:
            return units, scopes
        stack: list[tuple[Sequence[Unit], _Scope, Unit | None]] = [(self._tree.body, _Scope("", ()), None)]
        while stack:
            block, around, parent = stack.pop()
            for number, node in enumerate(block):
                scope = _scope_of(node, around)
                if scope is not around:
                    scopes.update(dict.fromkeys(range(_first(node), (_end(node) or 0) + 1), scope))
                inner = [getattr(node, name) for name in BLOCKS if isinstance(getattr(node, name, None), list)]
                before = block[number - 1] if number else parent
                if isinstance(node, ast.ExceptHandler) and isinstance(parent, ast.Try | ast.TryStar):
                    before = parent.body[-1]
                after = block[number + 1] if number + 1 < len(block) else None
                # What a block begins with says more of it than what follows after its end.
                after = next((some[0] for some in inner if some), after)
                units.append(_Unit(node, _first(node), _header_end(node), scope, before, after))
                stack.extend((some, scope, node) for some in inner if some)
        return units, scopes


def _scope_of(node: Unit, around: _Scope) -> _Scope:
    if not isinstance(node, Definition):
        return around
    functions = around.functions if isinstance(node, ast.ClassDef) else (*around.functions, node)
    return _Scope(f"{around.name}.{node.name}" if around.name else node.name, functions)


def _first(node: Unit) -> int:
    """The first line of a statement, with its decorators."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    decorators = node.decorator_list if isinstance(node, Definition) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _end(node: Unit) -> int:
    if isinstance(node, ast.match_case):
        return node.body[-1].end_lineno or node.pattern.lineno
    return node.end_lineno or node.lineno


def _header_end(node: Unit) -> int:
    """The last line before the statements in it; its last line where there are none."""
    blocks = [getattr(node, name) for name in BLOCKS if isinstance(getattr(node, name, None), list)]
    inner = [_first(block[0]) for block in blocks if block]
    return max(_first(node), min(inner) - 1) if inner else _end(node)


def _includes(node: Unit, line: int, column: int) -> bool:
    if isinstance(node, ast.match_case):
        return True
    return (node.lineno, node.col_offset) <= (line, column) < (_end(node), node.end_col_offset or 0)


def _byte_column(lines: Sequence[str], line: int, column: int) -> int:
    """Python counts columns in bytes from 0; the tools in characters from 1."""
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    before = text[: column - 1]
    return column - 1 if before.isascii() else len(before.encode("utf-8", "surrogateescape"))


def _expressions(node: Unit) -> dict[tuple[int, int], ast.AST]:
    """By place: the largest part of a statement that begins there, without the statements in it."""
    found: dict[tuple[int, int], ast.AST] = {}
    queue: deque[ast.AST] = deque([node])
    while queue:
        one = queue.popleft()
        if isinstance(one, ast.expr | ast.keyword | ast.arg):
            found.setdefault((one.lineno, one.col_offset), one)
        for name in one._fields:
            value = getattr(one, name, None)
            if one is node and name in BLOCKS and isinstance(value, list):
                continue
            children = value if isinstance(value, list) else [value]
            queue.extend(child for child in children if isinstance(child, ast.AST))
    return found
