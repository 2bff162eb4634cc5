"""Edits of whole repositories that change no meaning, for `health_identities`; each says where every node went."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ci_core.health.normal_form import local_names
from ci_core.health.syntax import Unparsable, parse

Files = Mapping[str, str]
Address = object
HEADER = "# Copyright (c) somebody.\n# All rights reserved.\n#\n# Licensed under the terms of the file LICENSE.\n\n"
FORMAT = [
    sys.executable,
    "-m",
    "ruff",
    "format",
    "--isolated",
    "--line-length",
    "88",
    "--target-version",
    "py314",
    "--no-cache",
]
SHARE_MOVED = 0.2


@dataclass(frozen=True)
class Edited:
    """Files after an edit.

    Attributes:
        renames: path then → path now.
        order: by path then, where each statement of the file, or of a class by its address, went.
    """

    files: Files
    renames: Mapping[str, str] = field(default_factory=dict)
    order: Mapping[str, Mapping[tuple[object, ...], tuple[object, ...]]] = field(default_factory=dict)

    def moved(self, path: str, address: Address) -> object:
        """Where a node is now."""
        order = self.order.get(path, {})
        if isinstance(address, tuple):
            for length in range(len(address), 0, -1):
                if address[:length] in order:
                    address = order[address[:length]] + address[length:]
                    break
        return self.renames.get(path, path), address


def edited_tree(text: str) -> ast.Module | None:
    """The syntax tree of a file; None where it cannot be read."""
    try:
        return parse(text)
    except Unparsable:
        return None


def address_of(tree: ast.Module | None, line: int, column: int) -> Address | None:
    """Which node is at a place: the way from the top to it; None where there is none, as in a comment."""
    if tree is None:
        return None
    node: ast.AST = tree
    way: list[object] = []
    while True:
        for name, index, child in _children(node):
            if _covers(child, line, column - 1):
                way += [(name, index)]
                node = child
                break
        else:
            return tuple(way) or None


def _children(node: ast.AST) -> list[tuple[str, int, ast.AST]]:
    found = []
    for name in node._fields:
        value = getattr(node, name, None)
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and hasattr(child, "lineno"):
                found.append((name, index, child))
            elif isinstance(child, ast.arguments):
                found += [(f"{name}.{other}", number, one) for other, number, one in _children(child)]
    return found


def _covers(node: ast.AST, line: int, column: int) -> bool:
    decorators = getattr(node, "decorator_list", [])
    first = min([(node.lineno, node.col_offset), *((one.lineno, 0) for one in decorators)])  # type: ignore[attr-defined]
    return first <= (line, column) <= (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def header(files: Files) -> Edited:
    """The same lines of comment before every file."""
    return Edited({path: HEADER + text for path, text in files.items()})


def reformat(files: Files) -> Edited:
    """Every file in another formatter's layout."""
    with tempfile.TemporaryDirectory() as folder:
        places = {path: Path(folder, f"{number}.py") for number, path in enumerate(files)}
        for path, text in files.items():
            places[path].write_text(text, encoding="utf-8", newline="")
        subprocess.run([*FORMAT, folder], capture_output=True, check=False)  # a file it cannot format stays as it is
        formatted = {path: place.read_text(encoding="utf-8") for path, place in places.items()}
    return Edited(
        {path: formatted[path] if _same_tree(text, formatted[path]) else text for path, text in files.items()}
    )


def _same_tree(text: str, other: str) -> bool:
    """Whether a formatter left the shape of the tree alone; where it merges strings it does not."""
    one, two = edited_tree(text), edited_tree(other)
    return one is not None and two is not None and _shape(one) == _shape(two)


def _shape(tree: ast.Module) -> list[str]:
    return [type(node).__name__ for node in ast.walk(tree)]


def rename_locals(files: Files) -> Edited:
    """Half of the local variables of every function bear another name, and lines are put in between."""
    dice = random.Random(11)
    done = {path: _with_lines(_renamed(text, dice), dice) for path, text in files.items()}
    return Edited(done)


