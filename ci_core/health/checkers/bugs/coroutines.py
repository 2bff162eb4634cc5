"""Coroutines that nobody awaits: they never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Scope, bug, path_of

_LIBRARY = frozenset({
    "asyncio.sleep", "asyncio.wait_for", "asyncio.wait", "asyncio.to_thread", "asyncio.open_connection",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "anyio.sleep", "asyncio.start_server",
})  # fmt: skip


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Coroutines of this file, and well-known ones, that are called and thrown away, or used as if they had run."""
    coroutines = {scope.name for scope in scopes if isinstance(scope.node, ast.AsyncFunctionDef) and not _yields(scope)}
    plain = {scope.name for scope in scopes if isinstance(scope.node, ast.FunctionDef)}
    coroutines -= plain
    for scope in scopes:
        for node in scope.nodes:
            if isinstance(node, ast.Expr) and (name := _called(node.value, scope, coroutines)):
                yield _bug(node.value, name)
            elif isinstance(node, ast.Attribute | ast.Subscript) and (name := _called(node.value, scope, coroutines)):
                if not isinstance(node, ast.Attribute) or node.attr not in {"send", "close", "throw", "__await__"}:
                    yield _bug(node.value, name)
            elif isinstance(node, ast.Assign) and (name := _called(node.value, scope, coroutines)):
                target = node.targets[0]
                if isinstance(target, ast.Name) and _used_as_result(scope, target.id):
                    yield _bug(node.value, name)
            elif isinstance(node, ast.For | ast.If | ast.While):
                part = node.iter if isinstance(node, ast.For) else node.test
                if name := _called(part, scope, coroutines):
                    yield _bug(part, name)


def _bug(node: ast.AST, name: str) -> Bug:
    return bug("missing-await", f"{name} is a coroutine and is not awaited, so it never runs", node, "high", "CWE-252")


def _yields(scope: Scope) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in scope.nodes)


def _called(node: ast.AST, scope: Scope, coroutines: set[str]) -> str | None:
    """The coroutine that an expression calls, if it is one."""
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    while isinstance(function, ast.Attribute):
        function = function.value
    if not isinstance(function, ast.Name):
        return None
    path = path_of(node.func)
    local = f"{scope.owner}.{path.split('.', 1)[1]}" if path.startswith(("self.", "cls.")) and scope.owner else path
    return path if path in _LIBRARY or local in coroutines else None


def _used_as_result(scope: Scope, name: str) -> bool:
    """Whether a variable is only ever used as if it held the result: indexed, asked for attributes, or not at all."""
    uses = [
        node
        for node in scope.nodes
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    parts = {id(node.value) for node in scope.nodes if isinstance(node, ast.Attribute | ast.Subscript)}
    parts |= {
        id(part)
        for node in scope.nodes
        if isinstance(node, ast.Compare | ast.BinOp)
        for part in ast.iter_child_nodes(node)
    }
    return all(id(use) in parts for use in uses)
