"""The table of rules: every row can be used, and every rule has words for people."""

from __future__ import annotations

import re

import pytest

from ci_core.health.rules import catalogue
from ci_core.health.rules.catalogue import SPECIAL
from ci_core.health.values import Sighting
from db.enums import IssueType, Severity

ROWS = catalogue().rules
WORSE_THAN_LOW = {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}


def sighting(checker: str, rule: str, message: str = "said", **details: object) -> Sighting:
    return Sighting(checker, rule, message, "a.py", 1, details=details)


def judged(checker: str, rule: str, message: str = "said", **details: object) -> tuple[str, IssueType, Severity]:
    found = catalogue().judge(sighting(checker, rule, message, **details))
    assert found is not None
    return found.rule, found.issue_type, found.severity


def test_every_row_has_a_source_and_every_repair_a_time() -> None:
    assert [row for row in ROWS if len(row.source) < 4] == []
    assert [row.pattern for row in ROWS if row.like is None and not row.minutes] == []
    assert [row.pattern for row in ROWS if row.cwe and not re.fullmatch(r"CWE-\d+", row.cwe)] == []


def test_security_that_is_more_than_a_hint_names_its_weakness() -> None:
    bare = [
        f"{row.checker}:{row.pattern}"
        for row in ROWS
        if row.part is IssueType.SECURITY and row.severity in WORSE_THAN_LOW and row.like is None and row.cwe is None
    ]

    assert bare == ["flows:*"]


def test_every_rule_has_a_title_for_people() -> None:
    named = {
        row.rule or row.pattern for row in ROWS if row.like is None and not SPECIAL.search(row.rule or row.pattern)
    }
    words = catalogue()

    assert sorted(name for name in named if words.explain(name) is None) == []
    assert [one.rule for one in words.words.values() if not 3 <= len(one.title) <= 80 or one.title.endswith(".")] == []


def test_what_a_row_is_like_exists() -> None:
    for row in ROWS:
        if row.like is not None:
            found = catalogue().row(*row.like)
            assert found is not None, row
            assert found.like is None, row


@pytest.mark.parametrize(
    ("checker", "rule", "expected"),
    [
        ("lint", "S608", ("sql-injection", "security", "medium")),
        ("bandit", "B608", ("sql-injection", "security", "medium")),
        ("flows", "sql-injection", ("sql-injection", "security", "high")),
        ("bandit", "B403", ("S403", "security", "info")),
        ("bandit", "B413", ("S413", "security", "medium")),
        ("lint", "F821", ("undefined-name", "bugs", "high")),
        ("types", "name-defined", ("undefined-name", "bugs", "high")),
        ("lint", "PLE0101", ("PLE0101", "bugs", "high")),
        ("lint", "SIM222", ("SIM222", "bugs", "medium")),
        ("lint", "C416", ("needless-collection", "performance", "info")),
        ("lint", "C901", ("complex-function", "code_quality", "low")),
        ("complexity", "cognitive", ("complex-function", "code_quality", "low")),
    ],
)
def test_rules_of_several_tools_are_called_and_judged_alike(
    checker: str, rule: str, expected: tuple[str, str, str]
) -> None:
    assert judged(checker, rule) == expected


def test_the_narrowest_row_counts() -> None:
    assert judged("lint", "DTZ003")[2] == Severity.MEDIUM
    assert judged("lint", "DTZ005")[2] == Severity.LOW
    assert judged("lint", "ASYNC110")[0] == "ASYNC110"
    assert judged("lint", "ASYNC251")[0] == "blocks-event-loop"


def test_a_figure_a_message_or_the_checker_decides_where_the_row_says_so() -> None:
    assert [judged("complexity", "cognitive", complexity=value)[2] for value in (16, 25, 80, "many")] == [
        "low", "medium", "medium", "low",
    ]  # fmt: skip
    assert judged("lint", "S602", "`subprocess` call with `shell=True` seems safe, but may be changed")[2] == "low"
    assert judged("lint", "S602", "`subprocess` call with `shell=True` identified, security issue")[2] == "high"
    assert judged("flows", "sql-injection", severity="critical")[2] == "critical"
    assert judged("flows", "sql-injection", severity="worst")[2] == "high"
    assert judged("lint", "S608", severity="critical")[2] == "medium"


def test_only_a_safe_repair_is_promised() -> None:
    fixers = [
        found.fixer
        for fix in ("safe", "unsafe", None)
        if (found := catalogue().judge(sighting("lint", "F401", **({"fix": fix} if fix else {}))))
    ]

    assert fixers == ["ruff", None, None]


def test_tests_may_assert_and_are_no_target() -> None:
    def in_tests(rule: str) -> Severity | None:
        found = catalogue().judge(sighting("lint", rule), in_tests=True)
        return found.severity if found else None

    assert [in_tests(rule) for rule in ("S101", "S501", "F821", "PLE2502")] == [None, "low", "low", "high"]


def test_a_row_may_say_how_severe_a_rule_is_in_tests_at_most() -> None:
    def judged(rule: str, *, in_tests: bool) -> Severity | None:
        found = catalogue().judge(sighting("types", rule), in_tests=in_tests)
        return found.severity if found else None

    assert (judged("abstract", in_tests=False), judged("abstract", in_tests=True)) == ("high", "info")
    assert (judged("unused-coroutine", in_tests=False), judged("unused-coroutine", in_tests=True)) == ("high", "low")


def test_a_title_says_the_same_for_every_sighting_of_a_rule() -> None:
    titles = {
        found.title
        for message in ("`os` imported but unused", "`sys` imported but unused")
        if (found := catalogue().judge(sighting("lint", "F401", message)))
    }

    assert titles == {"Imported and never used"}


def test_what_is_explained_says_why_and_what_to_do() -> None:
    found = catalogue().explain("sql-injection")

    assert found is not None
    assert found.why
    assert "parameters" in found.remedy
    assert catalogue().explain("PLE0101") is catalogue().words["PLE*"]
    assert catalogue().explain("no-such-rule") is None
