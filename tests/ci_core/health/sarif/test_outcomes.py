"""A foreign run against the repository: whose files, what was looked at, and what a person should know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci_core.health.rules import catalogue
from ci_core.health.sarif.outcomes import Taken, taken_from
from ci_core.health.sarif.reading import read_sarif
from ci_core.health.values import Report, Sighting, SourceFile, Target
from ci_core.logs.redaction import Redactor
from db.enums import CheckerStatus
from tests.ci_core.health.sarif.builders import result, run, sarif

PATHS = ("src/app.py", "src/shop.py", "docs/odd \udcff.md")
TOKEN = "ghp_" + "a1B2" * 9


def target(**more: Any) -> Target:
    files = {path: SourceFile(path, "0" * 40, 10, 5) for path in PATHS}
    given: dict[str, Any] = {"commit": "c" * 40}
    return Target(Path("/srv/app"), "git:example.org/app", "app", files, frozenset(files), **(given | more))


def taken(*results: Any, complete: bool = False, within: str = "", **more: Any) -> Taken:
    foreign = read_sarif(sarif(run(*results, **more)))[0]
    return taken_from(foreign, target(), redactor=Redactor(), catalogue=catalogue(), complete=complete, within=within)


def report(of: Taken) -> Report:
    assert of.outcome.report is not None
    return of.outcome.report


def test_a_result_is_a_sighting_with_what_it_is_worth() -> None:
    one = report(taken(result("S608", line=7), rules=[{"id": "S608", "properties": {"tags": ["CWE-89"]}}])).sightings[0]

    assert (one.checker, one.rule, one.path, one.line) == ("sarif_scanner", "S608", "src/app.py", 7)
    assert (one.details["part"], one.details["severity"], one.details["cwe"]) == ("security", "medium", "CWE-89")


def test_rules_of_a_scanner_that_we_use_ourselves_are_judged_by_our_table() -> None:
    ours = catalogue().judge(Sighting("lint", "F821", "undefined name x"))
    assert ours is not None

    one = report(taken(result("F821", level="note"), tool="ruff")).sightings[0]

    assert (one.checker, one.details["part"], one.details["severity"]) == ("sarif_ruff", "bugs", ours.severity)


def test_what_is_elsewhere_is_left_out_and_told() -> None:
    got = taken(result(), result(uri="vendor/x.py"), result(uri="/etc/passwd"))

    assert len(report(got).sightings) == 1
    assert any("2 of 3 results of Scanner" in remark for remark in got.remarks)


def test_a_file_with_a_result_was_looked_at_and_no_other() -> None:
    got = taken(result())

    assert report(got).seen == {"src/app.py"}
    assert not report(got).looked_at_whole
    assert any("--complete" in remark for remark in got.remarks)


def test_files_that_the_tool_lists_were_looked_at_as_well() -> None:
    listed = [{"location": {"uri": path}, "roles": ["analysisTarget"]} for path in ("src/shop.py", "elsewhere.py")]

    got = taken(result(), artifacts=listed)

    assert report(got).seen == {"src/app.py", "src/shop.py"}
    assert got.remarks == ()


def test_a_complete_file_speaks_for_all_files() -> None:
    got = taken(complete=True)

    assert report(got).seen == set(PATHS)
    assert report(got).looked_at_whole
    assert (got.outcome.status, got.remarks) == (CheckerStatus.COMPLETED, ())


@pytest.mark.parametrize("complete", [False, True])
def test_a_tool_that_failed_resolves_nothing(complete: bool) -> None:
    crash = [{"executionSuccessful": False, "exitCodeDescription": "out of memory"}]

    got = taken(result(), complete=complete, invocations=crash)

    assert (report(got).seen, report(got).looked_at_whole) == (frozenset(), False)
    assert len(report(got).sightings) == 1
    assert got.outcome.status is CheckerStatus.PARTIAL
    assert got.outcome.error == "Scanner did not come to its end: out of memory"


def test_a_file_that_the_tool_could_not_read_was_not_looked_at() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "src/shop.py"}}}
    told = [{"level": "error", "message": {"text": "bad syntax"}, "locations": [place]}]

    got = taken(complete=True, invocations=[{"executionSuccessful": True, "toolExecutionNotifications": told}])

    assert [(one.path, one.reason) for one in report(got).unseen] == [("src/shop.py", "bad syntax")]
    assert "src/shop.py" not in report(got).seen
    assert got.outcome.status is CheckerStatus.PARTIAL
    assert "src/shop.py" in got.outcome.expected


def test_another_commit_is_told() -> None:
    got = taken(result(), versionControlProvenance=[{"repositoryUri": "https://a", "revisionId": "d" * 40}])

    assert any("dddddddddddd" in remark and "cccccccccccc" in remark for remark in got.remarks)


def test_a_tool_that_ran_in_a_folder_is_found_there() -> None:
    assert report(taken(result(uri="shop.py"), within="src")).sightings[0].path == "src/shop.py"


def test_a_name_that_is_not_utf_8_is_found() -> None:
    assert report(taken(result(uri="docs/odd%20%FF.md"))).sightings[0].path == PATHS[2]


def test_no_credential_comes_in_with_what_a_tool_says() -> None:
    leak = result(message={"text": f"found {TOKEN} here"}, uri=None)
    rule = {"id": "R1", "shortDescription": {"text": f"like {TOKEN}"}, "name": f"finds {TOKEN}"}
    crash = [{"executionSuccessful": False, "exitCodeDescription": f"cannot log in with {TOKEN}"}]

    got = taken(leak, rules=[rule], invocations=crash)

    assert TOKEN not in repr(got)
