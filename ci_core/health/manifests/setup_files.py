"""Packages named in setup.cfg and setup.py, which are read and never executed."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator

from ci_core.health.manifests.requirement_lines import declared_from, use_of_name
from ci_core.health.manifests.values import Declared, UnreadableManifest, Use
from ci_core.health.syntax import Unparsable, parse

TEXTS = (ast.List, ast.Tuple, ast.Set)


def read_setup_cfg(text: str, path: str) -> Iterator[Declared]:
    """The packages of a setup.cfg: what is installed, and its extras."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableManifest(f"it is no configuration: {str(error).splitlines()[0]}") from None
    lines = text.splitlines()
    groups = [(parser.get("options", "install_requires", fallback=""), Use.RUNTIME)]
    if parser.has_section("options.extras_require"):
        groups += [(value or "", use_of_name(name)) for name, value in parser.items("options.extras_require")]
    for group, use in groups:
        for written in (line.split(" #")[0].strip() for line in (group or "").splitlines()):
            line = next((number for number, one in enumerate(lines, start=1) if written and written in one), 1)
            if written and (found := declared_from(written, path, line, use)) is not None:
                yield found


def read_setup_py(text: str, path: str) -> Iterator[Declared]:
    """The packages that a setup.py names in so many words; what it computes is not known."""
    try:
        tree = parse(text, path)
    except Unparsable as error:
        raise UnreadableManifest(f"it is no Python that can be read: {error.reason}") from None
    named = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }

    def resolved(node: ast.expr) -> ast.expr:
        return named.get(node.id, node) if isinstance(node, ast.Name) else node

    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_setup(node.func)):
        given = {keyword.arg: resolved(keyword.value) for keyword in call.keywords if keyword.arg}
        yield from _in_list(given.get("install_requires"), path, Use.RUNTIME)
        extras = given.get("extras_require")
        if isinstance(extras, ast.Dict):
            for key, value in zip(extras.keys, extras.values, strict=True):
                name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
                yield from _in_list(resolved(value), path, use_of_name(name))


def _is_setup(function: ast.expr) -> bool:
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name == "setup"


def _in_list(node: ast.expr | None, path: str, use: Use) -> Iterator[Declared]:
    for element in node.elts if isinstance(node, TEXTS) else []:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            found = declared_from(element.value, path, element.lineno, use)
            if found is not None:
                yield found
