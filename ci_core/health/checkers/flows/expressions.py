"""What an expression comes to."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable
from typing import Any

from ci_core.health.checkers.flows import calls, catalogue, conditions
from ci_core.health.checkers.flows.frames import Frame, dotted
from ci_core.health.checkers.flows.operators import as_text, combined
from ci_core.health.checkers.flows.values import (
    ABSENT,
    CLEAN,
    HOLE,
    Origin,
    Value,
    a_kind,
    either,
    known,
    made_of,
    unknown,
)

_BUILTINS = frozenset(dir(builtins))
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


def evaluate(frame: Frame, node: ast.expr | None) -> Value:
    """What is known of an expression's value; what does harm in it is reported."""
    if node is None:
        return CLEAN
    reader = _READERS.get(type(node))
    return reader(frame, node) if reader else _other(frame, node)


def _other(frame: Frame, node: ast.AST) -> Value:
    return made_of([evaluate(frame, child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])


def _constant(_: Frame, node: ast.Constant) -> Value:
    return known(node.value)


def _name(frame: Frame, node: ast.Name) -> Value:
    value = frame.env.get(node.id)
    if value is None:
        value = frame.module.env.get(node.id)
    if value is not None:
        near = node.id.isupper() and max((taint.origin for taint in value.taints), default=1) is Origin.UNKNOWN
        return Value(text=value.text, kind=value.kind) if near else value
    if node.id in _BUILTINS or node.id in frame.module.functions:
        return a_kind(node.id)
    return CLEAN if node.id.isupper() else unknown(node.id, node.lineno)


def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    path = dotted(node)
    if path is not None:
        value = frame.env.get(path)
        if value is not None:
            return value
    base = evaluate(frame, node.value)
    return attribute_of(frame, base, node, path or node.attr)


def attribute_of(frame: Frame, base: Value, node: ast.Attribute, label: str) -> Value:
    """An attribute of a value."""
    name = node.attr
    if base.kind == "REQUEST":
        if name in {"path", "full_path"} and frame.route and not set(frame.route) & set("<{"):
            return known(frame.route)
        if name in catalogue.REQUEST_PARTS:
            return unknown(f"the request's {name}", node.lineno, Origin.OUTSIDE, kind=f"REQUEST.{name}")
        return Value(kind=f"REQUEST.{name}")
    kind = f"{base.kind}.{name}" if base.kind else ""
    if kind in catalogue.REQUESTS:
        return a_kind("REQUEST")
    if kind in catalogue.LOCAL_SOURCES:
        return unknown(catalogue.LOCAL_SOURCES[kind], node.lineno, Origin.LOCAL, kind)
    if name.isupper() or (name in {"name", "stem", "parent", "suffix"} and "pathlib" in base.kind):
        value = Value(taints=base.taints, kind=kind)
        return value.made_safe({catalogue.PATH}) if name in {"name", "stem", "suffix"} else Value(kind=kind)
    if base.taints or base.items:
        return Value(taints=base.all_taints(), kind=kind)
    if kind:
        return a_kind(kind)
    return unknown(label, node.lineno)


def _joined(frame: Frame, node: ast.JoinedStr) -> Value:
    values, texts = [], []
    for part in node.values:
        value = evaluate(frame, part.value if isinstance(part, ast.FormattedValue) else part)
        values.append(value)
        texts.append(as_text(value))
        if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
            evaluate(frame, part.format_spec)
    text = "".join(texts)
    if HOLE not in text and all(value.is_const for value in values):
        return known(text)
    return made_of(values, text=text)


def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left, right = evaluate(frame, node.left), evaluate(frame, node.right)
    return combined(left, right, node.op)


def _compare(frame: Frame, node: ast.Compare) -> Value:
    values = [evaluate(frame, part) for part in (node.left, *node.comparators)]
    if len(values) == 2 and values[0].is_const:
        right = values[1].const if values[1].is_const else _certain(values[1])
        if right is not ABSENT:
            try:
                return known(bool(_COMPARISONS[type(node.ops[0])](values[0].const, right)))
            except (TypeError, ValueError):
                return CLEAN
    return CLEAN


def _certain(value: Value) -> object:
    """The tuple of constants that a value is, if it is one."""
    if isinstance(value.items, tuple) and all(item.is_const for item in value.items):
        return tuple(item.const for item in value.items)
    return ABSENT


def truth(value: Value) -> bool | None:
    """Whether it counts as true, if that is certain."""
    if value.is_const:
        return bool(value.const)
    return None


def _not(frame: Frame, node: ast.UnaryOp) -> Value:
    value = evaluate(frame, node.operand)
    if isinstance(node.op, ast.Not):
        certain = truth(value)
        return CLEAN if certain is None else known(not certain)
    if isinstance(node.op, ast.USub) and isinstance(value.const, int | float):
        return known(-value.const)
    return Value(taints=value.taints)


def _bool(frame: Frame, node: ast.BoolOp) -> Value:
    result: Value | None = None
    for part in node.values:
        value = evaluate(frame, part)
        certain = truth(value)
        decides = certain is not None and certain is isinstance(node.op, ast.Or)
        passed_over = certain is not None and not decides and part is not node.values[-1]
        if not passed_over:
            result = value if result is None else either(result, value)
        if decides:
            break
    return result or CLEAN


def _choice(frame: Frame, node: ast.IfExp) -> Value:
    certain = truth(evaluate(frame, node.test))
    if certain is not None:
        return evaluate(frame, node.body if certain else node.orelse)
    return either(evaluate(frame, node.body), evaluate(frame, node.orelse))


def _sequence(frame: Frame, node: ast.List | ast.Tuple | ast.Set) -> Value:
    if len(node.elts) > 200 or any(isinstance(part, ast.Starred) for part in node.elts):
        return _other(frame, node)
    return Value(items=tuple(evaluate(frame, part) for part in node.elts), kind="list")


def _mapping(frame: Frame, node: ast.Dict) -> Value:
    items: dict[object, Value] = {}
    loose: list[Value] = []
    for key, part in zip(node.keys, node.values, strict=True):
        value = evaluate(frame, part)
        name = evaluate(frame, key) if key is not None else CLEAN
        if name.is_const and isinstance(name.const, str | int | bool | None):
            items[name.const] = value
        else:
            loose += [name, value]
    if loose:
        return made_of([*items.values(), *loose])
    return Value(items=items, kind="dict")


def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    base = evaluate(frame, node.value)
    if isinstance(node.slice, ast.Slice):
        bounds = [evaluate(frame, part) for part in (node.slice.lower, node.slice.upper)]
        return sliced(base, bounds[0], bounds[1], plain=node.slice.step is None)
    path = dotted(node.value)
    index = evaluate(frame, node.slice)
    if path is not None and index.is_const:
        stored = frame.env.get(f"{path}[{index.const!r}]")
        if stored is not None:
            return stored
    return element(base, index, node.lineno)


def element(base: Value, index: Value, line: int) -> Value:
    """One element of a value."""
    if base.items is not None and index.is_const:
        try:
            return base.items[index.const]  # type: ignore[call-overload]
        except (KeyError, IndexError, TypeError):
            return Value(taints=base.taints)
    if isinstance(base.const, str) and isinstance(index.const, int):
        return known(base.const[index.const]) if -len(base.const) <= index.const < len(base.const) else CLEAN
    if base.taints or base.items:
        return Value(taints=base.all_taints(), kind=f"{base.kind}[]" if base.kind else "")
    if base.kind and not base.kind.endswith(("list", "dict")):
        return a_kind(f"{base.kind}[]")
    return unknown("an element", line) if not base.kind and not base.is_const and base.items is None else CLEAN


def sliced(base: Value, lower: Value, upper: Value, *, plain: bool) -> Value:
    """A part of a text or of a list; where it certainly lies before the first hole, it is certain itself."""
    bounds = [bound.const if bound.is_const else ABSENT for bound in (lower, upper)]
    start = 0 if bounds[0] in {ABSENT, None} and lower is CLEAN else bounds[0]
    if plain and base.text is not None and isinstance(start, int) and isinstance(bounds[1], int):
        hole = base.text.find(HOLE)
        length = len(base.text) if hole < 0 else hole
        if 0 <= start <= length and 0 <= bounds[1] <= length:
            return known(base.text[start : bounds[1]])
    if plain and isinstance(base.items, tuple) and isinstance(start, int) and (upper.is_const or upper is CLEAN):
        end = bounds[1] if isinstance(bounds[1], int) else None
        return Value(items=base.items[start:end], kind=base.kind)
    return Value(taints=base.all_taints(), text=None if base.text is None else HOLE)


def _comprehension(frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
    before = dict(frame.env)
    for generator in node.generators:
        bind(frame, generator.target, one_of(evaluate(frame, generator.iter)))
        for test in generator.ifs:
            evaluate(frame, test)
            conditions.refine(frame, test, holds=True)
    if isinstance(node, ast.DictComp):
        result = made_of([evaluate(frame, node.key), evaluate(frame, node.value)])
    else:
        value = evaluate(frame, node.elt)
        result = Value(taints=value.all_taints(), kind="comprehension", text=value.text)
    frame.env = before
    return result


def one_of(values: Value) -> Value:
    """What a loop over a value gets each time."""
    if isinstance(values.items, tuple) and values.items:
        result = values.items[0]
        for item in values.items[1:]:
            result = either(result, item)
        return result
    if isinstance(values.items, dict):
        return CLEAN
    if values.taints:
        return Value(taints=values.taints, text=values.text if values.kind == "comprehension" else None)
    if values.is_const or values.kind.endswith("()") or values.kind in {"list", "dict", "comprehension"}:
        return CLEAN
    return CLEAN if not values.kind else a_kind(f"{values.kind}[]")


def bind(frame: Frame, target: ast.expr, value: Value) -> None:
    """Give a value to a name, an attribute, an element or several of them."""
    if isinstance(target, ast.Name):
        frame.env[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        for index, part in enumerate(target.elts):
            inner = value.items[index] if isinstance(value.items, tuple) and index < len(value.items) else None
            starred = isinstance(part, ast.Starred)
            rest = Value(taints=value.all_taints())
            bind(
                frame,
                part.value if isinstance(part, ast.Starred) else part,
                rest if inner is None or starred else inner,
            )
    elif isinstance(target, ast.Attribute):
        evaluate(frame, target.value)
        path = dotted(target)
        if path is not None:
            frame.env[path] = value
    elif isinstance(target, ast.Subscript):
        calls.store(frame, target, value)


def _named(frame: Frame, node: ast.NamedExpr) -> Value:
    value = evaluate(frame, node.value)
    bind(frame, node.target, value)
    return value


def _through(frame: Frame, node: ast.Await | ast.Starred) -> Value:
    return evaluate(frame, node.value)


def _call(frame: Frame, node: ast.Call) -> Value:
    return calls.call(frame, node)


def _nothing(_: Frame, __: ast.AST) -> Value:
    return CLEAN


_READERS: dict[type[ast.AST], Callable[[Frame, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.UnaryOp: _not,
    ast.BoolOp: _bool,
    ast.IfExp: _choice,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _mapping,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.NamedExpr: _named,
    ast.Await: _through,
    ast.Starred: _through,
    ast.Call: _call,
    ast.Lambda: _nothing,
}
