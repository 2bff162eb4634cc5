"""Statement by statement: which way the program goes, and what its names hold there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ci_core.health.checkers.flows import conditions, expressions, operators, patterns, sinks
from ci_core.health.checkers.flows.catalogue import SQL, SQL_WORDS
from ci_core.health.checkers.flows.frames import Frame, Known, names_in
from ci_core.health.checkers.flows.values import (
    CLEAN,
    HOLE,
    Env,
    Origin,
    Value,
    a_kind,
    either,
    joined,
    unknown,
)

_REQUESTS = frozenset({"flask.request", "bottle.request", "quart.request"})


def run(frame: Frame, body: Sequence[ast.stmt]) -> bool:
    """Read statements in order; returns whether the way goes on behind them."""
    for statement in body:
        frame.module.count()
        reader = _READERS.get(type(statement))
        if reader is not None:
            if not reader(frame, statement):
                return False
        else:
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    expressions.evaluate(frame, child)
    return True


def _ways(frame: Frame, *ways: Callable[[], bool]) -> bool:
    """Go several ways from here; behind them is known what holds on all that go on."""
    start = frame.env
    ends: list[Env] = []
    for way in ways:
        frame.env = dict(start)
        if way():
            ends.append(frame.env)
    after: Env | None = None
    for end in ends:
        after = joined(after, end)
    frame.env = start if after is None else after
    return bool(ends)


def _expression(frame: Frame, node: ast.Expr) -> bool:
    if isinstance(node.value, ast.Yield | ast.YieldFrom):
        frame.yielded = True
    expressions.evaluate(frame, node.value)
    name = node.value.func if isinstance(node.value, ast.Call) else None
    return not (isinstance(name, ast.Attribute) and name.attr == "exit" and "sys" in names_in(name))


def _assign(frame: Frame, node: ast.Assign) -> bool:
    value = expressions.evaluate(frame, node.value)
    for target in node.targets:
        expressions.bind(frame, target, value)
        _remember(frame, target, node.value)
        patterns.assigned(frame, target, node.value, value)
    return True


def _remember(frame: Frame, target: ast.expr, value: ast.expr) -> None:
    """Note what a name was made of, so that a check of it is one of them too."""
    if isinstance(target, ast.Name):
        made_of = names_in(value) - {target.id}
        frame.origins[target.id] = made_of if len(made_of) <= 4 else frozenset()


def _annotated(frame: Frame, node: ast.AnnAssign) -> bool:
    if node.value is not None:
        value = expressions.evaluate(frame, node.value)
        expressions.bind(frame, node.target, value)
        patterns.assigned(frame, node.target, node.value, value)
    return True


def _augmented(frame: Frame, node: ast.AugAssign) -> bool:
    before = expressions.evaluate(frame, node.target)
    value = expressions.evaluate(frame, node.value)
    expressions.bind(frame, node.target, operators.combined(before, value, node.op))
    if isinstance(node.target, ast.Name):
        origins = frame.origins.get(node.target.id, frozenset()) | names_in(node.value)
        frame.origins[node.target.id] = origins if len(origins) <= 4 else frozenset()
    return True


def _if(frame: Frame, node: ast.If) -> bool:
    certain = expressions.truth(expressions.evaluate(frame, node.test))

    def taken() -> bool:
        conditions.refine(frame, node.test, holds=True)
        return run(frame, node.body)

    def passed() -> bool:
        conditions.refine(frame, node.test, holds=False)
        return run(frame, node.orelse)

    if certain is not None:
        return _ways(frame, taken if certain else passed)
    return _ways(frame, taken, passed)


def _loop(frame: Frame, node: ast.For | ast.AsyncFor | ast.While) -> bool:
    values = CLEAN
    if isinstance(node, ast.While):
        if expressions.truth(expressions.evaluate(frame, node.test)) is False:
            return run(frame, node.orelse)
    else:
        values = expressions.evaluate(frame, node.iter)

    def turn() -> bool:
        if isinstance(node, ast.While):
            conditions.refine(frame, node.test, holds=True)
        else:
            expressions.bind(frame, node.target, expressions.one_of(values))
            if isinstance(node.target, ast.Name):
                frame.origins[node.target.id] = names_in(node.iter)
        return run(frame, node.body)

    outside, frame.left = frame.left, []
    # Twice, because what the first turn leaves behind is there in the second.
    for _ in range(2):
        _ways(frame, turn, lambda: True)
        for env in frame.left:
            frame.env = joined(frame.env, env) or env
        frame.left = []
    frame.left = outside
    return run(frame, node.orelse) if node.orelse else not _endless(node)


def _endless(node: ast.stmt) -> bool:
    if not isinstance(node, ast.While) or not isinstance(node.test, ast.Constant) or not node.test.value:
        return False
    return not any(isinstance(part, ast.Break) for part in ast.walk(node))


def _try(frame: Frame, node: ast.Try) -> bool:
    start = frame.env
    frame.env = dict(start)
    goes_on = run(frame, node.body) and run(frame, node.orelse)
    body_env = frame.env
    after: Env | None = body_env if goes_on else None
    for handler in node.handlers:
        frame.env = dict(joined(start, body_env) or start)
        if handler.name:
            frame.env[handler.name] = CLEAN
        if run(frame, handler.body):
            after = joined(after, frame.env)
    frame.env = dict(after if after is not None else joined(start, body_env) or start)
    ends = run(frame, node.finalbody)
    return ends and after is not None


def _with(frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
    for item in node.items:
        value = expressions.evaluate(frame, item.context_expr)
        if item.optional_vars is not None:
            expressions.bind(frame, item.optional_vars, value)
    return run(frame, node.body)


def _match(frame: Frame, node: ast.Match) -> bool:
    subject = expressions.evaluate(frame, node.subject)
    ways: list[Callable[[], bool]] = []
    certain = False
    for case in node.cases:
        fits = _fits(subject, case.pattern) if case.guard is None else None
        if fits is False:
            continue
        ways.append(lambda case=case: _case(frame, case, subject))  # type: ignore[misc]
        if fits:
            certain = True
            break
    if not certain:
        ways.append(lambda: True)
    return _ways(frame, *ways)


def _case(frame: Frame, case: ast.match_case, subject: Value) -> bool:
    for part in ast.walk(case.pattern):
        name = getattr(part, "name", None)
        if isinstance(part, ast.MatchAs | ast.MatchStar) and name:
            frame.env[name] = Value(taints=subject.all_taints())
    return run(frame, case.body)


def _fits(subject: Value, pattern: ast.pattern) -> bool | None:
    """Whether a value fits a pattern, if that is certain."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        return True
    if not subject.is_const:
        return None
    if isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant):
        return bool(subject.const == pattern.value.value)
    if isinstance(pattern, ast.MatchOr):
        fits = [_fits(subject, part) for part in pattern.patterns]
        return True if True in fits else (None if None in fits else False)
    return None


