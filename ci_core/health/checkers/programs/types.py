"""Looks for contradictions of types, with mypy, which reads the files and imports none of them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ci_core.health.checkers.modules import IMPORTS_SOURCE_FOLDER, module_names
from ci_core.health.checkers.programs.answering import answer

# How often what stops mypy is taken out before it is given up.
MOST_ATTEMPTS = 8
PLACES = "places.json"


def look(question: dict[str, Any]) -> dict[str, Any]:
    """`{"found": [mypy's messages as JSON], "unseen": {path: reason}}`.

    A file that mypy cannot read would stop it altogether: it is left out, and mypy begins again.
    """
    root = Path(question["root"])
    unseen: dict[str, str] = {}
    paths, folders = _readable(root, question["paths"], unseen)
    names = dict(module_names(paths, folders))
    _forget_what_moved(Path(question["cache_dir"]), names)
    os.chdir(question["cwd"])  # what is not named is not found: neither a file that was left out, nor ours
    for _ in range(MOST_ATTEMPTS):
        left = {path: name for path, name in names.items() if path not in unseen}
        messages, stopped_by = _build(root, left, question)
        if stopped_by is None:
            return {"found": [message for message in messages if message.get("severity") == "error"], "unseen": unseen}
        culprits = _culprits(root, left, messages, stopped_by)
        if not culprits:
            break
        unseen.update(culprits)
    said = "; ".join(str(message.get("message")) for message in messages[:2]) or "it did not say why"
    sys.stderr.write(f"mypy could not begin: {said}\n")
    sys.exit(2)


def _readable(root: Path, paths: list[str], unseen: dict[str, str]) -> tuple[list[str], frozenset[str]]:
    """The files that are text, and the folders like "src" that they import from by name."""
    readable: list[str] = []
    folders: set[str] = set()
    for path in paths:
        try:
            source = (root / path).read_bytes()
            os.fsencode(path).decode("utf-8")
            source.decode("utf-8")
        except UnicodeDecodeError:
            unseen[path] = "its name or its text is not UTF-8"
        except OSError as error:
            unseen[path] = f"it cannot be read: {error.strerror}"
        else:
            readable.append(path)
            folders.update(found.decode() for found in IMPORTS_SOURCE_FOLDER.findall(source))
    return readable, frozenset(folders)


def _forget_what_moved(cache: Path, names: dict[str, str]) -> None:
    """Take out of the cache each module whose file is another than before: what mypy keeps still names the old one."""
    places = {name: path for path, name in names.items()}
    noted = cache / PLACES
    try:
        before = json.loads(noted.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    for name in {name for name, path in before.items() if places.get(name, path) != path}:
        below = name.replace(".", "/")
        for kept in (*cache.glob(f"*/{below}.*"), *cache.glob(f"*/{below}/__init__.*")):
            kept.unlink()
    noted.write_text(json.dumps({**before, **places}), encoding="utf-8")


def _build(root: Path, names: dict[str, str], question: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """What mypy says, and the module that stopped it ("" where it does not say which); None when it came to its end."""
    from mypy.build import build
    from mypy.errors import CompileError
    from mypy.modulefinder import BuildSource

    said: list[str] = []
    sources = [BuildSource(str(root / path), name) for path, name in names.items()]
    tests = [names[path] for path in question["tests"] if path in names]
    try:
        build(sources, _options(question, tests), flush_errors=lambda _, new, __: said.extend(new))
    except CompileError as error:
        said += [message for message in error.messages if message not in said]
        return _messages(said), error.module_with_blocker or ""
    return _messages(said), None


def _options(question: dict[str, Any], tests: list[str]) -> Any:
    from mypy.options import Options

    options = Options()
    # Not strict: bodies without annotations are looked at too, and what is not known may be anything.
    options.check_untyped_defs = True
    # But in tests, where stand-ins and what a runner puts into `self` look like mistakes by the thousand.
    options.per_module_options = {name: {"check_untyped_defs": False} for name in tests}
    options.implicit_optional = True
    options.ignore_missing_imports = True
    options.python_version = tuple(question["python_version"])
    # Neither our libraries nor those of the checked repository: the answer is the same wherever it is asked.
    options.no_site_packages = True
    options.python_executable = None
    options.config_file = None
    options.plugins = []
    options.namespace_packages = True
    options.explicit_package_bases = True
    options.incremental = True
    options.cache_dir = question["cache_dir"]
    options.sqlite_cache = False
    options.show_column_numbers = True
    options.show_error_end = True
    options.output = "json"
    return options


def _messages(said: list[str]) -> list[dict[str, Any]]:
    """Messages as objects; one that is no JSON as a text."""
    found = []
    for line in said:
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append({"message": line, "severity": "error", "code": None})
    return found


def _culprits(root: Path, names: dict[str, str], messages: list[dict[str, Any]], module: str) -> dict[str, str]:
    """The files that stopped mypy, each with the reason."""
    by_name = {**{str(root / path): path for path in names}, **{name: path for path, name in names.items()}}
    culprits = {}
    for message in messages:
        path = by_name.get(os.path.join(os.getcwd(), str(message.get("file", ""))))  # noqa: PTH109, PTH118
        if path is not None and message.get("code") == "syntax":
            culprits[path] = f"mypy cannot read line {message.get('line')}: {message.get('message')}"
    if module in by_name and by_name[module] not in culprits:
        last = messages[-1].get("message", "") if messages else ""
        culprits[by_name[module]] = f"mypy cannot read it: {last}"
    return culprits


if __name__ == "__main__":
    answer(look)
