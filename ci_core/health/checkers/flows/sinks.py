"""Where what came from outside does harm."""

from __future__ import annotations

import ast
import re

from ci_core.health.checkers.flows import catalogue
from ci_core.health.checkers.flows.catalogue import (
    CODE,
    COMMAND,
    HTML,
    LDAP,
    LOAD,
    PATH,
    REDIRECT,
    REQUEST,
    SQL,
    TEMPLATE,
    TRUST,
    XML,
    XPATH,
)
from ci_core.health.checkers.flows.frames import Frame
from ci_core.health.checkers.flows.models import Call
from ci_core.health.checkers.flows.values import HOLE, Origin, Taint, Value

_ADDRESS_WITH_HOST = re.compile(r"(?:https?:)?//[^/\0@?#\\]+[/?#]|/[^/\\\0]|[?#]", re.IGNORECASE)
_DATABASE_NAME = re.compile(r"quer|exec|sql|fetch|select|cursor|^db_|_db$|^run", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"file_?name|fname|^name$|upload|attachment|user_file|document", re.IGNORECASE)
_NAMES_A_FOLDER = re.compile(r"(?:root|dir|directory|folder|base)$|^(?:root|base|out|output|dest)", re.IGNORECASE)
_OF_DATABASE = re.compile(r"cur|con|db|engine|session|sql|^c$|^tx$|transaction", re.IGNORECASE)

# Danger → (rule, what happens, the nearest origin that is reported at all).
DANGERS: dict[str, tuple[str, str, Origin]] = {
    SQL: ("sql-injection", "SQL is put together from {source}: pass it as a parameter instead", Origin.UNKNOWN),
    COMMAND: ("command-injection", "a command for the shell is put together from {source}", Origin.UNKNOWN),
    CODE: ("code-injection", "{source} is executed as code", Origin.UNKNOWN),
    PATH: ("path-traversal", "the path of a file is made from {source}, which may leave its folder", Origin.OUTSIDE),
    REDIRECT: ("open-redirect", "the visitor is sent to an address made from {source}", Origin.OUTSIDE),
    HTML: ("cross-site-scripting", "{source} is shown as HTML without being escaped", Origin.OUTSIDE),
    TEMPLATE: ("template-injection", "{source} is part of a template, not of what is filled in", Origin.ARGUMENT),
    XPATH: ("xpath-injection", "an XPath query is put together from {source}", Origin.ARGUMENT),
    LDAP: ("ldap-injection", "an LDAP filter is put together from {source}", Origin.ARGUMENT),
    TRUST: ("trust-boundary", "{source} is kept in the session unchecked, where it looks trusted", Origin.OUTSIDE),
    LOAD: ("unsafe-deserialization", "objects are made from {source}, which can run any code", Origin.UNKNOWN),
    REQUEST: ("server-side-request", "the server asks an address made from {source}", Origin.OUTSIDE),
    XML: ("xml-external-entities", "XML of {source} is read with external entities allowed", Origin.UNKNOWN),
}


def look(frame: Frame, call: Call) -> None:
    """Report what a call does harm with."""
    _listed(frame, call)
    _database(frame, call)
    _processes(frame, call)
    _paths(frame, call)
    _queries(frame, call)
    _loading(frame, call)


def harm(frame: Frame, node: ast.AST, danger: str, value: Value, *, least: Origin | None = None) -> None:
    """Report a value at a place where it does harm, unless it is safe or certain."""
    rule, message, nearest = DANGERS[danger]
    least = nearest if least is None else least
    taints = frozenset(taint for taint in value.all_taints() if danger not in taint.safe and taint.origin >= least)
    if taints:
        frame.module.report(rule, message.format(source=source_of(taints)), node, taints)


def source_of(taints: frozenset[Taint]) -> str:
    """The farthest origin of a value, in words."""
    worst = max(taints, key=lambda taint: (taint.origin, -taint.line))
    if worst.origin is Origin.ARGUMENT:
        return f"the argument {worst.label}"
    return worst.label if worst.origin > Origin.ARGUMENT else "values that are not certain"


def _listed(frame: Frame, call: Call) -> None:
    entry = catalogue.SINKS.get(call.kind)
    if entry is None:
        return
    danger, position, keyword = entry
    value = call.argument(position, keyword)
    if value is None or value.is_const:
        return
    if danger == LOAD:
        _load(frame, call, value)
    elif danger == PATH:
        path(frame, call, value)
    elif danger in {REDIRECT, REQUEST}:
        if not _ADDRESS_WITH_HOST.match(value.shown):
            harm(frame, call.node, danger, value)
    elif danger == CODE:
        importing = call.kind in {"__import__()", "importlib.import_module()"}
        if not importing and value.kind.startswith("open()"):
            frame.module.report("code-injection", "the content of a file is executed as code", call.node)
        harm(frame, call.node, danger, value, least=Origin.OUTSIDE if importing else None)
    else:
        harm(frame, call.node, danger, value)


def path(frame: Frame, call: Call, value: Value) -> None:
    """A file is opened: what came from outside is a danger, an argument only where it names a file in a folder."""
    harm(frame, call.node, PATH, value)
    if call.name in catalogue.LOOKING:
        return
    # What stands before the last part that is not known: a folder, of which a piece may be fixed.
    folder, hole, _ = value.shown.rpartition(HOLE)
    if not hole or len(folder) < 2 or not folder.endswith(("/", "\\")):
        return
    piece = folder.replace(HOLE, "").strip("/\\")
    fixed = bool(piece)
    taints = frozenset(
        taint
        for taint in value.taints
        if taint.origin is Origin.ARGUMENT and PATH not in taint.safe
        if (not _NAMES_A_FOLDER.search(taint.label) if fixed else _NAMES_A_FILE.search(taint.label))
    )
    if taints:
        where = f"the folder {piece}" if fixed else "its folder"
        message = f"the path of a file is made from {source_of(taints)}, which may leave {where}"
        frame.module.report("path-from-argument", message, call.node, taints)


