"""Values put together: sums, texts with their fields filled in, paths."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from ci_core.health.checkers.flows.values import CLEAN, HOLE, LONGEST_TEXT, Value, known, made_of

LARGEST = 10**15
_SUMS: dict[type[ast.operator], Callable[[int, int], int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
}


def as_text(value: Value) -> str:
    """How it looks in a text, with a hole where that is not known."""
    if value.text is not None:
        return value.text
    if value.is_const and isinstance(value.const, int | float | bool | None):
        return str(value.const)
    return HOLE


def combined(left: Value, right: Value, op: ast.operator) -> Value:
    """Two values put together by an operator."""
    if left.is_const and right.is_const:
        return _sum(left.const, right.const, op)
    if isinstance(op, ast.Add):
        if isinstance(left.items, tuple) and isinstance(right.items, tuple):
            return Value(items=(*left.items, *right.items)[:1000])
        return made_of([left, right], text=as_text(left) + as_text(right))
    if isinstance(op, ast.Mod) and left.text is not None:
        return formatted(left, [right])
    if isinstance(op, ast.Div) and (left.kind.startswith("pathlib.") or right.kind.startswith("pathlib.")):
        return made_of([left, right], text=f"{as_text(left).rstrip('/')}/{as_text(right)}", kind="pathlib.Path()")
    if isinstance(op, ast.Mult) and (left.items or right.items):
        one = left if left.items else right
        return Value(taints=one.all_taints(), items=None, text=None)
    return made_of([left, right])


def formatted(template: Value, arguments: list[Value]) -> Value:
    """A text with its fields filled in, by `%` or `format`."""
    flat: list[Value] = []
    for argument in arguments:
        flat += argument.items if isinstance(argument.items, tuple) else [argument]
    text = template.text or ""
    for mark in ("%s", "%d", "%r", "%i", "%f"):
        text = text.replace(mark, HOLE)
    return made_of([template, *flat], text=text)


def _sum(left: object, right: object, op: ast.operator) -> Value:
    if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add):
        return known(left + right) if len(left) + len(right) <= LONGEST_TEXT else CLEAN
    compute = _SUMS.get(type(op))
    if compute and isinstance(left, int | float) and isinstance(right, int | float):
        try:
            result = compute(left, right)  # type: ignore[arg-type]
        except (ZeroDivisionError, OverflowError, ValueError):
            return CLEAN
        return known(result) if -LARGEST < result < LARGEST else CLEAN
    return CLEAN
