"""Contradictions of types, as mypy sees them without the repository's own configuration and without its libraries."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ci_core.health.areas import is_test_code
from ci_core.health.checkers import lint
from ci_core.health.checkers.asking import ask
from ci_core.health.checkers.complexity import tool_version
from ci_core.health.checkers.kinds import CheckerFailed, ToolTimedOut, Workbench
from ci_core.health.checkers.naming import Names
from ci_core.health.checkers.remade import Remade
from ci_core.health.values import Report, Sighting, SourceFile, Target, Unseen

NAME = "types"
PROGRAM = "ci_core.health.checkers.programs.types"
PYTHON = (3, 14)
# Nothing wrong with the code: a library that is not at hand here, a name that would like an annotation, a remark.
NO_DEFECTS = frozenset({
    "import", "import-not-found", "import-untyped", "var-annotated", "annotation-unchecked", "syntax", "unused-ignore",
})  # fmt: skip
CACHE = "health-types"
CALL = "call-arg"
# A type that mypy guessed from the first value, or that may be anything of a family: what it lacks, the value may have.
ATTRIBUTE, INFERRED = "attr-defined", "attr-inferred"
GUESSED = re.compile(
    r'^(?:"(?:object|None|type|str|int|float|bool|bytes|function|BaseException|Exception)(?:"| \|)'
    r'|"(?:list|dict|tuple|set|Sequence|Mapping|Collection|Iterable|Callable)(?:\[|"| \|)|"def \()'
)
OF_A_MODULE = re.compile(r'^Module "(?P<top>\w+)')
# What mypy says of code without annotations that is right as a rule: sys.stdout can be told another encoding, whatever
# its declared type says; and what begins as None and is set elsewhere is taken for None, or for None at times.
MISTAKEN = re.compile(
    r'"TextIO(?: \| Any)?" has no attribute "(?:reconfigure|buffer)"'
    r'|^"None" (?:has no attribute|not callable)|^Value of type "None" is not indexable|\("None"\)$'
    r'|^Item "None" of "Any \| None"'
)
LONG_NAME = re.compile(r'"[^"]{160,}"')


def check(target: Target, workbench: Workbench) -> Report:
    """Read all Python files, because one is wrong only beside another, and tell of those that are looked at.

    What mypy knows of unchanged files is kept in the data folder, so that the second time takes a tenth.

    Raises:
        CheckerFailed: mypy is missing or failed.
    """
    tool = tool_version("mypy")
    files = [file for file in target.files.values() if file.is_python]
    unseen = {one.path: one for one in lint.unparsable(target, files, workbench)}
    question = {
        "root": str(target.root),
        "cwd": str(workbench.scratch),
        "paths": sorted(file.path for file in _one_of_two(files) if file.path not in unseen),
        "tests": sorted(file.path for file in files if is_test_code(file.path)),
        "python_version": PYTHON,
        "cache_dir": str(_cache_folder(target, workbench, tool)),
    }
    said = _asked(question, workbench)
    looked_at = {file.path for file in target.python_files()}
    unseen |= {path: Unseen(path, reason) for path, reason in said["unseen"].items()}
    beside = {file.path for file in files} - set(question["paths"]) - unseen.keys()
    unseen |= {path: Unseen(path, "its types are told by the .pyi beside it") for path in beside}
    return Report(
        sightings=tuple(_sightings(said["found"], target, looked_at)),
        seen=frozenset(looked_at - unseen.keys()),
        unseen=tuple(unseen[path] for path in sorted(unseen) if path in looked_at),
        version=f"mypy {tool}, as Python {PYTHON[0]}.{PYTHON[1]}",
    )


def _one_of_two(files: Iterable[SourceFile]) -> list[SourceFile]:
    """Without what a stub beside it stands for: mypy reads one of the two."""
    listed = list(files)
    stubs = {file.path for file in listed if file.path.endswith(".pyi")}
    return [file for file in listed if f"{file.path}i" not in stubs]


def _cache_folder(target: Target, workbench: Workbench, tool: str) -> Path:
    key = hashlib.sha256(f"{target.identity}\0{target.root}\0{tool}".encode("utf-8", "surrogateescape")).hexdigest()[
        :16
    ]
    folder = workbench.data_dir / CACHE / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _asked(question: dict[str, Any], workbench: Workbench) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = ask(PROGRAM, question, workbench)
    except ToolTimedOut:
        raise
    except CheckerFailed:
        # What it had kept may be the cause, for example after a power cut: once without.
        fresh = workbench.scratch / "fresh"
        fresh.mkdir()
        answer = ask(PROGRAM, {**question, "cache_dir": str(fresh)}, workbench)
        _forget(Path(question["cache_dir"]))
    return answer


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def is_guessed(message: str) -> bool:
    """Whether an attribute is missing of a type that mypy guessed, or of Python's own library of another version."""
    module = OF_A_MODULE.match(message)
    return module["top"] in sys.stdlib_module_names if module else GUESSED.match(message) is not None


def _sightings(found: Iterable[Mapping[str, Any]], target: Target, looked_at: set[str]) -> list[Sighting]:
    names = Names(target.root, (target.files[path] for path in sorted(looked_at)))
    remade = Remade(target.root)
    sightings, calls = [], set()
    for message in found:
        path = names.path_of(str(message.get("file")))
        code = message.get("code")
        if path is None or code is None or code in NO_DEFECTS or MISTAKEN.search(str(message["message"])):
            continue
        line, text = int(message["line"]), str(message["message"])
        if code == CALL:
            # Ten arguments that are wrong in one call are one wrong call.
            call = (path, line, message.get("column"), text.rpartition(" for ")[2].partition(";")[0])
            if call in calls or remade.by_a_decorator(path, text):
                continue
            calls.add(call)
        elif code == ATTRIBUTE and is_guessed(text):
            code = INFERRED
        sightings.append(Sighting(
            checker=NAME,
            rule=str(code),
            message=LONG_NAME.sub('"…"', text),
            path=path,
            line=line if line > 0 else None,
            end_line=int(message["end_line"]) if message.get("end_line", -1) > 0 else None,
            column=int(message["column"]) + 1 if message.get("column", -1) >= 0 else None,
        ))  # fmt: skip
    return sorted(sightings, key=lambda one: (one.path or "", one.line or 0, one.column or 0))
