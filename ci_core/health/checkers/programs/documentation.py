"""Looks which public modules, classes and functions of files say what they are for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ci_core.health.checkers.programs.answering import answer
from ci_core.health.syntax import Unparsable, parse

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Decorators of what is described elsewhere: the getter, the base class, the first of several.
DESCRIBED_ELSEWHERE = frozenset({"overload", "override", "setter", "deleter"})


def look(question: dict[str, Any]) -> dict[str, Any]:
    """`{path: [[kind, name, line, last line, lines of code, whether it is described], …] or why it cannot be read}`."""
    found: dict[str, Any] = {}
    for path in question["paths"]:
        try:
            tree = parse((Path(question["root"]) / path).read_bytes(), path)
        except Unparsable as error:
            found[path] = error.reason if error.line is None else f"{error.reason} in line {error.line}"
        except OSError as error:
            found[path] = f"it cannot be read: {error.strerror}"
        else:
            found[path] = [list(one) for one in _public(tree)]
    return found


def _public(tree: ast.Module) -> Iterator[tuple[str, str, int, int, int, bool]]:
    code = [node for node in tree.body if not _is_text(node)]
    if code:
        last = code[-1].end_lineno or 1
        yield "module", "", 1, last, last, ast.get_docstring(tree, clean=False) is not None
    yield from _members(tree.body, "")


def _members(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str, int, int, int, bool]]:
    for node in body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            if isinstance(node, Function) and DESCRIBED_ELSEWHERE.intersection(_decorators(node)):
                continue
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            first, last = node.lineno, node.end_lineno or node.lineno
            described = ast.get_docstring(node, clean=False) is not None
            yield kind, prefix + node.name, first, last, last - first + 1, described
            if isinstance(node, ast.ClassDef):
                yield from _members(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _members(node.body, prefix)


def _decorators(node: Function) -> set[str]:
    calls = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in calls
        if isinstance(one, ast.Attribute | ast.Name)
    }


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


if __name__ == "__main__":
    answer(look)
