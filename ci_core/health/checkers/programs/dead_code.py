"""Looks for code that nothing reaches or uses, with vulture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ci_core.health.checkers.programs.answering import answer
from ci_core.health.syntax import Unparsable, decode, parse

LEAST_PERCENT = 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


def look(question: dict[str, Any]) -> dict[str, Any]:
    """`{"found": [[path, kind, name, first line, last line, confidence, message], …], "unseen": {path: reason}}`."""
    import vulture.core

    finder = vulture.core.Vulture()
    unseen: dict[str, str] = {}
    promised: set[tuple[str, int, str]] = set()
    for path in question["paths"]:
        try:
            tree = _read(finder, path, decode((Path(question["root"]) / path).read_bytes(), path))
            promised.update((path, line, name) for line, name in promised_elsewhere(tree))
        except Unparsable as error:
            unseen[path] = error.reason if error.line is None else f"{error.reason} in line {error.line}"
        except OSError as error:
            unseen[path] = f"it cannot be read: {error.strerror}"
        except RecursionError:
            unseen[path] = "it is nested too deeply"
    found = [
        [str(one.filename), one.typ, one.name, one.first_lineno, one.last_lineno, one.confidence, one.message]
        for one in finder.get_unused_code(min_confidence=LEAST_PERCENT)
        if (str(one.filename), one.first_lineno, one.name) not in promised
    ]
    return {"found": found, "unseen": unseen}


def promised_elsewhere(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of what has to be there although nothing here uses it, because others call for it by its shape.

    That is what is decorated, what a class may have of its bases, the parameters of such functions, of special methods
    and of functions that only say what they would take.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and (node.bases or node.keywords):
            yield from ((_line(one), one.name) for one in node.body if isinstance(one, Function))
            for one in node.body:
                if isinstance(one, Function):
                    yield from _parameters(one)
        elif isinstance(node, Function | ast.ClassDef) and node.decorator_list:
            yield _line(node), node.name
        if isinstance(node, Function) and (node.decorator_list or node.name.startswith("__") or _is_empty(node)):
            yield from _parameters(node)


def _line(node: Function | ast.ClassDef) -> int:
    """The line that vulture names: that of the first decorator."""
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _parameters(node: Function) -> Iterator[tuple[int, str]]:
    given = node.args
    for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if one is not None:
            yield one.lineno, one.arg


def _is_empty(node: Function) -> bool:
    return all(
        isinstance(one, ast.Pass | ast.Raise) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in node.body
    )


def _read(finder: Any, path: str, code: str) -> ast.Module:
    """What vulture's own `scan` does, with a tree of any version of Python instead of that of the one that runs."""
    from vulture import noqa

    tree = parse(code, path)
    finder.code = code.splitlines()
    finder.noqa_lines = noqa.parse_noqa(finder.code)
    finder.filename = Path(path)
    finder.visit(tree)
    finder.reachability.reset()
    return tree


if __name__ == "__main__":
    answer(look)
