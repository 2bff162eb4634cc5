"""What a health check of a repository costs: everything, everything again, ten changed files; its time and its memory.

    python -m benchmarks.health_scan PATH             # a git checkout; it is cloned, and stays as it is
    python -m benchmarks.health_scan PATH --rounds 3

The whole of a check is measured, from the files to the stored scores and proposals, with an empty database and an empty
data folder at first. The repository's own tests, its running app and what lives on the network are left out: how long
they take says nothing about us. Beside the time on the clock stands that of the processors, which a busy machine does
not change as much; memory is that of all processes of the check together.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.synthetic import throw_away_database
from ci_core.health.agent import CheckParts, check
from ci_core.health.check_result import CheckResult
from ci_core.health.checkers.registry import CHECKERS
from ci_core.health.target import Known, read_target
from ci_core.health.values import CheckRequest
from ci_core.settings import Settings, load_settings
from db.engine import Database
from db.enums import CheckType

FULL_SECONDS, CHANGED_SECONDS, MEMORY_GIB = (45, 30), (4, 2), 1.5
CHANGED_FILES = 10
# What is another's time: the tests of the repository, its pages, its database.
LEFT_OUT = frozenset({"tests", "performance"})
WEIGH_SECONDS = 0.1


@dataclass(slots=True)
class Cost:
    """What something cost: seconds on the clock and of processors, and the most memory at one time in MiB."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    memory_mib: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the block, with all processes that it starts."""
    cost, over = Cost(), threading.Event()

    def weigh() -> None:
        me = psutil.Process()
        while not over.wait(WEIGH_SECONDS):
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    if "postgres" not in process.name():
                        total += process.memory_info().rss
                except psutil.Error:
                    continue
            cost.memory_mib = max(cost.memory_mib, total / 2**20)

    scales = threading.Thread(target=weigh, daemon=True)
    scales.start()
    began, processors = time.perf_counter(), _processor_seconds()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - began
        cost.processor_seconds = _processor_seconds() - processors
        over.set()
        scales.join()


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def scan(
    database: Database, settings: Settings, path: Path, check_type: CheckType, title: str, limits: tuple[float, float]
) -> tuple[CheckResult, Cost]:
    """One check, with its figures printed."""
    parts = CheckParts(checkers=[one for one in CHECKERS if one.name not in LEFT_OUT])
    with measured() as cost:
        result = check(database, settings, CheckRequest(check_type, path), actor="benchmark", parts=parts)
    print(
        f"\n{title}: {cost.seconds:.1f} s (must {limits[0]}, aim {limits[1]}), {cost.processor_seconds:.1f} s of "
        f"processors, {cost.memory_mib:.0f} MiB (must {MEMORY_GIB * 1024:.0f}), score {result.overall_health_score}"
    )
    print("  " + ", ".join(f"{name} {count}" for name, count in result.issues.items()))
    for one in sorted(result.checkers, key=lambda one: -(one.seconds or 0)):
        words = f"  {one.error}" if one.error else ""
        print(
            f"  {one.name:16} {one.status.value:10} {one.seconds or 0:6.2f} s  {one.files_seen:5} of "
            f"{one.files_expected:5} files  {one.findings:6} findings{words}"
        )
    return result, cost


def accounted_for(path: Path, settings: Settings, result: CheckResult) -> bool:
    """Whether every checker that came to its end has seen or named each file that it was to look at."""
    target = read_target(CheckRequest(CheckType.FULL_SCAN, path), settings=settings.health, known=Known())
    expected = {one.name: len(one.expected(target)) for one in CHECKERS}
    ended = [one for one in result.checkers if one.status.value in ("completed", "partial")]
    wrong = [one.name for one in ended if one.files_expected != expected[one.name]]
    unseen = {str(entry["path"]): str(entry["reason"]) for one in ended for entry in one.unseen}
    print(f"\naccounted for: {'all' if not wrong else 'not by ' + ', '.join(wrong)} of {len(target.files)} files")
    print(f"left out as somebody else's: {sum(one.files for one in target.excluded)}; not readable: {len(unseen)}")
    for name, reason in list(unseen.items())[:10]:
        print(f"  {name}: {reason}")
    return not wrong


def copy(path: Path, clone: Path) -> None:
    """A checkout to change; one whose history lacks some objects is taken without the files that it lacks."""
    subprocess.run(
        ["git", "clone", "--quiet", "--shared", str(path.resolve()), str(clone)], check=False, stderr=subprocess.DEVNULL
    )
    subprocess.run(["git", "reset", "--quiet"], cwd=clone, check=False)
    if not any(clone.glob("**/*.py")):
        sys.exit(f"{path} cannot be cloned, or has no Python files.")


def change(path: Path, count: int, settings: Settings) -> None:
    """Add a line to some Python files of a clone, spread over it."""
    target = read_target(CheckRequest(CheckType.FULL_SCAN, path), settings=settings.health)
    names = [file.path for file in target.python_files()]
    for name in names[:: max(1, len(names) // count)][:count]:
        with (path / name).open("a", encoding="utf-8") as file:
            file.write("\n\nadded_by_the_benchmark = 1\n")


def measure(database: Database, settings: Settings, path: Path) -> bool:
    """A first full scan, a second one, and one of ten changed files; whether all limits are kept."""
    full, first = scan(database, settings, path, CheckType.FULL_SCAN, "full scan", FULL_SECONDS)
    kept = accounted_for(path, settings, full)
    again, second = scan(database, settings, path, CheckType.FULL_SCAN, "again, nothing changed", FULL_SECONDS)
    if again.issues["new"] or again.issues["resolved"]:
        print("  a scan of the same files must find the same")
        kept = False
    change(path, CHANGED_FILES, settings)
    title = f"{CHANGED_FILES} changed files"
    _, third = scan(database, settings, path, CheckType.QUICK_SCAN, title, CHANGED_SECONDS)
    memory = max(cost.memory_mib for cost in (first, second, third))
    return (
        kept
        and max(first.seconds, second.seconds) <= FULL_SECONDS[0]
        and third.seconds <= CHANGED_SECONDS[0]
        and memory <= MEMORY_GIB * 1024
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; status 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args(arguments)
    kept = True
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="health-scan-") as folder, throw_away_database() as database:
            clone = Path(folder) / "repository"
            copy(options.path, clone)
            settings = load_settings().model_copy(update={"data_dir": Path(folder) / "data", "repo_path": clone})
            kept = measure(database, settings, clone) and kept
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
