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
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# Nodes that bind a name, and the field that has it.
BINDING: dict[type[ast.AST], str] = {
    ast.arg: "arg", ast.ExceptHandler: "name", ast.MatchAs: "name", ast.MatchStar: "name",
}  # fmt: skip


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
        kind = value.__class__
        if kind is str:
            words.append(value)  # type: ignore[arg-type]
        elif kind is list:
            words.append("[")
            stack.append("]")
            stack.extend(reversed(value))  # type: ignore[call-overload]
        elif isinstance(value, ast.Name):
            name = value.id
            words.append(numbers.setdefault(name, f"${len(numbers)}") if name in local else name)
        elif isinstance(value, ast.Constant):
            words.append(_constant(value.value, texts))
        elif isinstance(value, ast.AST):
            words.append(kind.__name__)
            stack.append(")")
            left_out = _left_out(value, whole, own_name) if value is node else ()
            bound = BINDING.get(kind)  # type: ignore[arg-type]
            for name in reversed(value._fields):
                if name in SILENT or name in left_out:
                    continue
                field = getattr(value, name, None)
                if name == bound and isinstance(field, str) and field in local:
                    field = numbers.setdefault(field, f"${len(numbers)}")
                stack.append(field)
        else:
            words.append(repr(value))
    return " ".join(words)


def _constant(value: object, texts: bool) -> str:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return repr(value)
    if not texts:
        return "text"
    # Formatters indent and trim the lines of docstrings.
    return repr(" ".join(value.split()) if "\n" in value else value.strip())


def _left_out(node: ast.AST, whole: bool, own_name: bool) -> Collection[str]:
    left = set() if own_name or not isinstance(node, Definition) else {"name"}
    return left if whole or not isinstance(node, Unit) else left | BLOCKS


def local_names(function: Function) -> frozenset[str]:
    """The variables of a function: its arguments and what it binds, without what it imports or declares elsewhere."""
    bound: set[str] = set()
    elsewhere: set[str] = set()
    stack: list[ast.AST] = [function.args, *function.body]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if isinstance(node, ast.Name):
            if node.ctx.__class__ is not ast.Load:
                bound.add(node.id)
            continue
        if kind is ast.Constant or kind in DEFINITIONS:
            continue
        if (field := BINDING.get(kind)) is not None:
            bound.add(getattr(node, field) or "")
        elif isinstance(node, ast.Global | ast.Nonlocal):
            elsewhere.update(node.names)
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                stack += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                stack.append(value)
    return frozenset(bound - elsewhere - {""})
