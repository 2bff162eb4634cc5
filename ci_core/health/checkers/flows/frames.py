"""Where the reading of a file stands: the module, the function that is read, what its names hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from ci_core.health.checkers.flows.values import Env, Origin, Taint, Value

# A file may be written to make us read for ever: after so many statements, calls are no longer followed, and after five
# times as many the rest is left unread, which is told.
STATEMENTS_FOLLOWED = 20_000
STATEMENTS_READ = 100_000
DEEPEST_CALL = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef


class TooMuch(Exception):
    """The file is too tangled to be read to its end in reasonable time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where something does harm.

    Attributes:
        rule: see `rules`.
        steps: where what does harm came from, as (line, label), nearest last.
    """

    rule: str
    message: str
    line: int
    end_line: int
    column: int
    origin: Origin = Origin.UNKNOWN
    steps: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Known:
    """A function of this file that may be called by name, with the names that it sees."""

    node: Function
    outer: Env
    owner: str | None = None


@dataclass(slots=True)
class Module:
    """One file that is being read."""

    path: str
    findings: dict[tuple[str, int, int], Finding] = field(default_factory=dict)
    functions: dict[str, Known] = field(default_factory=dict)
    env: Env = field(default_factory=dict)
    waiting: list[Known] = field(default_factory=list)
    called: dict[tuple[object, ...], Value] = field(default_factory=dict)
    statements: int = 0
    uses_flask: bool = False

    def count(self) -> None:
        """One more statement was read.

        Raises:
            TooMuch: that were too many.
        """
        self.statements += 1
        if self.statements > STATEMENTS_READ:
            raise TooMuch

    @property
    def may_follow(self) -> bool:
        """Whether calls are still followed into the functions of this file."""
        return self.statements < STATEMENTS_FOLLOWED

    def report(self, rule: str, message: str, node: ast.AST, taints: frozenset[Taint] | None = None) -> None:
        """Note a finding; at one place the one with the farthest origin stays."""
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0) + 1
        origin = max((taint.origin for taint in taints or ()), default=Origin.UNKNOWN)
        steps = tuple(sorted({(taint.line, taint.label) for taint in taints or () if taint.origin == origin}))[-5:]
        end = getattr(node, "end_lineno", None) or line
        finding = Finding(rule, message, line, end, column, origin, steps)
        # exec(compile(text)) is one place where text becomes code.
        key = (rule, line, 0 if rule == "code-injection" else column)
        before = self.findings.get(key)
        if before is None or before.origin < origin:
            self.findings[key] = finding


@dataclass(slots=True)
class Frame:
    """One function, or the body of the module, that is being read.

    Attributes:
        env: what its names hold; "a.b" for an attribute; names of the functions around it too.
        returned: what it has returned so far.
        left: what the names held where the innermost loop was left or begun anew.
        origins: name → the names that its value was made of, so that a check of one is a check of the other.
    """

    module: Module
    env: Env
    owner: str | None = None
    route: str | None = None
    depth: int = 0
    function: Function | None = None
    returned: Value | None = None
    yielded: bool = False
    origins: dict[str, frozenset[str]] = field(default_factory=dict)
    left: list[Env] = field(default_factory=list)

    def related(self, names: frozenset[str]) -> Iterator[str]:
        """These names and those that their values were made of."""
        seen: set[str] = set()
        left = list(names)
        while left and len(seen) < 20:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                yield name
                left += self.origins.get(name, ())


def dotted(node: ast.AST) -> str | None:
    """The dotted path that an expression spells, such as "self.conn"; None where it is more than names."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def names_in(node: ast.AST) -> frozenset[str]:
    """The variables that an expression reads."""
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
