"""What ruff sees: wrong, exploitable, slow and unwieldy code, by the rules in `lint.toml`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ci_core.health.checkers.kinds import CheckerFailed, ToolCrashed, Workbench
from ci_core.health.checkers.naming import Names
from ci_core.health.checkers.tools import ToolRun, binary, in_batches, run_tool
from ci_core.health.values import Report, Sighting, SourceFile, Target, Unseen

NAME = "lint"
RULES = Path(__file__).with_name("lint.toml")
OUTPUT = ("--no-cache", "--exit-zero", "--output-format", "json")
SYNTAX = "invalid-syntax"
NOT_READ = "E902"
# Room for files that are nested deeply: ruff reads each in a thread, whose stack is small otherwise.
DEEP = {"RUST_MIN_STACK": str(64 * 1024 * 1024)}
# To find one such file among ten thousand takes 28; whoever wrote more of them gets no answer at all.
MOST_RUNS = 120
# One comment that silences a whole file. It is meant for a linter's user, and must not hide a file from a check.
SILENCED = re.compile(rb"^[ \t]*#[ \t]*(?:ruff|flake8)[ \t]*:[ \t]*noqa[ \t]*$", re.IGNORECASE | re.MULTILINE)


def check(target: Target, workbench: Workbench) -> Report:
    """Run ruff over the Python files, with our rules and none of the repository's own.

    Raises:
        CheckerFailed: ruff is missing, failed, or wrote what is no answer.
    """
    files = target.python_files()
    names = Names(target.root, files)
    loud = [path for path in names.given if not _silenced(target.root / path)]
    silent = sorted(set(names.given) - set(loud))
    program = binary("ruff")
    version = run_tool([*program, "--version"], cwd=workbench.scratch, workbench=workbench).stdout.split()[-1]
    said: list[Mapping[str, Any]] = []
    for paths, more in ((loud, []), (silent, ["--ignore-noqa"])):
        for batch in in_batches(f"./{path}" for path in paths):
            said.extend(_said([*program, "check", *_options(workbench), *more, "--"], batch, target, workbench))
    return _report(said, names, f"ruff {version}, rules {_rules_version(workbench)}")


def unparsable(target: Target, files: Sequence[SourceFile], workbench: Workbench) -> tuple[Unseen, ...]:
    """The files that are no Python of any version, for tools that give up altogether where one file is none.

    Raises:
        CheckerFailed: ruff is missing, failed, or wrote what is no answer.
    """
    names = Names(target.root, files)
    said: list[Mapping[str, Any]] = []
    for batch in in_batches(names.arguments()):
        options = ["--isolated", "--preview", "--select", "E902", "--target-version", "py314", *OUTPUT]
        said.extend(_said([*binary("ruff"), "check", *options, "--"], batch, target, workbench))
    return _report(said, names, "").unseen


def _said(
    command: Sequence[str], paths: Sequence[str], target: Target, workbench: Workbench
) -> list[Mapping[str, Any]]:
    """What ruff says of these files. One that it breaks down over is found by halves, and costs no other its look."""
    said: list[Mapping[str, Any]] = []
    runs, waiting = 0, [list(paths)]
    while waiting:
        some = waiting.pop()
        runs += 1
        try:
            said += _answer(run_tool([*command, *some], cwd=target.root, workbench=workbench, env=DEEP))
        except ToolCrashed as error:
            if len(some) == 1:
                said.append({"filename": some[0], "code": NOT_READ, "message": f"it is too much for ruff: {error}"})
            elif runs >= MOST_RUNS:
                raise
            else:
                waiting += [some[: len(some) // 2], some[len(some) // 2 :]]
    return said


def _options(workbench: Workbench) -> list[str]:
    settings = workbench.settings
    return [
        "--config", str(RULES),
        "--config", f"line-length={min(settings.max_line_length, 320)}",
        "--config", f"lint.mccabe.max-complexity={settings.max_complexity}",
        *OUTPUT,
    ]  # fmt: skip


def _rules_version(workbench: Workbench) -> str:
    settings = workbench.settings
    text = RULES.read_bytes() + f"{settings.max_line_length} {settings.max_complexity}".encode()
    return hashlib.sha256(text).hexdigest()[:8]


def _silenced(path: Path) -> bool:
    try:
        return SILENCED.search(path.read_bytes()) is not None
    except OSError:  # gone or locked since it was listed; ruff will say so
        return False


def _answer(run: ToolRun) -> list[Mapping[str, Any]]:
    try:
        said = json.loads(run.stdout or "[]")
    except ValueError as error:
        raise CheckerFailed("ruff wrote what is no answer.") from error
    if not isinstance(said, list):
        raise CheckerFailed("ruff wrote what is no answer.")
    return said


def _report(said: Iterable[Mapping[str, Any]], names: Names, version: str) -> Report:
    unseen: dict[str, Unseen] = {one.path: one for one in names.alike}
    sightings = []
    for path, entry in _placed(said, names):
        rule = entry.get("code") or entry.get("name") or SYNTAX
        if rule == NOT_READ:
            unseen[path] = Unseen(path, _not_read(str(entry["message"])))
            continue
        if rule == SYNTAX:
            if path in unseen:  # what follows the first one follows from it
                continue
            line = entry["location"]["row"]
            unseen[path] = Unseen(path, f"syntax error in line {line}: {_without_prefix(entry['message'])}")
        sightings.append(_sighting(path, str(rule), entry))
    return Report(
        sightings=tuple(sightings),
        seen=frozenset(names.given) - unseen.keys(),
        unseen=tuple(unseen[path] for path in sorted(unseen)),
        version=version,
    )


def _placed(said: Iterable[Mapping[str, Any]], names: Names) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in said:
        path = names.path_of(str(entry.get("filename", "")))
        if path is not None:
            yield path, entry


def _sighting(path: str, rule: str, entry: Mapping[str, Any]) -> Sighting:
    fix = entry.get("fix") or {}
    return Sighting(
        checker=NAME,
        rule=rule,
        message=_without_prefix(entry["message"]) if rule == SYNTAX else str(entry["message"]),
        path=path,
        line=entry["location"]["row"],
        end_line=entry["end_location"]["row"],
        column=entry["location"]["column"],
        details={"fix": fix["applicability"]} if fix.get("applicability") else {},
    )


def _without_prefix(message: object) -> str:
    return str(message).removeprefix("SyntaxError: ")


def _not_read(message: str) -> str:
    if "UTF-8" in message:
        return "it is not UTF-8"
    return message.split(" (os error")[0]
