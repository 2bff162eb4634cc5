"""Calls: of what is known, and of the functions of the same file, which are followed."""

from __future__ import annotations

import ast

from ci_core.health.checkers.flows import expressions, models, patterns, sinks, statements
from ci_core.health.checkers.flows.catalogue import TRUST
from ci_core.health.checkers.flows.frames import DEEPEST_CALL, Frame, Known, dotted
from ci_core.health.checkers.flows.models import Call
from ci_core.health.checkers.flows.values import CLEAN, Value, made_of


def call(frame: Frame, node: ast.Call) -> Value:
    """What a call returns; harm that it does is reported."""
    made = _described(frame, node)
    sinks.look(frame, made)
    patterns.look(frame, made)
    known = _local(frame, made)
    if known is not None and frame.depth < DEEPEST_CALL and frame.module.may_follow:
        return _followed(frame, made, known)
    return models.result(frame, made)


def _described(frame: Frame, node: ast.Call) -> Call:
    receiver: Value | None = None
    target: str | None = None
    function = node.func
    if isinstance(function, ast.Attribute):
        target = dotted(function.value)
        receiver = expressions.evaluate(frame, function.value)
        stored = frame.env.get(f"{target}.{function.attr}") if target else None
        callee = stored or expressions.attribute_of(frame, receiver, function, function.attr)
        name = function.attr
    else:
        callee = expressions.evaluate(frame, function)
        name = function.id if isinstance(function, ast.Name) else callee.kind.rsplit(".", 1)[-1]
    args = tuple(expressions.evaluate(frame, part) for part in node.args)
    kwargs = {part.arg or "**": expressions.evaluate(frame, part.value) for part in node.keywords}
    kind = f"{callee.kind}()" if callee.kind else ""
    return Call(node, kind, name, args, kwargs, callee, receiver, target)


def _local(frame: Frame, made: Call) -> Known | None:
    """The function of this file that is called, as far as its name tells."""
    if made.receiver is None:
        return frame.module.functions.get(made.name) if isinstance(made.node.func, ast.Name) else None
    if made.target in {"self", "cls"} and frame.owner is not None:
        return frame.module.functions.get(f"{frame.owner}.{made.name}")
    if made.target is not None:
        return frame.module.functions.get(f"{made.target}.{made.name}")
    return None


def _followed(frame: Frame, made: Call, known: Known) -> Value:
    """Read the called function with what is known of its arguments."""
    arguments = _bound(made, known)
    signature = (id(known.node), tuple((name, value.all_taints(), value.text) for name, value in arguments.items()))
    cached = frame.module.called.get(signature)
    if cached is not None:
        return cached
    frame.module.called[signature] = made_of(made.everything)
    inner = Frame(frame.module, {**known.outer, **arguments}, known.owner, frame.route, frame.depth + 1, known.node)
    for name, value in frame.env.items():
        if name.startswith("self.") and made.target == "self":
            inner.env.setdefault(name, value)
    statements.run(inner, known.node.body)
    value = inner.returned or CLEAN
    if isinstance(known.node, ast.AsyncFunctionDef) or inner.yielded or known.node.decorator_list:
        value = made_of([value], text=value.text)
    frame.module.called[signature] = value
    return value


def _bound(made: Call, known: Known) -> dict[str, Value]:
    parameters = known.node.args
    names = [part.arg for part in (*parameters.posonlyargs, *parameters.args)]
    if names and names[0] in {"self", "cls"} and known.owner is not None and made.receiver is not None:
        names = names[1:]
    bound = dict(zip(names, made.args, strict=False))
    rest = made.args[len(names) :]
    if parameters.vararg is not None:
        bound[parameters.vararg.arg] = Value(items=tuple(rest), kind="list")
    every = {*names, *(part.arg for part in parameters.kwonlyargs)}
    bound |= {name: value for name, value in made.kwargs.items() if name in every}
    bound |= dict.fromkeys(every - bound.keys(), CLEAN)
    if parameters.kwarg is not None:
        bound[parameters.kwarg.arg] = made_of([value for name, value in made.kwargs.items() if name not in every])
    return bound


def store(frame: Frame, target: ast.Subscript, value: Value) -> None:
    """Put a value into an element of something."""
    base = expressions.evaluate(frame, target.value)
    index = expressions.evaluate(frame, target.slice) if not isinstance(target.slice, ast.Slice) else CLEAN
    if base.kind in {"flask.session", "REQUEST.session", "bottle.session"}:
        sinks.harm(frame, target, TRUST, made_of([value, index]))
    path = dotted(target.value)
    if path is None:
        return
    if isinstance(base.items, dict) and index.is_const and isinstance(index.const, str | int | None):
        frame.env[path] = Value(base.taints, items={**base.items, index.const: value}, kind="dict")
    elif (
        isinstance(base.items, tuple)
        and isinstance(index.const, int)
        and -len(base.items) <= index.const < len(base.items)
    ):
        items = list(base.items)
        items[index.const] = value
        frame.env[path] = Value(base.taints, items=tuple(items), kind="list")
    elif index.is_const and base.items is None:
        frame.env[f"{path}[{index.const!r}]"] = value
    else:
        frame.env[path] = Value(taints=base.all_taints() | value.all_taints(), kind=base.kind)
