"""Reads one file, and lets each rule look at it."""

from __future__ import annotations

from ci_core.health import syntax
from ci_core.health.checkers.bugs import (
    certainties,
    changing,
    coroutines,
    handlers,
    money,
    queries,
    resources,
    signatures,
)
from ci_core.health.checkers.bugs.scopes import Bug, scopes_of

RULES = (
    queries.find,
    money.find,
    coroutines.find,
    handlers.find,
    signatures.find,
    resources.find,
    certainties.find,
    changing.find,
)


def read(source: bytes | str, path: str = "") -> tuple[Bug, ...]:
    """What is wrong in one file, in the order of its lines.

    Raises:
        Unparsable: it cannot be read as Python.
    """
    tree = syntax.parse(source, path)
    try:
        scopes = scopes_of(tree)
        found = [bug for rule in RULES for bug in rule(scopes)]
    except RecursionError as error:
        raise syntax.Unparsable(path, "it is nested too deeply") from error
    return tuple(sorted(set(found), key=lambda bug: (bug.line, bug.column, bug.rule)))
