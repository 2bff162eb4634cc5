"""The checkers of one check, side by side."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_core.errors import InvalidInput
from ci_core.health import runner
from ci_core.health.checkers.kinds import (
    CheckCancelled,
    Checker,
    CheckerFailed,
    NotApplicable,
    ToolMissing,
    ToolTimedOut,
    Workbench,
)
from ci_core.health.checkers.registry import chosen
from ci_core.health.checkers.tools import run_tool
from ci_core.health.runner import run_checkers
from ci_core.health.values import CheckerOutcome, CheckRequest, Report, Sighting, Target, Unseen
from ci_core.settings.health import HealthSettings
from db.enums import CheckerStatus, CheckType, IssueType
from tests.ci_core.health.repositories import Repository

Work = Callable[[Target, Workbench], Report]
ALL = frozenset({"a.py", "b.py"})


@pytest.fixture
def target(repository: Repository) -> Target:
    return repository.write({"a.py": "x = 1\n", "b.py": "y = 1\n", "c.md": "# c\n"}).target()


def checker(name: str, *, usual: float = 1.0, seconds: float | None = None, whole: bool = False) -> Checker:
    return Checker(
        name=name,
        title=name,
        parts=frozenset({IssueType.BUGS}),
        work=f"{__name__}:{name}",
        check_types=frozenset({CheckType.FULL_SCAN}),
        looks_at=None if whole else lambda file: file.is_python,
        usual_seconds=usual,
        seconds=None if seconds is None else lambda _settings: seconds,
    )


def run(target: Target, tmp_path: Path, *checkers: Checker, **more: object) -> dict[str, CheckerOutcome]:
    settings = more.pop("settings", HealthSettings(workers=2))
    outcomes = run_checkers(target, checkers, settings=settings, data_dir=tmp_path, **more)  # type: ignore[arg-type]
    assert [outcome.name for outcome in outcomes] == [one.name for one in checkers]
    return {outcome.name: outcome for outcome in outcomes}


# -- what the checkers of these tests do -----------------------------------------------------------------------------


def sees_all(target: Target, workbench: Workbench) -> Report:
    return Report((Sighting("sees_all", "R1", "hm", "a.py", 1),), ALL, version="1", metrics={"n": 2})


def sees_half(target: Target, workbench: Workbench) -> Report:
    return Report((), frozenset({"a.py"}))


def contradicts_itself(target: Target, workbench: Workbench) -> Report:
    return Report((), ALL, unseen=(Unseen("b.py", "syntax error in line 2"),))


def crashes(target: Target, workbench: Workbench) -> Report:
    raise ZeroDivisionError


def is_killed(target: Target, workbench: Workbench) -> Report:
    run_tool([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], cwd=target.root, workbench=workbench)
    raise AssertionError("not reached")


def takes_too_long(target: Target, workbench: Workbench) -> Report:
    run_tool([sys.executable, "-c", "import time; time.sleep(600)"], cwd=target.root, workbench=workbench)
    raise AssertionError("not reached")


release = threading.Event()


def hangs(target: Target, workbench: Workbench) -> Report:
    release.wait(60)
    return Report((), ALL)


def is_missing(target: Target, workbench: Workbench) -> Report:
    raise ToolMissing("ruff is not installed here.", remedy="Install it.")


def times_out(target: Target, workbench: Workbench) -> Report:
    raise ToolTimedOut("mypy did not end within 3 s.")


def has_nothing_to_do(target: Target, workbench: Workbench) -> Report:
    raise NotApplicable("No address is configured.", remedy="Set CI_HEALTH_APP_URL.")


def fails(target: Target, workbench: Workbench) -> Report:
    raise CheckerFailed("It could not read its rules.", remedy="Restore them.")


def is_cancelled(target: Target, workbench: Workbench) -> Report:
    raise CheckCancelled


def works_with(target: Target, workbench: Workbench) -> Report:
    (workbench.scratch / "mine").write_text("x")
    return Report((), ALL, metrics={
        "processes": workbench.processes, "seconds": workbench.seconds, "data": str(workbench.data_dir),
        "scratch": str(workbench.scratch),
    })  # fmt: skip


# -- the tests -------------------------------------------------------------------------------------------------------


def test_a_checker_that_saw_all_is_completed_with_its_report(target: Target, tmp_path: Path) -> None:
    outcome = run(target, tmp_path, checker("sees_all"))["sees_all"]

    assert (outcome.status, outcome.expected, outcome.error) == (CheckerStatus.COMPLETED, ALL, None)
    assert outcome.report is not None
    assert outcome.report.sightings[0].rule == "R1"
    assert outcome.seconds >= 0


@pytest.mark.parametrize(
    ("name", "reason"), [("sees_half", runner.SILENT), ("contradicts_itself", "syntax error in line 2")]
)
def test_every_expected_file_is_seen_or_named_and_never_both(
    target: Target, tmp_path: Path, name: str, reason: str
) -> None:
    outcome = run(target, tmp_path, checker(name))[name]

    assert outcome.status is CheckerStatus.PARTIAL
    assert outcome.report is not None
    assert outcome.report.seen == {"a.py"}
    assert outcome.report.unseen == (Unseen("b.py", reason),)


@pytest.mark.parametrize(
    ("name", "status", "words", "remedy"),
    [
        ("crashes", CheckerStatus.FAILED, "The checker itself has a defect: ZeroDivisionError", "log"),
        ("is_killed", CheckerStatus.FAILED, "was killed by signal 9 (SIGKILL)", "memory"),
        ("is_missing", CheckerStatus.MISSING, "ruff is not installed here.", "Install it."),
        ("times_out", CheckerStatus.TIMED_OUT, "mypy did not end within 3 s.", ""),
        ("has_nothing_to_do", CheckerStatus.SKIPPED, "No address is configured.", "CI_HEALTH_APP_URL"),
        ("fails", CheckerStatus.FAILED, "It could not read its rules.", "Restore them."),
        ("is_cancelled", CheckerStatus.CANCELLED, "", ""),
    ],
)
def test_a_checker_that_fails_says_why_and_harms_no_other(
    target: Target, tmp_path: Path, name: str, status: CheckerStatus, words: str, remedy: str
) -> None:
    outcomes = run(target, tmp_path, checker(name), checker("sees_all"))

    assert (outcomes[name].status, outcomes[name].report) == (status, None)
    assert words in (outcomes[name].error or "")
    assert remedy in (outcomes[name].remedy or "")
    assert outcomes["sees_all"].status is CheckerStatus.COMPLETED


def test_a_program_that_hangs_is_ended_in_time(target: Target, tmp_path: Path) -> None:
    outcomes = run(target, tmp_path, checker("takes_too_long", seconds=0.5), checker("sees_all"))

    assert outcomes["takes_too_long"].status is CheckerStatus.TIMED_OUT
    assert outcomes["sees_all"].status is CheckerStatus.COMPLETED


def test_a_checker_that_hangs_itself_is_given_up(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.2)
    release.clear()

    outcomes = run(target, tmp_path, checker("hangs", seconds=0.1), checker("sees_all"))

    release.set()
    assert (outcomes["hangs"].status, outcomes["hangs"].error) == (CheckerStatus.TIMED_OUT, runner.BUSY)
    assert outcomes["sees_all"].status is CheckerStatus.COMPLETED


def test_the_longest_begin_first_and_no_more_than_may_run_at_once(target: Target, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []

    run(
        target, tmp_path, checker("sees_half", usual=1), checker("sees_all", usual=9), checker("works_with", usual=5),
        settings=HealthSettings(workers=1), on_change=lambda outcome: said.append((outcome.name, outcome.status.value)),
    )  # fmt: skip

    assert said == [
        ("sees_all", "running"), ("sees_all", "completed"), ("works_with", "running"), ("works_with", "completed"),
        ("sees_half", "running"), ("sees_half", "partial"),
    ]  # fmt: skip


def test_a_checker_works_with_a_folder_of_its_own_that_is_gone_afterwards(target: Target, tmp_path: Path) -> None:
    settings = HealthSettings(workers=3, checker_seconds=44)

    report = run(target, tmp_path, checker("works_with"), settings=settings)["works_with"].report

    assert report is not None
    scratch = report.metrics["scratch"]
    assert report.metrics == {"processes": 3, "seconds": 44.0, "data": str(tmp_path), "scratch": scratch}
    assert not Path(scratch).exists()


def test_a_checker_of_files_has_nothing_to_do_without_any(repository: Repository, tmp_path: Path) -> None:
    target = repository.write({"c.md": "# c\n"}).target()

    outcomes = run(target, tmp_path, checker("crashes"), checker("has_nothing_to_do", whole=True))

    assert outcomes["crashes"].status is CheckerStatus.COMPLETED
    assert outcomes["has_nothing_to_do"].status is CheckerStatus.SKIPPED


def test_whoever_cancels_gets_what_had_ended_by_then(target: Target, tmp_path: Path) -> None:
    cancelled = threading.Event()
    began = time.monotonic()

    def cancel_later(outcome: CheckerOutcome) -> None:
        if outcome.status is CheckerStatus.COMPLETED:
            cancelled.set()

    outcomes = run(
        target, tmp_path, checker("takes_too_long", usual=9), checker("sees_all", usual=5), checker("fails", usual=1),
        on_change=cancel_later, cancelled=cancelled,
    )  # fmt: skip

    assert time.monotonic() - began < 60
    assert outcomes["sees_all"].status is CheckerStatus.COMPLETED
    assert outcomes["takes_too_long"].status is CheckerStatus.CANCELLED


def test_an_exception_in_the_caller_leaves_no_program_behind(target: Target, tmp_path: Path) -> None:
    class Stopped(BaseException):
        pass

    def stop(outcome: CheckerOutcome) -> None:
        if outcome.name == "sees_all" and outcome.status is CheckerStatus.COMPLETED:
            raise Stopped

    before = threading.active_count()
    with pytest.raises(Stopped):
        run(target, tmp_path, checker("takes_too_long"), checker("sees_all"), on_change=stop)

    assert threading.active_count() == before


def test_cores_are_as_many_as_the_setting_says_or_the_machine_has() -> None:
    assert runner.cores(HealthSettings(workers=7)) == 7
    assert 1 <= runner.cores(HealthSettings()) <= (os.cpu_count() or 1)


def test_the_checkers_of_a_type_take_part_and_wrong_names_are_told() -> None:
    one, two = checker("sees_all"), checker("fails")
    request = CheckRequest(CheckType.FULL_SCAN, Path("/"), checkers=("fails",))

    assert chosen(request, (one, two)) == (two,)
    assert chosen(CheckRequest(CheckType.FULL_SCAN, Path("/")), (one, two)) == (one, two)
    assert chosen(CheckRequest(CheckType.SECURITY_SCAN, Path("/")), (one, two)) == ()
    with pytest.raises(InvalidInput, match=r"sees is no checker of a full scan\. There are: fails, sees_all\."):
        chosen(CheckRequest(CheckType.FULL_SCAN, Path("/"), checkers=("sees",)), (one, two))