def _database(frame: Frame, call: Call) -> None:
    name = call.name
    if not call.args and not call.kwargs:
        return
    value = call.args[0] if call.args else next(iter(call.kwargs.values()))
    unmistakable = name in catalogue.DATABASE_CALLS
    if not unmistakable and not _DATABASE_NAME.search(name):
        return
    if catalogue.SQL_WORDS.match(value.shown):
        if HOLE in value.shown:
            harm(frame, call.node, SQL, value)
    elif (
        name in {"execute", "executescript"} and value.shown.startswith(HOLE) and _OF_DATABASE.search(call.target or "")
    ):
        harm(frame, call.node, SQL, value, least=Origin.OUTSIDE)


def _processes(frame: Frame, call: Call) -> None:
    if call.kind in catalogue.SUBPROCESS or call.kind == "asyncio.create_subprocess_exec()":
        command = call.argument(0, "args")
        if command is None or command.is_const:
            return
        shell = call.kwargs.get("shell")
        through_shell = shell is not None and (not shell.is_const or bool(shell.const))
        if through_shell:
            harm(frame, call.node, COMMAND, command)
            return
        items = command.items if isinstance(command.items, tuple) else (command,)
        first = items[0] if items else command
        if isinstance(first.const, str) and first.const.lower() in catalogue.SHELLS:
            harm(frame, call.node, COMMAND, command, least=Origin.ARGUMENT)
        elif not isinstance(first.const, str):  # which program that is is not certain: it may be a shell
            harm(frame, call.node, COMMAND, command, least=Origin.OUTSIDE)
    elif call.kind.startswith(("os.exec", "os.spawn")):
        for value in call.args:
            harm(frame, call.node, COMMAND, value, least=Origin.OUTSIDE)


def _paths(frame: Frame, call: Call) -> None:
    if call.receiver is None:
        return
    if call.name in catalogue.PATH_METHODS | catalogue.LOOKING and "pathlib." in call.receiver.kind:
        path(frame, call, call.receiver)
    unpacks = call.name in {"extractall", "extract"} and call.receiver.kind.startswith("tarfile.")
    if unpacks and "filter" not in call.kwargs:
        message = "an archive is unpacked without a filter: its members can be written outside of the folder"
        frame.module.report("archive-traversal", message, call.node, call.receiver.all_taints())


def _queries(frame: Frame, call: Call) -> None:
    if call.name == "xpath" and call.args and not call.kind.startswith("lxml.etree.XPath"):
        harm(frame, call.node, XPATH, call.args[0])
    elif call.name in {"find", "findall", "findtext", "iterfind"} and call.receiver is not None and call.args:
        if call.receiver.kind.startswith(("xml.etree", "lxml.etree", "defusedxml")):
            harm(frame, call.node, XPATH, call.args[0], least=Origin.OUTSIDE)
    elif call.name in {"search", "search_s", "search_ext", "search_st", "paged_search"}:
        for value in [*call.args, *call.kwargs.values()]:
            if "(" in value.shown and "=" in value.shown and value.shown.lstrip().startswith("("):
                harm(frame, call.node, LDAP, value)
    elif call.name == "markdown" and call.kind.startswith("streamlit") and call.args:
        allowed = call.kwargs.get("unsafe_allow_html")
        if allowed is not None and allowed.const is True:
            harm(frame, call.node, HTML, call.args[0])
    elif call.kind == "flask.make_response()" and call.args:
        shown(frame, call.node, call.args[0])


def shown(frame: Frame, node: ast.AST, value: Value) -> None:
    """Something is the answer to a web request: a text is HTML."""
    body = value.items[0] if isinstance(value.items, tuple) and value.items else value
    as_data = isinstance(body.items, dict) or body.kind in {"REQUEST.get_json", "REQUEST.json", "REQUEST.get_json()"}
    if not as_data and (body.text is not None or body.kind.startswith("REQUEST.")):
        harm(frame, node, HTML, body)


def _loading(frame: Frame, call: Call) -> None:
    if call.kind in {"yaml.load()", "yaml.load_all()"} and call.args:
        loader = call.argument(1, "Loader")
        if loader is None or not loader.kind.endswith(catalogue.SAFE_LOADERS):
            _load(frame, call, call.args[0])
    elif call.kind in {"numpy.load()", "torch.load()"} and call.args:
        flag = call.kwargs.get("allow_pickle" if call.kind.startswith("numpy") else "weights_only")
        dangerous = flag is not None and flag.const is call.kind.startswith("numpy")
        if dangerous:
            _load(frame, call, call.args[0])
    elif call.kind in catalogue.XML_PARSERS:
        parsers = [value for value in [*call.args, *call.kwargs.values()] if "+entities" in value.kind]
        if parsers and call.args and not call.args[0].is_const:
            harm(frame, call.node, XML, call.args[0])
        elif call.kind.startswith("lxml.") and len(call.args) == 1 and "parser" not in call.kwargs:
            # Its own parser replaces entities, if nobody says otherwise.
            harm(frame, call.node, XML, call.args[0], least=Origin.ARGUMENT)


def _load(frame: Frame, call: Call, value: Value) -> None:
    if value.is_const:
        return
    if value.kind.startswith(("open()", "pathlib.")) and not value.all_taints():
        message = "objects are made from a file's content, which can run any code"
        frame.module.report("unsafe-deserialization", message, call.node)
    harm(frame, call.node, LOAD, value)
