"""What a condition tells of the names in it: checks that make a value safe."""

from __future__ import annotations

import ast

from ci_core.health.checkers.flows import catalogue, expressions
from ci_core.health.checkers.flows.catalogue import CODE, EVERYTHING, LDAP, PATH, REDIRECT, REQUEST, SQL, XPATH
from ci_core.health.checkers.flows.frames import Frame, dotted, names_in
from ci_core.health.checkers.flows.values import Value, known

_ALL_OF_ONE_KIND = frozenset({"isdigit", "isalnum", "isalpha", "isnumeric", "isdecimal", "isidentifier"})
_MATCHERS = frozenset({"match", "fullmatch", "search"})


def refine(frame: Frame, test: ast.expr, *, holds: bool) -> None:
    """Take into account that a condition holds, or that it does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        refine(frame, test.operand, holds=not holds)
    elif isinstance(test, ast.BoolOp):
        # "a and b" holds: both do; "a or b" does not: neither does. Else it is not known which.
        if holds is isinstance(test.op, ast.And):
            for part in test.values:
                refine(frame, part, holds=holds)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        _compared(frame, test, holds=holds)
    elif isinstance(test, ast.Call) and holds:
        _asked(frame, test)
    elif isinstance(test, ast.NamedExpr):
        refine(frame, test.value, holds=holds)


def _compared(frame: Frame, test: ast.Compare, *, holds: bool) -> None:
    op, right = test.ops[0], test.comparators[0]
    if isinstance(op, ast.In | ast.NotIn):
        inside = holds is isinstance(op, ast.In)
        if isinstance(test.left, ast.Constant) and isinstance(test.left.value, str):
            if not inside:
                _lacks(frame, right, test.left.value)
        elif inside and _is_list(frame, right):
            _make_safe(frame, test.left, _for_list(test.left))
    elif holds is isinstance(op, ast.Eq) and isinstance(op, ast.Eq | ast.NotEq):
        for one, other in ((test.left, right), (right, test.left)):
            value = expressions.evaluate(frame, other)
            if value.is_const and isinstance(one, ast.Name):
                frame.env[one.id] = known(value.const)
            elif value.is_const or _is_upper(other):
                _make_safe(frame, one, _for_list(one))


def _is_list(frame: Frame, node: ast.expr) -> bool:
    """Whether something is a list of what is allowed: one of constants, or one whose name says so."""
    value = expressions.evaluate(frame, node)
    if value.taints:
        path = dotted(node) or ""
        return bool(catalogue.SAYS_CHECKED.search(path)) and max(taint.origin for taint in value.taints) < 3
    return not isinstance(value.const, str) and not value.kind.endswith("()")


def _for_list(node: ast.expr) -> frozenset[str]:
    """The host of an address being on a list makes the address safe to go to, not to be put into a query."""
    if isinstance(node, ast.Attribute) and node.attr in {"netloc", "hostname", "host", "scheme"}:
        return frozenset({REDIRECT, REQUEST}) if node.attr != "scheme" else frozenset()
    return EVERYTHING


def _is_upper(node: ast.expr) -> bool:
    path = dotted(node)
    return path is not None and path.rsplit(".", 1)[-1].isupper()


def _lacks(frame: Frame, node: ast.expr, text: str) -> None:
    """A value does not contain a text."""
    if text in {"..", "../", "..\\"}:
        _make_safe(frame, node, frozenset({PATH}))
    elif text in {"'", '"'}:
        _make_safe(frame, node, frozenset({SQL, XPATH, CODE} if isinstance(node, ast.Subscript) else {SQL, XPATH}))
    elif text in {"(", "*"}:
        _make_safe(frame, node, frozenset({LDAP}))


def _asked(frame: Frame, test: ast.Call) -> None:
    """A call that was answered with yes."""
    function = test.func
    name = function.attr if isinstance(function, ast.Attribute) else dotted(function) or ""
    if name in {"all", "any"} and test.args and isinstance(test.args[0], ast.GeneratorExp) and name == "all":
        for part in ast.walk(test.args[0].elt):
            if isinstance(part, ast.Attribute) and part.attr in _ALL_OF_ONE_KIND:
                _make_safe(frame, test.args[0].generators[0].iter, EVERYTHING)
    elif isinstance(function, ast.Attribute) and name in _ALL_OF_ONE_KIND:
        _make_safe(frame, function.value, EVERYTHING)
    elif isinstance(function, ast.Attribute) and name == "startswith" and test.args:
        _begins(frame, function.value, expressions.evaluate(frame, test.args[0]))
    elif name == "is_relative_to" and isinstance(function, ast.Attribute):
        _make_safe(frame, function.value, frozenset({PATH}))
    elif name == "isinstance" and len(test.args) == 2:
        kinds = names_in(test.args[1])
        if kinds and kinds <= {"int", "float", "bool", "Decimal", "UUID", "date", "datetime"}:
            _make_safe(frame, test.args[0], EVERYTHING)
    elif name in _MATCHERS:
        _matches(frame, test, name)
    elif catalogue.SAYS_CHECKED.search(name):
        for argument in test.args:
            _make_safe(frame, argument, EVERYTHING)


def _begins(frame: Frame, node: ast.expr, start: Value) -> None:
    """A value begins with something: enough for an address with its host, and for a path that was resolved before."""
    if start.text and (start.text.startswith(("http://", "https://")) or (start.text == "/")):
        _make_safe(frame, node, frozenset({REDIRECT, REQUEST}))
    inner = node.args[0] if isinstance(node, ast.Call) and dotted(node.func) == "str" and node.args else node
    if "resolve" in expressions.evaluate(frame, inner).kind:
        _make_safe(frame, inner, frozenset({PATH}))


def _matches(frame: Frame, test: ast.Call, name: str) -> None:
    """A value matches a pattern that allows no odd characters, from its beginning to its end."""
    function = test.func
    patterns = [part.value for part in test.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    compiled = isinstance(function, ast.Attribute) and dotted(function.value) not in {"re", "regex"}
    subject = test.args[-1 if len(test.args) < 3 else 1] if test.args else None
    if subject is None:
        return
    if compiled or not patterns:
        _make_safe(frame, subject, EVERYTHING)
        return
    pattern = patterns[0]
    whole = name == "fullmatch" or (pattern.endswith(("$", r"\Z")) and (name == "match" or pattern.startswith("^")))
    if whole and not any(wild in pattern for wild in (".*", ".+", r"\S", "[^")):
        _make_safe(frame, subject, EVERYTHING)


def _make_safe(frame: Frame, node: ast.expr, dangers: frozenset[str]) -> None:
    """The names in an expression, and those that they were made of, are safe from now on."""
    if not dangers:
        return
    path = dotted(node)
    if path is not None and path in frame.env:
        frame.env[path] = frame.env[path].made_safe(dangers)
    for name in frame.related(names_in(node)):
        value = frame.env.get(name)
        if value is not None:
            frame.env[name] = value.made_safe(dangers)
