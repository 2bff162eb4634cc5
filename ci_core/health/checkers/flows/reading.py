"""Reads one file: first its body, then every function, with the names that it sees there."""

from __future__ import annotations

import ast
import re

from ci_core.health import syntax
from ci_core.health.checkers.flows import catalogue, patterns, statements
from ci_core.health.checkers.flows.frames import Finding, Frame, Function, Known, Module, TooMuch
from ci_core.health.checkers.flows.values import CLEAN, Origin

# Stands among the names for a text that is a query.
_A_QUERY = "a query"
# Without one of these words a file has nothing that is looked for, and is not read.
_METHODS = (
    "execute executemany executescript mogrify exec eval compile open system popen check_output check_call Popen "
    "send_file redirect Markup mark_safe HttpResponse HTMLResponse RedirectResponse make_response xpath XPath "
    "render_template_string set_cookie set_signed_cookie loads unsafe_load extractall extract getoutput rmtree unlink "
    "remove read_sql read_sql_query read_pickle md5 sha1 randint randrange choice choices getrandbits random markdown "
    "urlopen urlretrieve session search search_s parseString fromstring from_string decode getstatusoutput "
    "create_subprocess_shell read_text write_text read_bytes write_bytes exec_driver_sql elementpath"
)
# Names that nearly every file has for something else.
_EVERYWHERE = frozenset(
    (
        *("get", "post", "put", "delete", "head", "request", "find", "select", "copy", "move", "replace", "decode"),
        *("text", "fetch", "touch", "query", "raw", "extra", "stat"),
    )
)
TRIGGERS = (
    frozenset(_METHODS.split())
    | {kind.removesuffix("()").rsplit(".", 1)[-1] for kind in catalogue.SINKS}
    | catalogue.DATABASE_CALLS
    | catalogue.PATH_METHODS
    | {"load", "new", "run", "call", "uniform", "shuffle", "Template", "route", "iterfind", "findall"}
    | {"requests", "httpx", "jwt", "hashlib", "etree", "randbytes", "normalvariate", _A_QUERY}
) - _EVERYWHERE
# Parts of an address that are no text, such as "<int:page>".
_TYPED = re.compile(r"<(?:int|float|uuid):(\w+)>")
_QUERIES = re.compile(r"\b(?:select|insert|update|delete)\b", re.IGNORECASE)


def read(source: bytes | str, path: str = "") -> tuple[Finding, ...]:
    """What does harm in one file, in the order of its lines.

    Raises:
        Unparsable: it cannot be read as Python, or is too tangled to be followed to its end.
    """
    tree = syntax.parse(source, path)
    module = Module(path)
    try:
        _read(module, tree)
    except (TooMuch, RecursionError) as error:
        raise syntax.Unparsable(path, "it is too tangled to be followed") from error
    return tuple(sorted(module.findings.values(), key=lambda found: (found.line, found.column, found.rule)))


def _read(module: Module, tree: ast.Module) -> None:
    patterns.secrets(module, tree)
    module.uses_flask = any(
        isinstance(node, ast.ImportFrom | ast.Import)
        and any(name.startswith(("flask", "quart", "bottle")) for name in _imported(node))
        for node in ast.walk(tree)
    )
    frame = Frame(module, module.env)
    statements.run(frame, tree.body)
    module.env.update(frame.env)
    used = {id(node): _names(node) for node in ast.walk(tree) if isinstance(node, Function)}
    mattering = _mattering(tree, used)
    called = _names(tree)
    while module.waiting:
        waiting, module.waiting = module.waiting, []
        # Private ones last: by then it is known which of them others have called, with what.
        for known in sorted(waiting, key=lambda item: _is_private(item, called)):
            if _is_private(known, called) and any(signature[0] == id(known.node) for signature in module.called):
                continue
            if id(known.node) in mattering:
                _function(module, known)


def _names(node: ast.AST) -> frozenset[str]:
    """Every name and attribute that is used in a piece of code, and whether it holds a query."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and _QUERIES.match(part.value.lstrip()):
            found.add(_A_QUERY)
    return frozenset(found)


def _mattering(tree: ast.Module, used: dict[int, frozenset[str]]) -> set[int]:
    """The functions that call anything that can do harm or return a query, and those that call these."""
    functions = [node for node in ast.walk(tree) if id(node) in used and isinstance(node, Function)]
    mattering = {
        id(node)
        for node in functions
        if not used[id(node)].isdisjoint(TRIGGERS) or any("sql" in name or "query" in name for name in used[id(node)])
    }
    names = {node.name for node in functions if id(node) in mattering}
    while names:
        more = [node for node in functions if id(node) not in mattering and not used[id(node)].isdisjoint(names)]
        mattering.update(id(node) for node in more)
        names = {node.name for node in more}
    return mattering


def _imported(node: ast.ImportFrom | ast.Import) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def _is_private(known: Known, called: frozenset[str]) -> bool:
    name = known.node.name
    return name.startswith("_") and not name.startswith("__") and name in called


def _function(module: Module, known: Known) -> None:
    node = known.node
    route, origin = _route(node)
    typed = set(_TYPED.findall(route or ""))
    frame = Frame(module, dict(known.outer), known.owner, route=route, function=node)
    frame.env.update(statements.parameters(node, origin))
    frame.env.update(dict.fromkeys(typed & {part.arg for part in node.args.args}, CLEAN))
    for name in list(frame.env):
        if "[" in name and name.split("[")[0] in {part.arg for part in node.args.args}:
            del frame.env[name]
    statements.run(frame, node.body)


def _route(node: Function) -> tuple[str | None, Origin]:
    """The address that a function answers, if a web framework calls it: then its arguments come from outside."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
            first = decorator.args[0] if decorator.args else None
            address = first.value if isinstance(first, ast.Constant) else None
            if decorator.func.attr in catalogue.ROUTES and isinstance(address, str) and address.startswith("/"):
                return address, Origin.OUTSIDE
    return None, Origin.ARGUMENT
