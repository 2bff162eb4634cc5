"""Classes that a decorator makes anew, of whose constructor mypy knows nothing where the library is not at hand."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ci_core.health.syntax import Unparsable, parse

# 'Unexpected keyword argument "id" for "Position"', but not '… for "find" of "Shop"'.
CONSTRUCTOR = re.compile(r' for "(?P<name>\w+)"(?:$|;)')
# Those that mypy knows, or that leave the constructor as it is.
KNOWN = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable", "unique", "verify", "deprecated"})


class Remade:
    """The classes of a repository's files that have such a decorator; each file is read once, when it is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._classes: dict[str, frozenset[str]] = {}

    def by_a_decorator(self, path: str, message: str) -> bool:
        """Whether a message about wrong arguments is about the constructor of such a class of the same file."""
        found = CONSTRUCTOR.search(message)
        if found is None:
            return False
        if path not in self._classes:
            self._classes[path] = frozenset(self._read(path))
        return found["name"] in self._classes[path]

    def _read(self, path: str) -> list[str]:
        try:
            tree = parse((self._root / path).read_bytes(), path)
        except (OSError, Unparsable):
            return []
        return [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and any(_name(one) not in KNOWN for one in node.decorator_list)
        ]


def _name(decorator: ast.expr) -> str:
    made = decorator.func if isinstance(decorator, ast.Call) else decorator
    return made.attr if isinstance(made, ast.Attribute) else made.id if isinstance(made, ast.Name) else ""
