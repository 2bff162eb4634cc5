"""Runs the tests of a repository to their end, also where one of them hangs, and those that failed once more."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from ci_core.health.checkers.kinds import CheckerFailed, ToolTimedOut
from ci_core.health.trials.coverage_figures import FileCoverage, joined, read_coverage
from ci_core.health.trials.events import Ending, Test, TestRun, read_events
from ci_core.health.trials.running import Trial
from ci_core.health.values import Target

PLUGIN = "ci_watch_plugin"
WATCHER = Path(__file__).with_name("watch_plugin.py")
HUNG = 71
# pytest's own: used wrongly, and nothing collected.
USAGE_ERROR, NO_TESTS = 4, 5
MOST_HANGS = 3
LONGEST_HANG_SECONDS = 60.0
# Imports read from disk, and a busy machine starts slowly.
SLOW_START = 3
SHORTEST_HANG_SECONDS = 2.0
MOST_TRIED_AGAIN = 200
FAILED = frozenset({Ending.FAILED, Ending.ERROR})
PROBE = (
    "import importlib.util as u, json, sys; "
    "print(json.dumps({'python': sys.version.split()[0], "
    "**{n: u.find_spec(n) is not None for n in ('pytest', 'xdist', 'pytest_cov', 'coverage')}}))"
)
# The probe runs with no folder of the repository on its path: what is installed is asked, and nothing else.
PROBE_FLAGS = ("-I", "-c")


@dataclass(slots=True)
class Tried:
    """What the tests of a repository did.

    Attributes:
        flaky: those that failed, and passed when tried again with nothing changed.
        coverage: by path; None where it was not measured.
        hung_files: those that hang when they are read for their tests, by which they were left out of further runs.
        out_of_time: the limit ended them before they were done.
        apart: whether they were shut off from the network and from other processes.
        said: the last words of a run in which nothing was collected at all.
    """

    run: TestRun = field(default_factory=TestRun)
    flaky: frozenset[str] = frozenset()
    coverage: dict[str, FileCoverage] | None = None
    hung_files: list[str] = field(default_factory=list)
    out_of_time: bool = False
    apart: bool = False
    seconds: float = 0.0
    said: str = ""


def try_tests(trial: Trial, target: Target) -> Tried:
    """Run the tests; at most for as long as the settings say, all runs together.

    Raises:
        CheckerFailed: there is no pytest in the repository's environment, or it cannot run at all.
    """
    end = time.monotonic() + trial.workbench.settings.tests_seconds
    tester = _Tester(trial, target, end, _probe(trial))
    done = tester.tried
    began = time.monotonic()
    for _ in range(1 + MOST_HANGS):
        if not tester.once(done=done.run.tests, only=None):
            break
    failed = sorted(nodeid for nodeid, test in done.run.tests.items() if test.ending in FAILED)
    if failed and not done.out_of_time and time.monotonic() < end:
        done.flaky = tester.again(failed[:MOST_TRIED_AGAIN])
    done.seconds = time.monotonic() - began
    return done


def _probe(trial: Trial) -> dict[str, object]:
    try:
        ran, _ = trial.run([*PROBE_FLAGS, PROBE], seconds=60, variables={})
    except ToolTimedOut as error:
        raise CheckerFailed(f"The tests were not run: {trial.python} did not start within a minute.") from error
    try:
        found = json.loads(ran.stdout)
    except ValueError:
        raise CheckerFailed(
            f"The tests were not run: {trial.python} cannot be used here.",
            remedy="Say with CI_HEALTH_PYTHON which interpreter has what the repository needs.",
        ) from None
    if not isinstance(found, dict) or not found.get("pytest"):
        raise CheckerFailed(
            f"The tests were not run: pytest is not installed for {trial.python}.",
            remedy=f"Install it there: {trial.python} -m pip install pytest",
        )
    return found


class _Tester:
    def __init__(self, trial: Trial, target: Target, end: float, probed: dict[str, object]) -> None:
        self.tried = Tried()
        self._trial, self._target, self._end, self._probed = trial, target, end, probed
        self._number = 0
        limit = trial.workbench.settings.tests_seconds
        self._hang = max(min(LONGEST_HANG_SECONDS, limit / 4), SHORTEST_HANG_SECONDS)
        self._plugins = trial.workbench.scratch / "plugins"
        self._plugins.mkdir(exist_ok=True)
        shutil.copy(WATCHER, self._plugins / f"{PLUGIN}.py")

    def once(self, done: Collection[str], only: Collection[str] | None) -> bool:
        """One run, added to what is known; whether another one would get on: a test hung and was ended."""
        run, code = self._run(done, only, measured=True)
        known = self.tried.run
        known.tests.update(run.tests)
        known.not_collected.update(run.not_collected)
        known.collected = max(known.collected or 0, run.collected) if run.collected is not None else known.collected
        known.files |= run.files
        known.python = run.python or known.python
        known.no_coverage = run.no_coverage or known.no_coverage
        known.begun, known.finished = run.begun, run.finished
        self._note_lost(run, code)
        if run.hung_collecting is not None:
            file = run.hung_collecting.split("::")[0]
            if file not in self._target.files or file in self.tried.hung_files:
                return False
            self.tried.hung_files.append(file)
        return code == HUNG and time.monotonic() < self._end

    def again(self, failed: Collection[str]) -> frozenset[str]:
        """Those of the failed tests that pass when they are run once more."""
        before = self.tried.out_of_time
        run, _ = self._run((), failed, measured=False)
        self.tried.out_of_time = before  # the first run was whole
        return frozenset(
            nodeid for nodeid in failed if nodeid in run.tests and run.tests[nodeid].ending is Ending.PASSED
        )

    def _note_lost(self, run: TestRun, code: int | None) -> None:
        """A test during which the process ended was the one that ended it."""
        if run.finished or code in {None, HUNG} or run.begun is None or run.begun in self.tried.run.tests:
            return
        path = run.begun.split("::")[0]
        text = f"the interpreter ended with status {code} while it ran"
        self.tried.run.tests[run.begun] = Test(run.begun, path, None, Ending.ERROR, text=text)

    def _run(
        self, done: Collection[str], only: Collection[str] | None, *, measured: bool
    ) -> tuple[TestRun, int | None]:
        self._number += 1
        scratch, trial = self._trial.workbench.scratch, self._trial
        events, coverage = scratch / f"events-{self._number}.jsonl", scratch / f"coverage-{self._number}.json"
        plan = scratch / f"watch-{self._number}.json"
        roots = (trial.folder, trial.original)
        content = {
            "events": str(events),
            "hang": self._hang,
            "slow_start": SLOW_START * self._hang,
            "done": sorted(done),
            "only": sorted(only) if only is not None else None,
            "coverage": str(coverage) if measured else None,
            "measured": [str(root) for root in roots],
            "sources": [str(source) for source in trial.sources],
        }
        plan.write_text(json.dumps(content), encoding="utf-8")
        variables = {
            "CI_WATCH": str(plan), "CI_WATCH_COVERAGE": str(self._own_coverage()), "PYTHONPATH": str(self._plugins),
        }  # fmt: skip
        code: int | None = None
        said = ""
        try:
            left = max(self._end - time.monotonic(), 1.0)
            ran, self.tried.apart = trial.run(self._arguments(), seconds=left, variables=variables)
            code, said = ran.code, ran.stdout[-2000:] + ran.stderr[-2000:]
        except ToolTimedOut:
            self.tried.out_of_time = True
        run = read_events(events)
        if code == USAGE_ERROR or (
            code not in {None, NO_TESTS, HUNG} and run.collected is None and not run.not_collected
        ):
            self.tried.said = said
        if measured and (found := read_coverage(coverage, roots)):
            self.tried.coverage = joined([self.tried.coverage or {}, found])
        return run, code

    def _arguments(self) -> list[str]:
        """What comes last counts: options of the repository's own are answered with their opposite."""
        arguments = ["-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-q", "--tb=short", "--maxfail=0"]
        arguments += ["--continue-on-collection-errors", "--color=no"]
        if self._probed.get("xdist"):
            arguments += ["-n", "0"]
        if self._probed.get("pytest_cov"):
            arguments.append("--no-cov")
        arguments += [f"--ignore={file}" for file in self.tried.hung_files]
        return arguments

    def _own_coverage(self) -> Path:
        """A folder with our coverage alone, for an environment that has none."""
        place = self._trial.workbench.scratch / "coverage"
        found = importlib.util.find_spec("coverage")
        if not place.exists() and found is not None and found.origin is not None:
            shutil.copytree(Path(found.origin).parent, place / "coverage", ignore=shutil.ignore_patterns("__pycache__"))
        return place
