"""How long the repository's own packages take to be imported, and how much memory they need; measured in quarantine."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ci_core.health.checkers.kinds import ToolTimedOut, Workbench
from ci_core.health.trials.running import trial_of
from ci_core.health.values import Target

MOST_PACKAGES = 5
MOST_SLOW = 5
IMPORT_SECONDS = 60.0
NOT_THE_PRODUCT = frozenset({"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "scripts"})
MARK = "ci-import-figures:"
MEASURE = f"""
import json, sys, time
name = sys.argv[1]
sys.path[:0] = sys.argv[2:]
began = time.perf_counter()
try:
    __import__(name)
    problem = ""
except BaseException as error:
    problem = type(error).__name__ + ": " + str(error)[:200]
took = (time.perf_counter() - began) * 1000
try:
    import resource
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = most / (2**20 if sys.platform == "darwin" else 1024)
except ImportError:
    memory = None
print("{MARK}" + json.dumps({{"ms": took, "memory_mib": memory, "problem": problem}}))
"""
LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)$")


@dataclass(frozen=True, slots=True)
class ImportTime:
    """How one package of the repository is imported.

    Attributes:
        memory_mib: the most that the whole process needed; None where that is not known.
        slowest: (module, milliseconds of its own and of all that it imports), the slowest first, no two of which one
            imports the other.
        problem: why it could not be imported; then the figures mean nothing.
    """

    package: str
    ms: float
    memory_mib: float | None
    slowest: tuple[tuple[str, float], ...] = ()
    problem: str | None = None


def own_packages(target: Target) -> tuple[str, ...]:
    """The packages of the repository that others import: at its top, or in its "src" folder."""
    found = set()
    for path in target.files:
        parts = PurePosixPath(path).parts
        inner = parts[1:] if parts[0] == "src" else parts
        if len(inner) == 2 and inner[1] == "__init__.py" and inner[0].isidentifier():
            found.add(inner[0])
    return tuple(sorted(found - NOT_THE_PRODUCT))[:MOST_PACKAGES]


def measure_imports(target: Target, workbench: Workbench, packages: Sequence[str]) -> tuple[ImportTime, ...]:
    """Import each of these packages in a process of its own.

    Raises:
        CheckerFailed: the repository has no environment.
        CheckCancelled: the check was cancelled.
    """
    trial = trial_of(target, workbench, why="Imports were not measured")
    measured = []
    for package in packages:
        arguments = ["-X", "importtime", "-c", MEASURE, package, *map(str, trial.sources)]
        try:
            ran, _ = trial.run(arguments, seconds=IMPORT_SECONDS, variables={})
        except ToolTimedOut:
            measured.append(ImportTime(package, 0.0, None, problem=f"it did not end within {IMPORT_SECONDS:g} s"))
            continue
        measured.append(read_import(package, ran.stdout, ran.stderr))
    return tuple(measured)


def read_import(package: str, stdout: str, stderr: str) -> ImportTime:
    """What the process wrote of one import; the package itself may have written anything else."""
    line = next((line for line in reversed(stdout.splitlines()) if line.startswith(MARK)), None)
    try:
        said = json.loads(line.removeprefix(MARK)) if line is not None else {}
        ms, memory, problem = float(said["ms"]), said.get("memory_mib"), str(said.get("problem") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ImportTime(package, 0.0, None, problem="it ended the interpreter")
    known = round(float(memory), 1) if isinstance(memory, int | float) else None
    return ImportTime(package, round(ms, 1), known, slowest_imports(stderr, package), problem or None)


def slowest_imports(importtime: str, package: str) -> tuple[tuple[str, float], ...]:
    """The most expensive modules that a package imports from elsewhere, from what `-X importtime` writes.

    A module stands below what it imports, further to the left; only the outermost ones that are not the package's own
    are told, because they contain the rest.
    """
    rows = [
        (len(found[3]), found[4], int(found[2]) / 1000)
        for line in reversed(importtime.splitlines())
        if (found := LINE.match(line))
    ]
    begins = next((place for place, (_, module, _) in enumerate(rows) if module == package), None)
    if begins is None:
        return ()
    outer: list[tuple[str, float]] = []
    inside: int | None = None
    for depth, module, ms in rows[begins + 1 :]:
        if depth <= rows[begins][0]:
            break
        if inside is not None and depth > inside:
            continue
        inside = None
        if module.split(".")[0] != package:
            outer.append((module, round(ms, 1)))
            inside = depth
    return tuple(sorted(outer, key=lambda row: -row[1])[:MOST_SLOW])
