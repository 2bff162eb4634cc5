"""Calls of this file's own functions with arguments that they do not take, whether they have types or not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Function, Scope, bug, path_of


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Calls that raise TypeError for certain: the name has one definition in this file and nothing else sets it."""
    functions = _certain(scopes)
    for scope in scopes:
        local = {part.id for part in scope.nodes if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        if not isinstance(scope.node, ast.Module):
            arguments = scope.node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            local |= {part.arg for part in every if part is not None}
        for node in scope.nodes:
            if isinstance(node, ast.Call):
                path = path_of(node.func)
                if isinstance(node.func, ast.Name) and path in functions and path not in local:
                    yield from _wrong(node, functions[path], skip=0)
                elif path.startswith("self.") and scope.owner and path.count(".") == 1:
                    known = functions.get(f"{scope.owner}.{path[5:]}")
                    if known is not None and isinstance(node.func, ast.Attribute):
                        yield from _wrong(node, known, skip=1)


def _certain(scopes: list[Scope]) -> dict[str, Function]:
    counts: dict[str, int] = {}
    found: dict[str, Function] = {}
    for scope in scopes:
        if not isinstance(scope.node, ast.Module):
            counts[scope.name] = counts.get(scope.name, 0) + 1
            if not scope.node.decorator_list:
                found[scope.name] = scope.node
    module = scopes[0]
    stored = {part.id for part in module.nodes if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for scope in scopes
        for part in scope.nodes
        if isinstance(part, ast.Import | ast.ImportFrom)
        for alias in part.names
    }
    changed = {
        part.attr
        for scope in scopes
        for part in scope.nodes
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
    }
    return {
        name: node
        for name, node in found.items()
        if counts[name] == 1 and name not in stored | imported and name.rsplit(".", 1)[-1] not in changed
    }


def _wrong(node: ast.Call, function: Function, *, skip: int) -> Iterator[Bug]:
    arguments = function.args
    if any(isinstance(part, ast.Starred) for part in node.args) or any(part.arg is None for part in node.keywords):
        return
    positional = [part.arg for part in (*arguments.posonlyargs, *arguments.args)][skip:]
    given = {part.arg for part in node.keywords if part.arg}
    named = {*positional, *(part.arg for part in arguments.kwonlyargs)}
    required = positional[: len(positional) - len(arguments.defaults)] if arguments.defaults else positional
    optional_only = {
        part.arg for part, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default
    }
    lacking = [name for name in required[len(node.args) :] if name not in given]
    lacking += [part.arg for part in arguments.kwonlyargs if part.arg not in given | optional_only]
    if len(node.args) > len(positional) and arguments.vararg is None:
        said = f"{function.name} takes {len(positional)} positional arguments, and gets {len(node.args)}"
    elif given - named and arguments.kwarg is None:
        said = f"{function.name} takes no argument {min(given - named)}"
    elif lacking:
        said = f"{function.name} is called without its argument {lacking[0]}"
    else:
        return
    # A method may be another one in a subclass.
    yield bug("wrong-arguments", said, node, "medium" if skip else "high", "CWE-628")