def _renamed(text: str, dice: random.Random) -> str:
    tree = edited_tree(text)
    lines = [line.encode() for line in text.split("\n")]
    places: set[tuple[int, int, str]] = set()
    for function in ast.walk(tree) if tree else ():
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        inner = {
            name for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
        }
        nested = [
            node for node in ast.walk(function) if isinstance(node, ast.ClassDef | ast.ExceptHandler | ast.MatchAs)
        ]
        names = sorted(name for name in local_names(function) - arguments - inner if len(name) > 1)
        taken = {getattr(node, "name", None) for node in nested} | {"self", "cls", "_"}
        chosen = {name for name in names if name not in taken and dice.random() < 0.5}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in chosen:
                places.add((node.lineno - 1, node.col_offset, node.id))
    for line, column, name in sorted(places, reverse=True):
        raw = lines[line]
        if raw[column : column + len(name.encode())] == name.encode():  # not so within f-strings of older Pythons
            lines[line] = raw[:column] + f"renamed_{name}".encode() + raw[column + len(name.encode()) :]
    return b"\n".join(lines).decode()


def _with_lines(text: str, dice: random.Random) -> str:
    """Comments before some of the statements at the top and in classes, which moves everything below."""
    tree = edited_tree(text)
    if tree is None:
        return text
    blocks = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    lines = text.split("\n")
    single = _statements_by_line(tree)
    starts = sorted(
        {_first_line(node) for block in blocks for node in block[1:] if single.get(_first_line(node), 0) == 1},
        reverse=True,
    )
    for line in starts:
        if dice.random() < 0.3:
            indent = re.match(r"\s*", lines[line - 1])
            lines.insert(line - 1, f"{indent[0] if indent else ''}# A remark.")
    return "\n".join(lines)


def _statements_by_line(tree: ast.Module) -> dict[int, int]:
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            found[_first_line(node)] = found.get(_first_line(node), 0) + 1
    return found


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def move(files: Files) -> Edited:
    """A fifth of the files in other folders, as git tells it."""
    dice = random.Random(12)
    renames = {path: str(PurePosixPath("moved") / path) for path in sorted(files) if dice.random() < SHARE_MOVED}
    return Edited({renames.get(path, path): text for path, text in files.items()}, renames)


def shuffle(files: Files) -> Edited:
    """The functions of every file, and the methods of every class, in another order."""
    dice = random.Random(13)
    done, orders = {}, {}
    for path, text in files.items():
        done[path], orders[path] = _shuffled(text, dice)
    return Edited(done, order=orders)


def _shuffled(text: str, dice: random.Random) -> tuple[str, dict[tuple[object, ...], tuple[object, ...]]]:
    """Functions change places with functions of the same block; all else stays where it is."""
    tree = edited_tree(text)
    if tree is None:
        return text, {}
    lines = text.split("\n")
    order: dict[tuple[object, ...], tuple[object, ...]] = {}
    blocks: list[tuple[tuple[object, ...], list[ast.stmt]]] = [((), tree.body)]
    blocks += [((("body", at),), node.body) for at, node in enumerate(tree.body) if isinstance(node, ast.ClassDef)]
    pieces: dict[tuple[int, int], list[str]] = {}
    for way, body in blocks:
        functions = [
            (at, node) for at, node in enumerate(body) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        mixed = functions[:]
        dice.shuffle(mixed)
        for (at, node), (came_from, other) in zip(functions, mixed, strict=True):
            order[(*way, ("body", came_from))] = (*way, ("body", at))
            pieces[_first_line(node), node.end_lineno or node.lineno] = lines[_first_line(other) - 1 : other.end_lineno]
    done = lines[:]
    for first, last in sorted(pieces, reverse=True):
        done[first - 1 : last] = pieces[first, last]
    shuffled = "\n".join(done)
    return (shuffled, order) if edited_tree(shuffled) is not None else (text, {})


EDITS: Mapping[str, Callable[[Files], Edited]] = {
    "a header in every file": header,
    "everything formatted anew": reformat,
    "local variables renamed, lines moved": rename_locals,
    "a fifth of the files moved": move,
    "functions in another order": shuffle,
}
