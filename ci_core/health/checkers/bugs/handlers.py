"""Exceptions that are swallowed, and handlers that are never reached."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Scope, bug, path_of

_BROAD = frozenset({"Exception", "BaseException"})


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Blocks that swallow everything, and handlers that an earlier one leaves nothing; ruff finds broad handlers."""
    for scope in scopes:
        for node in scope.nodes:
            if isinstance(node, ast.Try):
                yield from _never_reached(node)
            elif isinstance(node, ast.With | ast.AsyncWith):
                yield from _suppressed(node)


def _never_reached(node: ast.Try) -> Iterator[Bug]:
    before: list[type[BaseException]] = []
    for handler in node.handlers:
        kinds = _kinds(handler.type)
        if handler.type is not None and kinds and all(any(issubclass(one, two) for two in before) for one in kinds):
            names = ", ".join(kind.__name__ for kind in kinds)
            text = f"this handler of {names} is never reached: one above takes all of them"
            yield bug("unreachable-except", text, handler, "medium", "CWE-561")
        before += [BaseException] if handler.type is None else kinds


def _kinds(node: ast.expr | None) -> list[type[BaseException]]:
    """The built-in exceptions that are named; none where one of them is not built in."""
    found: list[type[BaseException]] = []
    for part in node.elts if isinstance(node, ast.Tuple) else [node]:
        kind = getattr(builtins, part.id, None) if isinstance(part, ast.Name) else None
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            return []
        found.append(kind)
    return found


def _suppressed(node: ast.With | ast.AsyncWith) -> Iterator[Bug]:
    for item in node.items:
        call = item.context_expr
        suppresses = isinstance(call, ast.Call) and path_of(call.func) in {"suppress", "contextlib.suppress"}
        if isinstance(call, ast.Call) and suppresses and any(path_of(part) in _BROAD for part in call.args):
            yield bug("swallowed-exception", "every error in this block is swallowed", node, "medium", "CWE-390")
