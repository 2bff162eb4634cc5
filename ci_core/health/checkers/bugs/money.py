"""Amounts of money that are compared for equality although they are floats: 0.1 + 0.2 is not 0.3."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Scope, bug, path_of

MONEY = re.compile(
    r"(?:^|_)(?:price|prices|amount|amounts|total|subtotal|balance|cost|costs|fee|fees|tax|pnl|profit|premium|paid|due"
    r"|salary|revenue|payment|discount|refund|cash|equity|proceeds|commission|invoice|budget|earnings|dollars|usd|eur"
    r"|gain|loss|spent|charge|credit|debit|deposit|wage|income|expense|expenses|strike|cents?)(?:$|_)",
    re.IGNORECASE,
)
# Names of money that count or name something else.
_NO_AMOUNT = re.compile(
    r"(?:^|_)(?:count|id|ids|type|status|name|key|date|day|days|currency|symbol|list|col|column|columns|field|fields"
    r"|rows|row|items|len|size|index|idx|code|number|mode|method|label|path|url|checks?|tests?|trades|positions|lines|files"
    r"|pages|steps|tasks|records|signals|games|predictions|cents)(?:$|_)",
    re.IGNORECASE,
)
# What an amount is compared with, whatever it counts.
_EXPECTED = re.compile(r"(?:^|[._])(?:expected|target|actual|required)(?:$|_)", re.IGNORECASE)
_EXACT = frozenset({"Decimal", "int", "len", "round", "str", "Money", "Fraction", "bool", "count"})


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Comparisons with `==` or `!=` of which a side is an amount of money in floats."""
    for scope in scopes:
        exact, floats = _kinds(scope)
        apart = _apart(scope)
        for node in scope.nodes:
            if not isinstance(node, ast.Compare) or len(node.ops) != 1 or id(node) in apart:
                continue
            if isinstance(node.ops[0], ast.Eq | ast.NotEq):
                yield from _compared(node, exact, floats)


def _apart(scope: Scope) -> set[int]:
    """Comparisons of another kind: what tests assert, and masks over a table's column."""
    tests = {id(part) for node in scope.nodes if isinstance(node, ast.Assert) for part in ast.walk(node.test)}
    return tests | {
        id(part) for node in scope.nodes if isinstance(node, ast.Subscript) for part in ast.walk(node.slice)
    }


def _kinds(scope: Scope) -> tuple[set[str], set[str]]:
    """The names that are certainly exact numbers, and those that are certainly floats."""
    exact: set[str] = set()
    floats: set[str] = set()
    if not isinstance(scope.node, ast.Module):
        arguments = scope.node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            kind = path_of(argument.annotation) if argument.annotation is not None else ""
            if kind.rsplit(".", 1)[-1] == "float":
                floats.add(argument.arg)
            elif kind:
                exact.add(argument.arg)
    for node in scope.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if _is_float(node.value):
                floats |= names
            elif _is_exact(node.value, exact):
                exact |= names
    return exact - floats, floats


def _is_float(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return path_of(node.func) == "float"
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div) or _is_float(node.left) or _is_float(node.right)
    return False


def _is_exact(node: ast.expr, exact: set[str]) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, float) or node.value == 0
    if isinstance(node, ast.Name):
        return node.id in exact
    if isinstance(node, ast.Call):
        infinite = (
            bool(node.args) and isinstance(node.args[0], ast.Constant) and "inf" in str(node.args[0].value).lower()
        )
        return infinite or path_of(node.func).rsplit(".", 1)[-1] in _EXACT
    return isinstance(node, ast.JoinedStr | ast.List | ast.Dict | ast.Tuple | ast.Set | ast.Compare)


def _compared(node: ast.Compare, exact: set[str], floats: set[str]) -> Iterator[Bug]:
    sides = [node.left, node.comparators[0]]
    if any(_is_exact(side, exact) for side in sides):
        return
    amounts = [name for side in sides for name in _amounts(side, exact)]
    if not amounts:
        return
    computed = any(isinstance(side, ast.BinOp) for side in sides)
    certain = computed or any(_is_float(side) for side in sides) or bool(floats & set(amounts))
    if not certain and not all(_amounts(side, exact) or _EXPECTED.search(path_of(side)) for side in sides):
        return
    text = (
        f"{amounts[0]} is compared for equality as a float: count in whole cents or use Decimal, or allow a difference"
    )
    yield bug("float-equality-on-money", text, node, "medium" if certain else "low", "CWE-1077")


def _amounts(node: ast.expr, exact: set[str]) -> list[str]:
    """What of an expression is named like an amount."""
    found = []
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        name = ""
        if isinstance(part, ast.Name):
            name = part.id
        elif isinstance(part, ast.Attribute):
            name = part.attr
        elif isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
            name = str(part.slice.value)
        elif isinstance(part, ast.BinOp):
            waiting += [part.left, part.right]
        elif isinstance(part, ast.Call) and path_of(part.func) in {"float", "sum", "abs", "max", "min"}:
            waiting += part.args
        if name and name not in exact and not name.isupper() and MONEY.search(name) and not _NO_AMOUNT.search(name):
            found.append(name)
    return found
