"""How much each part's score is based on, over full and partial checks, and what makes a part unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ci_core.health.checkers.kinds import Checker
from ci_core.health.evidence import NO_COVERAGE, NOBODY, Seen, looked_at, metrics_of, score_parts
from ci_core.health.scores import PartScore
from ci_core.health.values import CheckerOutcome, Report, Target, Unseen
from ci_core.settings.health import HealthSettings
from db.enums import CheckerStatus, CheckType, IssueType, Severity
from tests.ci_core.health.checks import a_file, a_target

SECURITY, BUGS, TESTS, DEPENDENCIES = (
    IssueType.SECURITY,
    IssueType.BUGS,
    IssueType.TESTS,
    IssueType.DEPENDENCIES,
)
# A line each stands for the file itself.
WHOLE = a_target(a_file("a.py", lines=599), a_file("b.py", lines=399), a_file("c.md", lines=50))
SETTINGS = HealthSettings(_env_file=None)  # type: ignore[call-arg]
DONE, FAILED, SKIPPED = CheckerStatus.COMPLETED, CheckerStatus.FAILED, CheckerStatus.SKIPPED


def by_files(name: str, *parts: IssueType) -> Checker:
    return Checker(name, name, frozenset(parts), "", frozenset(CheckType), lambda file: file.is_python)


def of_the_whole(name: str, *parts: IssueType) -> Checker:
    return Checker(name, name, frozenset(parts), "", frozenset(CheckType))


LINT, BANDIT = by_files("lint", SECURITY, BUGS), by_files("bandit", SECURITY)
RUN, ADVISORIES = of_the_whole("tests", TESTS), of_the_whole("vulnerabilities", DEPENDENCIES)
DEPTRY = of_the_whole("dependencies", DEPENDENCIES)


def outcome(
    checker: Checker,
    *seen: str,
    target: Target = WHOLE,
    status: CheckerStatus = DONE,
    metrics: Mapping[str, Any] | None = None,
    whole: bool = True,
) -> CheckerOutcome:
    expected = checker.expected(target)
    report = None
    error: str | None = f"{checker.name} was killed"
    if status in (DONE, CheckerStatus.PARTIAL):
        unseen = tuple(Unseen(path, "no syntax") for path in expected - set(seen))
        report = Report((), frozenset(seen), unseen, looked_at_whole=whole, metrics=metrics or {})
        error = None
    return CheckerOutcome(checker.name, status, expected, 1.0, report, error)


def seen(*outcomes: CheckerOutcome, checkers: tuple[Checker, ...], target: Target = WHOLE, check_id: int = 7) -> Seen:
    by_name = {one.name: one for one in outcomes}
    return Seen(check_id, target, checkers, by_name, metrics_of(target, checkers, by_name))


def scored(what: Seen, earlier: Mapping[IssueType, PartScore] | None = None) -> dict[IssueType, PartScore]:
    return score_parts(what, {SECURITY: {Severity.LOW: 1}}, earlier or {}, SETTINGS)


def test_all_looked_at_is_all() -> None:
    what = seen(outcome(LINT, "a.py", "b.py"), outcome(BANDIT, "a.py", "b.py"), checkers=(LINT, BANDIT))

    assert looked_at(SECURITY, what, None) == 100.0


def test_a_crashed_checker_is_its_share_of_the_part() -> None:
    what = seen(outcome(LINT, "a.py", "b.py"), outcome(BANDIT, status=FAILED), checkers=(LINT, BANDIT))

    assert (looked_at(SECURITY, what, None), looked_at(BUGS, what, None)) == (50.0, 100.0)
    part = scored(what)[SECURITY]
    assert (part.score is not None, part.evidence.based_on, part.evidence.units) == (True, 50.0, 0.499)


def test_files_count_by_their_size() -> None:
    what = seen(outcome(LINT, "a.py", status=CheckerStatus.PARTIAL), checkers=(LINT,))

    assert looked_at(BUGS, what, None) == 60.0


@pytest.mark.parametrize("status", [FAILED, CheckerStatus.TIMED_OUT, CheckerStatus.MISSING])
def test_where_nobody_looked_the_part_is_unknown_with_the_reason(status: CheckerStatus) -> None:
    part = scored(seen(outcome(LINT, status=status), checkers=(LINT,)))[BUGS]

    assert (part.score, part.unknown_because) == (None, "lint was killed")


def test_what_has_nothing_to_look_at_is_no_loss() -> None:
    what = seen(outcome(LINT, "a.py", "b.py"), outcome(BANDIT, status=SKIPPED), checkers=(LINT, BANDIT))

    assert looked_at(SECURITY, what, None) == 100.0


def test_a_part_without_a_checker_is_unknown() -> None:
    part = scored(seen(outcome(LINT, "a.py", "b.py"), checkers=(LINT,)))[TESTS]

    assert (part.score, part.unknown_because) == (None, NOBODY)


def test_a_partial_check_goes_on_from_what_was_known() -> None:
    before = scored(seen(outcome(LINT, "a.py", status=CheckerStatus.PARTIAL), checkers=(LINT,)))
    only_b = replace(WHOLE, selected=frozenset({"b.py"}))
    what = seen(outcome(LINT, "b.py", target=only_b), checkers=(LINT,), target=only_b, check_id=8)

    after = scored(what, before)

    assert before[BUGS].evidence.based_on == 60.0
    assert after[BUGS].evidence.based_on == 76.0  # all 400 lines of b.py, and 60 % of the other 600 as before
    assert after[BUGS].evidence.as_of == 8


def test_a_check_without_files_of_its_own_keeps_everything() -> None:
    before = scored(seen(outcome(LINT, "a.py", "b.py"), checkers=(LINT,)))
    nothing = replace(WHOLE, selected=frozenset())
    what = seen(outcome(LINT, target=nothing), checkers=(LINT,), target=nothing, check_id=8)

    assert scored(what, before)[BUGS].exact == before[BUGS].exact


def test_a_checker_that_takes_no_part_keeps_its_share() -> None:
    before = scored(seen(outcome(LINT, "a.py", "b.py"), outcome(BANDIT, status=FAILED), checkers=(LINT, BANDIT)))
    what = seen(outcome(BANDIT, "a.py", "b.py"), checkers=(LINT, BANDIT), check_id=8)

    after = scored(what, before)

    assert after[SECURITY].evidence.based_on == 75.0
    assert after[BUGS].evidence == before[BUGS].evidence
    assert (after[BUGS].evidence.as_of, after[SECURITY].evidence.as_of) == (7, 8)


def test_tests_are_judged_by_what_passes_and_what_they_cover() -> None:
    metrics = {"passed": 163, "failed": 24, "collection_errors": 4, "hanging": 0, "coverage_percent": 3.5}

    part = scored(seen(outcome(RUN, metrics=metrics), checkers=(RUN,)))[TESTS]

    assert (part.score, part.exact) == (4, 4.97)  # 163 of 191, times 3.5 of 60
    assert [measure.name for measure in part.evidence.measures] == ["tests_passed_percent", "coverage_percent"]


def test_no_tests_are_a_known_nothing_and_no_coverage_is_unknown() -> None:
    none = scored(seen(outcome(RUN, metrics={"tests": 0, "coverage_percent": 0.0}), checkers=(RUN,)))[TESTS]
    unmeasured = scored(seen(outcome(RUN, metrics={"passed": 5}), checkers=(RUN,)))[TESTS]
    broken_off = scored(seen(outcome(RUN, metrics={"passed": 5}, whole=False), checkers=(RUN,)))[TESTS]

    assert none.score == 0
    assert (unmeasured.score, unmeasured.unknown_because) == (None, NO_COVERAGE)
    assert (broken_off.score, broken_off.unknown_because) == (None, "“tests” did not come to its end")


def test_measures_stay_until_somebody_measures_again() -> None:
    before = scored(seen(outcome(RUN, metrics={"passed": 1, "coverage_percent": 60.0}), checkers=(RUN, LINT)))
    without = scored(seen(outcome(LINT, "a.py", "b.py"), checkers=(RUN, LINT), check_id=8), before)
    failed = scored(seen(outcome(RUN, status=FAILED), checkers=(RUN, LINT), check_id=9), without)

    assert (before[TESTS].score, without[TESTS].score, without[TESTS].evidence.as_of) == (100, 100, 7)
    assert (failed[TESTS].score, failed[TESTS].unknown_because) == (None, "tests was killed")


def test_without_advisories_nothing_is_known_of_dependencies() -> None:
    checkers = (ADVISORIES, DEPTRY)
    blind = scored(seen(outcome(ADVISORIES, status=FAILED), outcome(DEPTRY), checkers=checkers))
    named = {"packages_named": 40}
    known = scored(seen(outcome(ADVISORIES, metrics=named), outcome(DEPTRY), checkers=checkers, check_id=8), blind)
    later = scored(seen(outcome(DEPTRY), checkers=checkers, check_id=9), blind)

    assert (blind[DEPENDENCIES].score, blind[DEPENDENCIES].unknown_because) == (None, "vulnerabilities was killed")
    assert (known[DEPENDENCIES].score, known[DEPENDENCIES].evidence.units) == (100, 4.0)
    assert later[DEPENDENCIES].unknown_because == "vulnerabilities was killed"


def test_a_share_of_some_files_is_none_of_all() -> None:
    words = by_files("documentation", IssueType.DOCUMENTATION)
    full = seen(outcome(words, "a.py", "b.py", metrics={"documented_percent": 80.0}), checkers=(words,))
    before = scored(full)
    only_b = replace(WHOLE, selected=frozenset({"b.py"}))
    some = outcome(words, "b.py", target=only_b, metrics={"documented_percent": 10.0})
    what = seen(some, checkers=(words,), target=only_b)

    assert before[IssueType.DOCUMENTATION].score == 80
    assert "documented_percent" not in what.metrics
    assert scored(what, before)[IssueType.DOCUMENTATION].score == 80
