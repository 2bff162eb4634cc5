"""How runs of tests follow each other: after a test that hangs, a file that hangs, a failure, the end of the time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from ci_core.health.checkers.kinds import CheckerFailed, ToolTimedOut, Workbench
from ci_core.health.checkers.tools import ToolRun
from ci_core.health.trials.events import Ending
from ci_core.health.trials.running import Trial
from ci_core.health.trials.testing import HUNG, MOST_HANGS, Tried, try_tests
from ci_core.health.values import Target
from tests.ci_core.health.targets import target_of, workbench_in

Plan = Mapping[str, Any]
Event = dict[str, Any]
PROBED = {"python": "3.12.1", "pytest": True, "xdist": True, "pytest_cov": True, "coverage": False}
COLLECTED: Event = {"event": "collected", "tests": 3, "files": ["t.py"]}
FINISHED: Event = {"event": "finished", "status": 0}


def begun(test: str) -> Event:
    return {"event": "started", "test": f"t.py::{test}", "path": "t.py", "line": 1}


def ended(test: str, outcome: str = "passed") -> Event:
    return {"event": "ended", "test": f"t.py::{test}", "outcome": outcome, "when": "call", "seconds": 0.1, "text": "no"}


def hung(name: str) -> Event:
    return {"event": "hung", "test": name, "stack": "sleep"}


@dataclass
class FakeTrial:
    """Stands in for the interpreter of a repository: each run writes down what it is told to."""

    workbench: Workbench
    folder: Path
    runs: Sequence[Callable[[Plan], tuple[list[Event], int | None]]]
    probed: Mapping[str, Any] = field(default_factory=lambda: PROBED)
    python: Path = Path("/an/interpreter")
    plans: list[dict[str, Any]] = field(default_factory=list)
    arguments: list[list[str]] = field(default_factory=list)

    @property
    def original(self) -> Path:
        return self.folder

    @property
    def sources(self) -> tuple[Path, ...]:
        return (self.folder,)

    def run(self, arguments: Sequence[str], *, seconds: float, variables: Mapping[str, str]) -> tuple[ToolRun, bool]:
        if "CI_WATCH" not in variables:
            return ToolRun(json.dumps(self.probed), "", 0), True
        plan = json.loads(Path(variables["CI_WATCH"]).read_text())
        events, code = self.runs[len(self.plans)](plan)
        self.plans.append(plan)
        self.arguments.append(list(arguments))
        Path(plan["events"]).write_text("".join(json.dumps(event) + "\n" for event in events))
        if plan["coverage"]:
            lines = {"executed_lines": [len(self.plans)], "missing_lines": [9]}
            Path(plan["coverage"]).write_text(json.dumps({"files": {str(self.folder / "app.py"): lines}}))
        if code is None:
            raise ToolTimedOut("It did not end in time.")
        return ToolRun("ERROR: what pytest says", "", code), True


def tried(tmp_path: Path, *runs: tuple[list[Event], int | None], **probed: object) -> tuple[Tried, FakeTrial]:
    target: Target = target_of(tmp_path / "repo", {"t.py": "", "app.py": ""})
    steps = [lambda _plan, run=run: run for run in runs]
    trial = FakeTrial(workbench_in(tmp_path), target.root, steps, {**PROBED, **probed})
    return try_tests(cast("Trial", trial), target), trial


def endings(done: Tried) -> dict[str, Ending]:
    return {nodeid.removeprefix("t.py::"): test.ending for nodeid, test in done.run.tests.items()}


def test_after_a_test_that_hangs_the_others_go_on(tmp_path: Path) -> None:
    done, trial = tried(
        tmp_path,
        ([COLLECTED, begun("a"), ended("a"), begun("b"), hung("t.py::b")], HUNG),
        ([COLLECTED, begun("c"), ended("c"), FINISHED], 0),
    )

    assert endings(done) == {"a": Ending.PASSED, "b": Ending.HUNG, "c": Ending.PASSED}
    assert trial.plans[1]["done"] == ["t.py::a", "t.py::b"]
    assert done.run.finished
    assert done.coverage is not None
    assert done.coverage["app.py"].executed == {1, 2}  # of both runs


def test_a_file_that_hangs_when_it_is_read_is_left_out(tmp_path: Path) -> None:
    done, trial = tried(tmp_path, ([hung("t.py")], HUNG), ([COLLECTED, FINISHED], 5))

    assert done.hung_files == ["t.py"]
    assert trial.arguments[0][-1] == "--no-cov"
    assert trial.arguments[1][-1] == "--ignore=t.py"
    assert done.run.finished


def test_what_hangs_elsewhere_or_again_and_again_is_given_up(tmp_path: Path) -> None:
    elsewhere, trial = tried(tmp_path / "a", ([hung("")], HUNG))
    again, trials = tried(
        tmp_path / "b", *[([COLLECTED, begun(f"t{number}"), hung(f"t.py::t{number}")], HUNG) for number in range(9)]
    )

    assert (len(trial.plans), elsewhere.run.finished) == (1, False)
    assert len(trials.plans) == 1 + MOST_HANGS
    assert not again.run.finished


def test_what_failed_is_run_once_more_alone(tmp_path: Path) -> None:
    done, trial = tried(
        tmp_path,
        ([COLLECTED, begun("a"), ended("a", "failed"), begun("b"), ended("b", "failed"), FINISHED], 1),
        ([COLLECTED, begun("a"), ended("a"), begun("b"), ended("b", "failed"), FINISHED], 1),
    )

    assert done.flaky == {"t.py::a"}
    assert (trial.plans[1]["only"], trial.plans[1]["coverage"]) == (["t.py::a", "t.py::b"], None)
    assert endings(done) == {"a": Ending.FAILED, "b": Ending.FAILED}


def test_when_the_time_is_over_what_was_done_stays_known(tmp_path: Path) -> None:
    done, trial = tried(tmp_path, ([COLLECTED, begun("a"), ended("a", "failed"), begun("b")], None))

    assert (done.out_of_time, done.run.begun, done.run.finished) == (True, "t.py::b", False)
    assert (endings(done), len(trial.plans)) == ({"a": Ending.FAILED}, 1)


def test_a_test_that_ends_the_interpreter_is_the_one_that_was_under_way(tmp_path: Path) -> None:
    done, _ = tried(tmp_path, ([COLLECTED, begun("a")], 134), ([COLLECTED, begun("a")], 134))

    assert endings(done) == {"a": Ending.ERROR}
    assert "status 134" in done.run.tests["t.py::a"].text
    assert done.flaky == frozenset()


@pytest.mark.parametrize(("events", "code"), [([], 4), ([COLLECTED], 4), ([], 1)])
def test_what_pytest_complains_of_is_kept(tmp_path: Path, events: list[Event], code: int) -> None:
    done, _ = tried(tmp_path, (events, code))

    assert "what pytest says" in done.said


def test_only_options_of_installed_plugins_are_given(tmp_path: Path) -> None:
    _, trial = tried(tmp_path, ([COLLECTED, FINISHED], 0), xdist=False, pytest_cov=False)

    assert not {"-n", "--no-cov"} & set(trial.arguments[0])


def test_without_pytest_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckerFailed, match="pytest is not installed"):
        tried(tmp_path, pytest=False)
