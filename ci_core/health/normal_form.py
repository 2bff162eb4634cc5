"""What a piece of Python says, whatever its layout: the same text for the same syntax tree.

`ast.unparse` would do, but its text differs between versions of Python, and it cannot leave the names of local
variables out. Nothing here recurses: a checked file may nest as deep as it likes.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

# What says nothing about the meaning.
SILENT = frozenset({"ctx", "kind", "type_comment", "type_ignores", "type_params"})
# Where other statements begin.
BLOCKS = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
Unit = ast.stmt | ast.ExceptHandler | ast.match_case
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


def normal_form(
    node: ast.AST, local: Collection[str] = (), *, whole: bool = False, own_name: bool = True, texts: bool = True
) -> str:
    """The text of a syntax tree without its layout.

    Args:
        local: names to leave out; each becomes the number of its first use, so that renaming one changes nothing.
        whole: with the statements in it; else only what stands before them.
        own_name: with the name of the function or class that it defines.
        texts: with the strings in it, which may be credentials.
    """
    words: list[str] = []
    numbers: dict[str, str] = {}
    stack: list[object] = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, ast.AST):
            words.append(type(value).__name__)
            stack.append(")")
            for name in reversed(value._fields):
                if name in SILENT or (value is node and _left_out(node, name, whole, own_name)):
                    continue
                stack.append(_field(value, name, local))
        elif isinstance(value, list):
            stack.append("]")
            stack.extend(reversed(value))
        elif isinstance(value, _Local):
            words.append(numbers.setdefault(value.name, f"${len(numbers)}"))
        elif isinstance(value, _Text):
            words.append(repr(value.text) if texts else "text")
        elif value is not None:
            words.append(value if isinstance(value, str) else repr(value))
    return " ".join(words)


class _Local:
    """A name that counts by its place only."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _Text:
    """A string of the source."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        # Formatters indent and trim the lines of docstrings.
        self.text = " ".join(text.split()) if "\n" in text else text.strip()


def _left_out(node: ast.AST, name: str, whole: bool, own_name: bool) -> bool:
    if name in BLOCKS and not whole:
        return isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case)
    return name == "name" and not own_name and isinstance(node, Definition)


def _field(node: ast.AST, name: str, local: Collection[str]) -> object:
    value = getattr(node, name, None)
    if isinstance(value, str) and value in local and _is_variable(node, name):
        return _Local(value)
    if isinstance(node, ast.Constant) and name == "value":
        if isinstance(value, bytes):
            return _Text(value.decode("latin-1"))
        return _Text(value) if isinstance(value, str) else repr(value)
    return value


def _is_variable(node: ast.AST, name: str) -> bool:
    return (isinstance(node, ast.Name) and name == "id") or (
        name in {"arg", "name"} and isinstance(node, ast.arg | ast.ExceptHandler | ast.MatchAs | ast.MatchStar)
    )


def local_names(function: Function) -> frozenset[str]:
    """The variables of a function: its arguments and what it binds, without what it imports or declares elsewhere."""
    bound: set[str] = set()
    elsewhere: set[str] = set()
    stack: list[ast.AST] = [function.args, *function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, Definition):
            continue
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            elsewhere.update(node.names)
        stack.extend(ast.iter_child_nodes(node))
    return frozenset(bound - elsewhere)
