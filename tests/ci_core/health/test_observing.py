"""What was seen in many files, placed in several processes."""

from __future__ import annotations

import pytest

from ci_core.health import observed, observing
from ci_core.health.observed import observe
from ci_core.health.rules import catalogue
from ci_core.health.values import CheckerOutcome, Report, Sighting, Target
from db.enums import CheckerStatus
from tests.ci_core.health.repositories import Repository


@pytest.fixture
def target(repository: Repository) -> Target:
    return repository.write({f"m{n}.py": f"import os\n\n\ndef f_{n}(x=[]):\n    return x\n" for n in range(7)}).target()


def outcomes(target: Target) -> list[CheckerOutcome]:
    sightings = [Sighting("lint", "F401", "`os` imported but unused", path, 1, 1, 8) for path in target.files]
    sightings += [Sighting("lint", "B006", "Do not use mutable defaults", path, 4, 4, 9) for path in target.files]
    sightings.append(Sighting("documentation", "no-readme", "No README.", subject="README"))
    report = Report(tuple(sightings), frozenset(target.files))
    return [CheckerOutcome("lint", CheckerStatus.COMPLETED, frozenset(target.files), 1.0, report)]


def test_several_processes_observe_what_one_does(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = observe(target, outcomes(target), catalogue())
    monkeypatch.setattr(observed, "SHARED_FROM_FILES", 2)
    here: list[object] = []
    monkeypatch.setattr(observing, "observe_files", lambda *_: here.append(1) or {})

    together = observe(target, outcomes(target), catalogue(), processes=3)

    assert here == []
    assert len(alone) == 15
    assert together == alone
    assert {one.scope for one in together} >= {"f_0", "f_6"}


@pytest.mark.parametrize("program", [["/nowhere/python"], ["false"], ["true"]])
def test_what_a_process_could_not_do_is_done_here(
    target: Target, monkeypatch: pytest.MonkeyPatch, program: list[str]
) -> None:
    alone = observe(target, outcomes(target), catalogue())
    monkeypatch.setattr(observed, "SHARED_FROM_FILES", 2)
    monkeypatch.setattr(observing, "own_program", lambda _: program)

    assert observe(target, outcomes(target), catalogue(), processes=2) == alone
