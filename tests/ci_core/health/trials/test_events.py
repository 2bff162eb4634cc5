"""What the plugin wrote down is summed up, and whatever else stands there does no harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ci_core.health.trials.events import Ending, read_events, summed_up


def begun(test: str, line: int = 4) -> dict[str, Any]:
    return {"event": "started", "test": test, "path": "t.py", "line": line}


def ended(test: str, outcome: str = "passed", when: str = "call", text: str = "") -> dict[str, Any]:
    return {"event": "ended", "test": test, "outcome": outcome, "when": when, "seconds": 0.5, "text": text}


def test_each_ending_is_told_with_its_place() -> None:
    run = summed_up([
        {"event": "began", "python": "3.12.1"}, {"event": "collected", "tests": 5, "files": ["t.py"]},
        begun("t.py::a"), ended("t.py::a"),
        begun("t.py::b"), ended("t.py::b", "failed", text="no"),
        begun("t.py::c"), ended("t.py::c", "failed", "setup"),
        begun("t.py::d"), ended("t.py::d", "skipped", "setup"),
        begun("t.py::e"), ended("t.py::e"), ended("t.py::e", "failed", "teardown", "late"),
        {"event": "finished", "status": 1},
    ])  # fmt: skip

    assert {name[-1]: test.ending for name, test in run.tests.items()} == {
        "a": Ending.PASSED, "b": Ending.FAILED, "c": Ending.ERROR, "d": Ending.SKIPPED, "e": Ending.ERROR,
    }  # fmt: skip
    assert (run.tests["t.py::b"].path, run.tests["t.py::b"].line, run.tests["t.py::b"].text) == ("t.py", 5, "no")
    assert (run.collected, run.files, run.finished, run.begun, run.python) == (5, {"t.py"}, True, None, "3.12.1")


def test_what_was_under_way_when_all_was_over_is_known() -> None:
    run = summed_up([begun("t.py::a"), ended("t.py::a"), begun("t.py::b")])

    assert (run.begun, run.finished, set(run.tests)) == ("t.py::b", False, {"t.py::a"})


def test_a_test_that_hangs_and_a_file_that_does() -> None:
    hanging = summed_up([begun("t.py::a"), {"event": "hung", "test": "t.py::a", "stack": "sleep"}])
    reading = summed_up([{"event": "hung", "test": "t.py", "stack": ""}])

    assert (hanging.tests["t.py::a"].ending, hanging.tests["t.py::a"].text) == (Ending.HUNG, "sleep")
    assert (reading.tests, reading.hung_collecting) == ({}, "t.py")


def test_lines_that_mean_nothing_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(
        b'nonsense\n\xff\xfe\n[1]\n"x"\n{"event": 7}\n' + json.dumps(begun("t.py::a")).encode() + b'\n{"ev'
    )

    assert read_events(file).begun == "t.py::a"
    assert read_events(tmp_path / "none").tests == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)
KINDS = ("began", "collected", "not_collected", "started", "ended", "hung", "finished", "no_coverage")


@given(st.lists(st.fixed_dictionaries(
    {"event": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("test", "tests", "files", "path", "line", "outcome", "when", "seconds", "text"), JSON),
), max_size=6))  # fmt: skip
def test_no_value_makes_it_fail(events: list[dict[str, Any]]) -> None:
    run = summed_up(events)

    assert all(isinstance(test.seconds, float) for test in run.tests.values())
