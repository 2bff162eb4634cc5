"""Connections and files that a function opens and never closes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ci_core.health.checkers.bugs.scopes import Bug, Scope, bug, path_of

OPENING = frozenset({
    "sqlite3.connect", "psycopg2.connect", "psycopg.connect", "pymysql.connect", "MySQLdb.connect", "socket.socket",
    "socket.create_connection", "mysql.connector.connect", "pyodbc.connect", "oracledb.connect", "zipfile.ZipFile",
    "tarfile.open", "smtplib.SMTP", "smtplib.SMTP_SSL", "ftplib.FTP", "gzip.open", "codecs.open", "io.open",
})  # fmt: skip

READING = frozenset({
    "json.load", "pickle.load", "yaml.load", "yaml.safe_load", "csv.reader", "csv.DictReader", "tomllib.load", "list",
    "toml.load", "marshal.load", "ast.parse",
})  # fmt: skip


def find(scopes: list[Scope]) -> Iterator[Bug]:
    """What is opened and neither closed nor handed on: in a variable of a function, or on the way to a reader."""
    for scope in scopes:
        yield from _on_the_way(scope)
        if isinstance(scope.node, ast.Module):
            continue
        for node in scope.nodes:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or len(node.targets) != 1:
                continue
            target, path = node.targets[0], path_of(node.value.func)
            if path in OPENING and isinstance(target, ast.Name) and not _is_taken_care_of(scope, target.id):
                text = f"{target.id} is opened here and never closed: use with, or close it in finally"
                yield bug("never-closed", text, node, "medium", "CWE-772")


def _on_the_way(scope: Scope) -> Iterator[Bug]:
    """Files that are opened only to be read by something that does not close them."""
    for node in scope.nodes:
        if isinstance(node, ast.Call) and path_of(node.func) in READING:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Call) and path_of(argument.func) == "open":
                    text = "a file is opened here and never closed: open it with with"
                    yield bug("never-closed", text, argument, "low", "CWE-772")


def _is_taken_care_of(scope: Scope, name: str) -> bool:
    """Whether it is closed, returned, kept or handed to something else."""
    methods = {
        id(node.value)
        for node in scope.nodes
        if isinstance(node, ast.Attribute) and not node.attr.startswith(("close", "shutdown", "quit"))
    }
    declared = any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in scope.nodes)
    uses = [
        node
        for node in ast.walk(scope.node)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return declared or any(id(use) not in methods for use in uses)
