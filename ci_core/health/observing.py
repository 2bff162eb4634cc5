"""Looks at the places of what was seen in several processes: most of what a check does by itself is that.

A program too: it reads a part of the work from its input, and writes what it observed to its output.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ci_core.health.checkers.tools import clean_environment, last_words, own_program
from ci_core.health.observed import Judged, Observed, observe_files
from ci_core.logs import get_logger

log = get_logger(__name__)

MODULE = "ci_core.health.observing"
TIMEOUT_SECONDS = 600.0
# Reading a file costs about as much as finding the places of so many sightings in it.
FILE_WEIGHT = 10

ByPath = Mapping[str | None, Sequence[Judged]]
Found = dict[str | None, list[Observed]]


def observe_side_by_side(root: Path, by_path: ByPath, order: Mapping[str, int], processes: int) -> list[Observed]:
    """What `observe_files` finds, in the order of the paths; a part whose process failed is looked at here."""
    parts = _shared_out(by_path, processes)
    with ThreadPoolExecutor(len(parts)) as pool:
        found: Found = {}
        for part in pool.map(lambda part: _elsewhere(root, part, order), parts):
            found.update(part)
    return [one for path in sorted(found, key=lambda path: path or "") for one in found[path]]


def _shared_out(by_path: ByPath, count: int) -> list[ByPath]:
    parts: list[dict[str | None, Sequence[Judged]]] = [{} for _ in range(count)]
    weights = [0] * count
    for path in sorted(by_path, key=lambda path: (-len(by_path[path]), path or "")):
        lightest = weights.index(min(weights))
        parts[lightest][path] = by_path[path]
        weights[lightest] += FILE_WEIGHT + len(by_path[path])
    return [part for part in parts if part]


def _elsewhere(root: Path, part: ByPath, order: Mapping[str, int]) -> Found:
    with tempfile.TemporaryDirectory(prefix="magnus-observe-", ignore_cleanup_errors=True) as folder:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and a program of ours
                own_program(MODULE),
                input=pickle.dumps((root, dict(part), dict(order))),
                cwd=folder,
                env=clean_environment(Path(folder)),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
            if done.returncode == 0:
                found: Found = pickle.loads(done.stdout)  # noqa: S301 - what a program of ours made of our own values
                return found
            reason = last_words(done.stderr.decode("utf-8", "replace"))
        except (OSError, subprocess.TimeoutExpired, pickle.PickleError, EOFError) as error:
            reason = type(error).__name__
    log.warning("observing_failed", files=len(part), reason=reason)
    return observe_files(root, part, order)


def main() -> None:
    """Do the part of the work that stands in the input."""
    root, part, order = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - it comes from our own process
    sys.stdout.buffer.write(pickle.dumps(observe_files(root, part, order)))


if __name__ == "__main__":
    main()
