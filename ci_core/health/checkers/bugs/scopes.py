"""A file as functions and loops, so that each rule need not find them itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Bug:
    """One place where something is wrong; `severity` as the table of rules knows it."""

    rule: str
    message: str
    line: int
    end_line: int
    column: int
    severity: str
    cwe: str | None = None


@dataclass(slots=True)
class Scope:
    """One function, or the body of the module.

    Attributes:
        nodes: everything in it, functions and classes inside of it left out.
        owner: the class that it is a method of.
        loops: for each node that stands in the body of loops, these loops, outermost first.
    """

    node: Function | ast.Module
    owner: str | None
    nodes: list[ast.AST] = field(default_factory=list)
    loops: dict[int, tuple[Loop, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How it is called from within this file."""
        if isinstance(self.node, ast.Module):
            return ""
        return f"{self.owner}.{self.node.name}" if self.owner else self.node.name

    def around(self, node: ast.AST) -> tuple[Loop, ...]:
        """The loops that a node is repeated by."""
        return self.loops.get(id(node), ())


def scopes_of(tree: ast.Module) -> list[Scope]:
    """The module and every function in it. Without recursion, because the file may be hostile."""
    scopes = [Scope(tree, None)]
    waiting: list[tuple[ast.AST, Scope, tuple[Loop, ...], str | None]] = [
        (child, scopes[0], (), None) for child in tree.body
    ]
    while waiting:
        node, scope, loops, owner = waiting.pop()
        if isinstance(node, ast.ClassDef):
            outside = [*node.decorator_list, *node.bases, *node.keywords]
            waiting += [(child, scope, loops, owner) for child in outside]
            waiting += [(child, scope, (), node.name) for child in node.body]
            continue
        if isinstance(node, Function):
            inner = Scope(node, owner)
            scopes.append(inner)
            waiting += [(child, inner, (), None) for child in node.body]
            waiting += [(child, scope, loops, owner) for child in [*node.decorator_list, node.args]]
            continue
        scope.nodes.append(node)
        if loops:
            scope.loops[id(node)] = loops
        waiting += [(child, scope, around, owner) for child, around in _children(node, loops)]
    for scope in scopes:
        scope.nodes.sort(key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)))
    return scopes


def _children(node: ast.AST, loops: tuple[Loop, ...]) -> Iterator[tuple[ast.AST, tuple[Loop, ...]]]:
    """What is in a node, with the loops that repeat it: a loop does not repeat what it goes over."""
    inside = (*loops, node) if isinstance(node, Loop) else loops
    for name, value in ast.iter_fields(node):
        once = isinstance(node, ast.For | ast.AsyncFor) and name in {"iter", "orelse"}
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.comprehension):
                first = isinstance(node, Loop) and not isinstance(node, ast.While) and child is value[0]
                yield child.iter, loops if first else inside
                yield from ((part, inside) for part in [child.target, *child.ifs])
            elif isinstance(child, ast.AST):
                yield child, loops if once else inside


def bug(rule: str, message: str, node: ast.AST, severity: str, cwe: str | None = None) -> Bug:
    """A bug at a node."""
    line = getattr(node, "lineno", 1)
    end = getattr(node, "end_lineno", None) or line
    return Bug(rule, message, line, end, getattr(node, "col_offset", 0) + 1, severity, cwe)


def path_of(node: ast.AST) -> str:
    """The dotted path that an expression spells, calls and indexes left out; "?" stands for what is more than names."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Await):
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join([node.id, *reversed(parts)])
        else:
            return ".".join(["?", *reversed(parts)])


def names_in(node: ast.AST) -> set[str]:
    """The variables that an expression reads."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def targets_of(loop: Loop) -> set[str]:
    """The variables that a loop changes each time."""
    if isinstance(loop, ast.While):
        return {
            name
            for node in ast.walk(loop)
            if isinstance(node, ast.Assign | ast.AugAssign | ast.NamedExpr)
            for name in _assigned(node)
        }
    if isinstance(loop, ast.For | ast.AsyncFor):
        return names_in(loop.target)
    return set().union(*(names_in(part.target) for part in loop.generators))


def _assigned(node: ast.Assign | ast.AugAssign | ast.NamedExpr) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