def _return(frame: Frame, node: ast.Return) -> bool:
    value = expressions.evaluate(frame, node.value)
    if node.value is not None:
        if frame.route is not None and frame.module.uses_flask and not frame.depth:
            sinks.shown(frame, node, value)
        if HOLE in (value.text or "") and SQL_WORDS.match(value.shown):
            sinks.harm(frame, node, SQL, value, least=Origin.ARGUMENT)
    frame.returned = value if frame.returned is None else either(frame.returned, value)
    return False


def _ends(frame: Frame, node: ast.stmt) -> bool:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            expressions.evaluate(frame, child)
    return False


def _leave(frame: Frame, _: ast.stmt) -> bool:
    frame.left.append(dict(frame.env))
    return False


def _assert(frame: Frame, node: ast.Assert) -> bool:
    expressions.evaluate(frame, node.test)
    conditions.refine(frame, node.test, holds=True)
    return True


def _import(frame: Frame, node: ast.Import) -> bool:
    for alias in node.names:
        name = alias.asname or alias.name.split(".")[0]
        frame.env[name] = a_kind(alias.name if alias.asname else name)
    return True


def _import_from(frame: Frame, node: ast.ImportFrom) -> bool:
    module = node.module or ""
    for alias in node.names:
        kind = f"{module}.{alias.name}" if module else alias.name
        frame.env[alias.asname or alias.name] = a_kind("REQUEST" if kind in _REQUESTS else kind)
    return True


def _function(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    frame.env.pop(node.name, None)
    known_function = Known(node, frame.env, frame.owner)
    frame.module.functions.setdefault(node.name, known_function)
    frame.module.waiting.append(known_function)
    for default in [*node.args.defaults, *node.args.kw_defaults]:
        if default is not None:
            expressions.evaluate(frame, default)
    return True


def _class(frame: Frame, node: ast.ClassDef) -> bool:
    inner = Frame(frame.module, dict(frame.env), owner=node.name)
    run(inner, [part for part in node.body if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)])
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    shared: Env = {f"self.{name}": value for name, value in inner.env.items() if name not in frame.env}
    outer = {**frame.env, **shared}
    for method in methods:
        if method.name == "__init__":
            start = Frame(frame.module, dict(outer), owner=node.name, function=method)
            for name, value in parameters(method).items():
                start.env[name] = value
            run(start, method.body)
            outer |= {name: value for name, value in start.env.items() if name.startswith("self.")}
    for method in methods:
        item = Known(method, outer, node.name)
        frame.module.functions[f"{node.name}.{method.name}"] = item
        frame.module.waiting.append(item)
    return True


_HARMLESS = frozenset({
    "int", "float", "bool", "date", "datetime", "timedelta", "Decimal", "UUID", "Session", "Connection", "Engine",
    "Cursor", "AsyncSession", "time", "complex",
})  # fmt: skip


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, origin: Origin = Origin.ARGUMENT) -> Env:
    """What is known of a function's arguments when nobody in this file has called it yet."""
    env: Env = {}
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for part in [*every, arguments.vararg, arguments.kwarg]:
        if part is None:
            continue
        kinds = names_in(part.annotation) if part.annotation is not None else frozenset()
        if part.annotation is not None and isinstance(part.annotation, ast.Attribute):
            kinds |= {part.annotation.attr}
        if part.arg in {"self", "cls"}:
            env[part.arg] = CLEAN
        elif part.arg == "request" or "Request" in kinds:
            env[part.arg] = a_kind("REQUEST")
        elif kinds and kinds <= _HARMLESS | {"Optional", "None"}:
            env[part.arg] = CLEAN
        else:
            env[part.arg] = unknown(part.arg, part.lineno, origin)
    return env


def _delete(frame: Frame, node: ast.Delete) -> bool:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.env.pop(target.id, None)
    return True


def _nothing(_: Frame, __: ast.stmt) -> bool:
    return True


_READERS: dict[type[ast.stmt], Callable[[Frame, Any], bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.While: _loop,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.Return: _return,
    ast.Raise: _ends,
    ast.Break: _leave,
    ast.Continue: _leave,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Delete: _delete,
    ast.Pass: _nothing,
    ast.Global: _nothing,
    ast.Nonlocal: _nothing,
}
