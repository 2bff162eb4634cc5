"""What the watching plugin wrote down, read as what it is: text from code that is not trusted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

LARGEST_BYTES = 64 * 2**20
LONGEST_ID = 1000


class Ending(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class Test:
    """One test that ran, or at least began.

    Attributes:
        line: 1-based; None where it is not known.
        text: what it said when it failed, or where it hung.
    """

    nodeid: str
    path: str
    line: int | None
    ending: Ending
    seconds: float = 0.0
    text: str = ""


@dataclass(slots=True)
class TestRun:
    """What one or several runs of a repository's tests came to.

    Attributes:
        tests: by node id, those that ended or hung.
        collected: how many there are; None where it did not come so far.
        files: those that have tests.
        not_collected: files that could not be read as tests, with the reason.
        begun: the test that was under way when all was over.
        finished: whether the tests came to an end by themselves.
    """

    tests: dict[str, Test] = field(default_factory=dict)
    collected: int | None = None
    files: frozenset[str] = frozenset()
    not_collected: dict[str, str] = field(default_factory=dict)
    begun: str | None = None
    finished: bool = False
    hung_collecting: str | None = None
    no_coverage: str | None = None
    python: str = ""


def read_events(path: Path) -> TestRun:
    """What the plugin wrote to a file, as far as it came; lines that mean nothing are passed over."""
    return summed_up(_lines(path))


def summed_up(events: Iterable[Mapping[str, Any]]) -> TestRun:
    """What a row of events means."""
    run = TestRun()
    places: dict[str, tuple[str, int | None]] = {}
    for event in events:
        kind, nodeid = event.get("event"), _text(event.get("test"), LONGEST_ID)
        if kind == "began":
            run.python = _text(event.get("python"), 40)
        elif kind == "collected":
            run.collected = max(run.collected or 0, _whole(event.get("tests")) or 0)
            run.files |= {_text(name, LONGEST_ID) for name in _list(event.get("files"))}
        elif kind == "not_collected":
            run.not_collected[nodeid] = _text(event.get("text"))
        elif kind == "started":
            line = _whole(event.get("line"))
            places[nodeid] = (_text(event.get("path"), LONGEST_ID), None if line is None else line + 1)
            run.begun = nodeid
        elif kind == "ended":
            _ended(run, nodeid, places.get(nodeid, (nodeid.split("::")[0], None)), event)
        elif kind == "hung":
            _hung(run, nodeid, places.get(nodeid), _text(event.get("stack")))
        elif kind == "finished":
            run.finished, run.begun = True, None
        elif kind == "no_coverage":
            run.no_coverage = _text(event.get("why"), 300)
    return run


def _ended(run: TestRun, nodeid: str, place: tuple[str, int | None], event: Mapping[str, Any]) -> None:
    outcome, when = event.get("outcome"), event.get("when")
    if outcome == "failed":
        ending = Ending.FAILED if when == "call" else Ending.ERROR
    elif outcome == "skipped":
        ending = Ending.SKIPPED
    else:
        ending = Ending.PASSED
    seconds = event.get("seconds")
    test = Test(
        nodeid, *place, ending, float(seconds) if isinstance(seconds, int | float) else 0.0, _text(event.get("text"))
    )
    known = run.tests.get(nodeid)
    # What goes wrong while it is cleared away comes after a test that had passed.
    if known is None or known.ending in {Ending.PASSED, Ending.SKIPPED}:
        run.tests[nodeid] = test
    if run.begun == nodeid and when != "setup":
        run.begun = None


def _hung(run: TestRun, nodeid: str, place: tuple[str, int | None] | None, stack: str) -> None:
    if place is None:
        run.hung_collecting = nodeid
        return
    run.tests[nodeid] = Test(nodeid, *place, Ending.HUNG, text=stack)
    run.begun = None


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES)
    except OSError:
        return
    for line in data.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _text(value: Any, most: int = 2000) -> str:
    return value[:most].replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
