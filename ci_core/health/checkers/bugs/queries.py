"""Queries in loops: one for each row of another, where one for all would do (known as N+1)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Loop, Scope, bug, names_in, path_of, targets_of

_SQL = re.compile(r"\s*\(?\s*(?P<kind>select|insert|update|delete|with|replace|merge)\b", re.IGNORECASE)
_RUNS = frozenset({
    "execute", "exec_driver_sql", "fetch_one", "fetch_all", "fetchrow", "fetchval", "fetch", "scalar", "scalars",
    "query",
    "read_sql", "read_sql_query", "run_query", "execute_query", "get_or_create", "execute_sql", "exec",
})  # fmt: skip
# What these belong to tells a database from a list, a shell or a page.
_DATABASE = re.compile(
    r"(?:^|[._])(?:cur|cursor|conn|connection|con|db|database|session|engine|tx|transaction|pool|c|pg|sql|sqlite|repo"
    r"|repository)\d*(?:$|\.)",
    re.IGNORECASE,
)
_FRAMEWORK = re.compile(
    r"\.objects\.(?:get|filter|create|exclude|all|first|count|update|update_or_create|get_or_create)\b"
)
_MODEL = re.compile(r"\.query\.(?:get|filter|filter_by|first|all|one|count)\b|session\.get$|db\.get$")
# A short list of constants is gone over once, whatever the number of rows.
_FEW = 12


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """Queries that a loop repeats with what it goes over, also in a function of this file that it calls."""
    running = {scope.name for scope in scopes if scope.name and _runs_query(scope)}
    for scope in scopes:
        for node in scope.nodes:
            loops = [loop for loop in scope.around(node) if not _is_short(loop)] if isinstance(node, ast.Call) else []
            if not loops or not isinstance(node, ast.Call):
                continue
            changing = set().union(*(targets_of(loop) for loop in loops))
            changing |= _made_from(scope, changing, loops)
            if is_query(node, scope) and _depends(node, changing):
                kind = _kind(node, scope)
                text = "each turn of this loop asks the database: ask once for all of them"
                if kind in {"insert", "update", "delete", "replace", "merge"}:
                    text = (
                        "each turn of this loop writes to the database: write all of them at once, as with executemany"
                    )
                yield bug("query-in-loop", text, node, "low" if kind != "select" and kind else "medium", "CWE-1050")
            elif (called := _local(node, scope)) in running and called != scope.name and _depends(node, changing):
                text = f"each turn of this loop asks the database, in {called}: ask once for all of them"
                yield bug("query-in-loop", text, node, "low", "CWE-1050")


def is_query(node: ast.Call, scope: Scope) -> bool:
    """Whether a call asks a database."""
    path = path_of(node.func)
    owner, _, name = path.rpartition(".")
    if _FRAMEWORK.search(path) or _MODEL.search(path):
        return True
    if (
        name not in _RUNS
        or name == "executemany"
        or (not owner and name not in {"run_query", "execute_query", "execute_sql"})
    ):
        return False
    return _kind(node, scope) is not None or (bool(_DATABASE.search(owner)) and name not in {"exec", "fetch"})


def _kind(node: ast.Call, scope: Scope) -> str | None:
    """Which kind of statement a call carries out, as far as its text is near."""
    if not node.args:
        return None
    text = _text(node.args[0])
    if text is None and isinstance(node.args[0], ast.Name):
        for other in scope.nodes:
            if isinstance(other, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == node.args[0].id for target in other.targets
            ):
                text = _text(other.value) or text
    match = _SQL.match(text) if text else None
    if match is None:
        return None
    kind = match.group("kind").lower()
    return "select" if kind == "with" else kind


def _text(node: ast.expr) -> str | None:
    while isinstance(node, ast.BinOp):
        node = node.left
    if isinstance(node, ast.Call) and node.args and path_of(node.func).rsplit(".", 1)[-1] in {"text", "SQL", "dedent"}:
        node = node.args[0]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        node = node.func.value
    if isinstance(node, ast.Call) and path_of(node.func).startswith("select"):
        return "select"
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _runs_query(scope: Scope) -> bool:
    return any(isinstance(node, ast.Call) and is_query(node, scope) for node in scope.nodes)


def _local(node: ast.Call, scope: Scope) -> str:
    path = path_of(node.func)
    if path.startswith(("self.", "cls.")) and scope.owner:
        return f"{scope.owner}.{path.split('.', 1)[1]}"
    return path


def _depends(node: ast.Call, changing: set[str]) -> bool:
    """Whether what is asked changes with each turn, and is not a statement that the loop itself goes over."""
    used = set().union(*(names_in(part) for part in [*node.args, *(keyword.value for keyword in node.keywords)]), set())
    if isinstance(node.func, ast.Attribute):
        used |= names_in(node.func.value) if not isinstance(node.func.value, ast.Name) else set()
    if not used & changing:
        return False
    return not (len(node.args) == 1 and isinstance(node.args[0], ast.Name) and not node.keywords) or _is_local(node)


def _is_local(node: ast.Call) -> bool:
    return path_of(node.func).rsplit(".", 1)[-1] not in {"execute", "exec_driver_sql", "exec"}


def _made_from(scope: Scope, changing: set[str], loops: list[Loop]) -> set[str]:
    """Variables that are made in the loop from what it changes."""
    made = set(changing)
    inside = {id(loop) for loop in loops}
    for node in scope.nodes:
        repeated = isinstance(node, ast.Assign) and any(id(loop) in inside for loop in scope.around(node))
        if repeated and isinstance(node, ast.Assign) and names_in(node.value) & made:
            made |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return made


def _is_short(loop: Loop) -> bool:
    """Whether it goes over a few constants, or is there to try again."""
    if isinstance(loop, ast.While):
        return not isinstance(loop.test, ast.Compare | ast.Name | ast.Attribute | ast.Call)
    over = loop.iter if isinstance(loop, ast.For | ast.AsyncFor) else loop.generators[0].iter
    if isinstance(over, ast.List | ast.Tuple | ast.Set):
        return len(over.elts) <= _FEW
    if isinstance(over, ast.Call) and path_of(over.func) == "range" and len(over.args) == 1:
        names = names_in(over.args[0])
        return isinstance(over.args[0], ast.Constant) or any(
            word in name.lower() for name in names for word in ("retr", "attempt", "tries")
        )
    return False
