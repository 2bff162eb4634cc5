"""Mappings that are changed while a loop goes over their views. Ruff knows loops over the mapping itself only."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Scope, bug, path_of

_VIEWS = frozenset({"items", "keys", "values"})
_CHANGING = frozenset({"pop", "popitem", "clear"})


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Items that are taken out in a loop over `.items()`, `.keys()` or `.values()` of the same mapping."""
    for scope in scopes:
        for node in scope.nodes:
            over = node.iter if isinstance(node, ast.For) else None
            if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr in _VIEWS:
                owner = ast.dump(over.func.value)
                yield from _changes(node.body if isinstance(node, ast.For) else [], owner)


def _changes(body: list[ast.stmt], owner: str) -> Iterator[Bug]:
    for index, statement in enumerate(body):
        # Whoever leaves the loop right afterwards may change what it went over.
        leaves = any(isinstance(later, ast.Break | ast.Return | ast.Raise) for later in body[index:])
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        for block in inner:
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield from _changes(block, owner)
        if leaves or any(inner):
            continue
        for part in ast.walk(statement):
            taken = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _CHANGING
            value = (
                part.func.value
                if taken and isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
                else None
            )
            if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Del):
                value = part.value
            if value is not None and ast.dump(value) == owner:
                text = f"{path_of(value)} is changed while this loop goes over it, which raises RuntimeError"
                yield bug("changed-while-gone-over", text, part, "high", "CWE-682")
