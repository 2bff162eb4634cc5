"""What fails or never ends whenever it is reached: division by zero, an index behind the end, no way out of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Function, Scope, bug, path_of

_DIVISIONS = ast.Div | ast.FloorDiv | ast.Mod
_LEAVING = ast.Break | ast.Return | ast.Raise | ast.Yield | ast.YieldFrom | ast.Await | ast.Call
# Behind one of these it is not certain that what follows is reached.
_BRANCHING = ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith | ast.Match | ast.Raise
_MAYBE = ast.BoolOp | ast.IfExp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Places that cannot go well."""
    for scope in scopes:
        for node in scope.nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, _DIVISIONS) and _is_zero(node.right):
                if not _is_text(node.left):  # "%d" % 0
                    yield bug(
                        "division-by-zero", "this divides by zero whenever it is reached", node, "high", "CWE-369"
                    )
            elif isinstance(node, ast.Subscript) and _is_behind_the_end(node):
                text = f"the last item is at len({path_of(node.value)}) - 1: this raises IndexError"
                yield bug("index-behind-the-end", text, node, "high", "CWE-193")
            elif isinstance(node, ast.While) and _never_ends(node):
                yield bug("endless-loop", "nothing in this loop can end it", node, "high", "CWE-835")
        if isinstance(scope.node, Function):
            yield from _calls_itself(scope.node, scope)


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == 0


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _is_behind_the_end(node: ast.Subscript) -> bool:
    index = node.slice
    if not isinstance(index, ast.Call) or path_of(index.func) != "len" or len(index.args) != 1:
        return False
    return (
        bool(path_of(node.value)) and ast.dump(index.args[0]) == ast.dump(node.value) and isinstance(node.ctx, ast.Load)
    )


def _never_ends(node: ast.While) -> bool:
    """Whether a loop is always true, and does nothing but change variables."""
    always = isinstance(node.test, ast.Constant) and bool(node.test.value)
    return always and not any(isinstance(part, _LEAVING) for statement in node.body for part in ast.walk(statement))


def _calls_itself(function: Function, scope: Scope) -> Iterator[Bug]:
    """A call of the function itself on the one way through it, before anything decides."""
    if isinstance(function, ast.AsyncFunctionDef) or any(
        isinstance(part, ast.Yield | ast.YieldFrom) for part in scope.nodes
    ):
        return
    if function.decorator_list:
        return
    own = {function.name} if scope.owner is None else {f"self.{function.name}"}
    for statement in function.body:
        if isinstance(statement, _BRANCHING):
            return
        waiting: list[ast.AST] = [] if isinstance(statement, Function | ast.ClassDef) else [statement]
        while waiting:
            part = waiting.pop()
            if (
                isinstance(part, ast.Call)
                and path_of(part.func) in own
                and isinstance(part.func, ast.Name | ast.Attribute)
            ):
                text = f"{function.name} always calls itself, and so never comes to an end"
                yield bug("endless-recursion", text, part, "high", "CWE-674")
                return
            waiting += [] if isinstance(part, _MAYBE) else ast.iter_child_nodes(part)
        if isinstance(statement, ast.Return):
            return
