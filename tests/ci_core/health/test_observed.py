"""From what the tools said to what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ci_core.health.areas import feature_area, is_test_code
from ci_core.health.masking import without_likely_secrets, without_secrets
from ci_core.health.observed import observe, unknown_rules
from ci_core.health.rules import catalogue
from ci_core.health.values import CheckerOutcome, Report, Sighting, SourceFile, Target
from db.enums import CheckerStatus, IssueType, Severity

SECRET = "hunter2-hunter2"
LOGIN = f'''\
def connect():
    password = "{SECRET}"
    return open_database(password=password, path=f"{SECRET}/x")
'''


def outcome(*sightings: Sighting, name: str = "lint") -> CheckerOutcome:
    seen = frozenset(one.path for one in sightings if one.path)
    return CheckerOutcome(name, CheckerStatus.COMPLETED, seen, 1.0, Report(tuple(sightings), seen))


def target(root: Path, **files: str) -> Target:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    return Target(root, "t", "t", {f"{name}.py": SourceFile(f"{name}.py", "", 1, 1) for name in files}, frozenset())


def test_no_secret_is_kept_of_a_line_that_holds_one(tmp_path: Path) -> None:
    where = target(tmp_path, login=LOGIN)
    leaked = Sighting("credentials", "Secret Keyword", f"Secret found: '{SECRET}'", "login.py", 2, 2)
    beside = Sighting("lint", "E501", "Line too long", "login.py", 2, 2)

    found = observe(where, [outcome(leaked, name="credentials"), outcome(beside)], catalogue())

    assert len(found) == 2
    assert all(SECRET not in repr(one) and "hunter2" not in repr(one) for one in found)
    assert {one.snippet for one in found} == {'    password = "•••"'}


def test_a_credential_that_was_changed_is_the_same_issue(tmp_path: Path) -> None:
    leaked = Sighting("credentials", "Secret Keyword", "Secret found", "login.py", 2, 2)
    (before,) = observe(target(tmp_path, login=LOGIN), [outcome(leaked, name="credentials")], catalogue())
    where = target(tmp_path, login=LOGIN.replace(SECRET, "another-one-9"))
    (after,) = observe(where, [outcome(leaked, name="credentials")], catalogue())

    assert before.keys == after.keys


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("API_TOKEN=abcd-efgh-ijkl", "API_TOKEN=•••"),
        ("  password: s3cr3t!", "  password: •••"),
        ("x = connect('postgres://me:pw@host/db')", "x = connect('•••')"),
        ("url: postgres://me:pw@host/db", "url: postgres://me:•••@host/db"),
        ("AKIAIOSFODNN7EXAMPLE", "•••"),
        ('{"key": "abc\\"def", "n": 1}', '{"key": "•••", "n": 1}'),
        ("if order.total > 3:", "if order.total > 3:"),
    ],
)
def test_what_is_hidden_of_a_line(line: str, kept: str) -> None:
    assert without_secrets(line) == kept


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('PASSWORD: str = "abcd1234"', 'PASSWORD: str = "•••"'),
        ("""config["api_key"] = 'abcd1234'""", """config["api_key"] = '•••'"""),
        ("""{"token": "abcd\\"1234", "n": "name"}""", """{"token": "•••", "n": "name"}"""),
        ("psycopg.connect('postgresql://me:pw99@host/db')", "psycopg.connect('postgresql://me:•••@host/db')"),
        ("x = 'ghp_0123456789abcdefghijABCDEFGHIJ'", "x = '•••'"),
        ("MIIEpAIBAAKCAQEA" + "a1B2" * 12, "•••"),
        ("token = get_token(name, 'cache')", "token = get_token(name, 'cache')"),
        ("if password == 'no': # key-value store", "if password == 'no': # key-value store"),
        ("return secrets.token_urlsafe(32)", "return secrets.token_urlsafe(32)"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_no_checker_said_so(tmp_path: Path, line: str, kept: str) -> None:
    seen = Sighting("lint", "E501", "Line too long", "a.py", 1)

    (found,) = observe(target(tmp_path, a=line + "\n"), [outcome(seen)], catalogue())

    assert found.snippet == without_likely_secrets(line) == kept


def test_masking_takes_no_time_with_a_long_line() -> None:
    started = time.process_time()

    for text in ("a" * 200_000, "password = " * 20_000, '"' * 100_000, "x=" + "ab1/" * 50_000, "://a:" * 40_000):
        without_likely_secrets(text[:2_880])  # the longest snippet
        without_secrets(text[:2_880])

    assert time.process_time() - started < 1


def test_each_tool_of_a_statement_is_paired_in_order(tmp_path: Path) -> None:
    where = target(tmp_path, two="x = eval(a) + eval(\n    b\n)\n")
    lint = [Sighting("lint", "S307", "eval", "two.py", 1, 1, 5), Sighting("lint", "S307", "eval", "two.py", 1, 3, 15)]
    bandit = [Sighting("bandit", "B307", "use of eval", "two.py", 1, 3, 1)]

    found = observe(where, [outcome(*lint), outcome(*bandit, name="bandit")], catalogue())

    assert [(one.rule, one.checkers) for one in found] == [
        ("code-injection", ("lint", "bandit")),
        ("code-injection", ("lint",)),
    ]


def test_two_rules_of_one_tool_for_the_same_defect_are_one_issue(tmp_path: Path) -> None:
    where = target(tmp_path, a="try:\n    f()\nexcept:\n    pass\n")
    some = [Sighting("lint", rule, rule, "a.py", 3, 3, 1) for rule in ("BLE001", "E722", "S110")]

    (found,) = observe(where, [outcome(*some)], catalogue())

    assert (found.rule, found.severity, found.checkers, found.cwe) == ("blind-except", "medium", ("lint",), "CWE-396")


def test_the_code_of_tests_is_judged_more_mildly(tmp_path: Path) -> None:
    where = target(tmp_path, test_orders="eval(x)\n", orders="eval(x)\n")
    some = [Sighting("credentials", "Key", "key", f"{name}.py", 1) for name in ("test_orders", "orders")]

    by_path = {one.path: one.severity for one in observe(where, [outcome(*some, name="credentials")], catalogue())}

    assert by_path == {"test_orders.py": Severity.LOW, "orders.py": Severity.HIGH}


def test_a_rule_that_nobody_knows_is_low_and_told(tmp_path: Path) -> None:
    where = target(tmp_path, a="x = 1\n")
    odd = Sighting(
        "sarif_other", "XY-1", "Something <b>odd</b>\nmore", "a.py", 1, details={"severity": "high", "part": "bugs"}
    )
    plain = Sighting("sarif_other", "XY-2", "", None, subject="whole")

    found = observe(where, [outcome(odd, plain, name="sarif_other")], catalogue())

    assert {one.rule: (one.severity, one.issue_type) for one in found} == {
        "XY-1": (Severity.HIGH, IssueType.BUGS),
        "XY-2": (Severity.LOW, IssueType.CODE_QUALITY),
    }
    assert {one.title for one in found} == {"Something <b>odd</b>", "XY-2"}
    assert unknown_rules(found) == {"sarif_other: XY-1": 1, "sarif_other: XY-2": 1}


def test_a_file_that_cannot_be_read_still_has_its_issues(tmp_path: Path) -> None:
    where = target(tmp_path, broken="def f(:\n    eval(x)\n")
    (tmp_path / "link.py").symlink_to("/etc/hostname")
    some = [Sighting("lint", "S307", "eval", path, 2) for path in ("broken.py", "gone.py", "link.py")]

    found = observe(where, [outcome(*some)], catalogue())

    assert {one.path: one.snippet for one in found} == {"broken.py": "    eval(x)", "gone.py": "", "link.py": ""}


def test_areas_and_tests_are_told_from_paths() -> None:
    assert [feature_area(path) for path in ("src/a/b/c/d.py", "x.py", None, "docs/y.md")] == [
        "a/b",
        "(top)",
        None,
        "docs",
    ]
    assert [is_test_code(path) for path in ("tests/data.json", "a/test_b.py", "a/testing_b.py", None)] == [
        True, True, False, False,
    ]  # fmt: skip


def test_nothing_is_needed_but_sightings(tmp_path: Path, session: Session) -> None:
    failed = CheckerOutcome("lint", CheckerStatus.FAILED, frozenset({"a.py"}), 1.0, error="crashed")

    assert observe(target(tmp_path, a="x = 1\n"), [failed], catalogue()) == []
