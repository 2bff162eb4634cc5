"""SARIF of other tools is understood; what is odd in it harms nobody."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.errors import InvalidInput
from ci_core.health.sarif import reading
from ci_core.health.sarif.reading import read_sarif
from ci_core.health.sarif.values import ForeignResult, ForeignRun
from tests.ci_core.health.sarif.builders import result, run, sarif


def one_run(*results: Any, **more: Any) -> ForeignRun:
    runs = read_sarif(sarif(run(*results, **more)))
    assert len(runs) == 1
    return runs[0]


def one_result(found: Any, **more: Any) -> ForeignResult:
    results = one_run(found, **more).results
    assert len(results) == 1
    return results[0]


def place(uri: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}}}


def test_a_plain_result_is_read() -> None:
    found = one_result(result("S608", "src/a%20b.py", 7))

    assert (found.rule, found.message, found.path, found.line) == ("S608", "S608 is broken", "src/a b.py", 7)
    assert found.details == {"tool": "Scanner", "level": "warning"}


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_sarif(b"\xef\xbb\xbf" + sarif(run(result())))[0].results


def test_rules_of_an_extension_and_places_in_lists_are_found_as_codeql_writes_them() -> None:
    rule = {
        "id": "py/sql-injection",
        "name": "py/sql-injection",
        "shortDescription": {"text": "SQL query built from user-controlled sources"},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "external/cwe/cwe-089"], "security-severity": "8.8"},
    }
    found = {
        "rule": {"index": 0, "toolComponent": {"index": 0}},
        "message": {"text": "This query depends on a [user-provided value](1)."},
        "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 9}}}],
    }
    tool = {"driver": {"name": "CodeQL"}, "extensions": [{"name": "codeql/python", "rules": [rule]}]}

    read = one_result(found, artifacts=[{"location": {"uri": "app/db.py"}}], tool=tool)

    assert (read.rule, read.path, read.line) == ("py/sql-injection", "app/db.py", 9)
    assert read.message == "This query depends on a user-provided value."
    assert read.details["cwe"] == "CWE-89"
    assert (read.details["security_severity"], read.details["level"]) == (8.8, "error")


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "R1", "relationships": [{"target": {"id": "89", "toolComponent": {"name": "CWE"}}}]},
        {"id": "R1", "relationships": [{"target": {"id": "CWE-89"}}]},
        {"id": "R1", "properties": {"tags": ["CWE-89: Improper Neutralization of SQL"]}},
        {"id": "R1", "properties": {"cwe": "CWE-089"}},
        {"id": "R1", "properties": {"cwe": ["CWE-89: SQL"]}},
    ],
)
def test_weaknesses_are_found_wherever_tools_write_them(rule: dict[str, Any]) -> None:
    assert one_result(result(), rules=[rule]).details["cwe"] == "CWE-89"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"text": "{0} is {1}", "arguments": ["x", "bad"]}, "x is bad"),
        ({"id": "default", "arguments": ["x"]}, "x is not used"),
        ({"text": "set {7} of {name}"}, "set {7} of {name}"),
        ({"text": "see [a link](https://example.org)"}, "see [a link](https://example.org)"),
        ({"markdown": "**bad**"}, "**bad**"),
        ({}, "Not used"),
        ({"text": "red\x1b[31m\0\ud800 and \u202eback"}, "red [31m   and  back"),
    ],
)
def test_messages_are_put_together(message: dict[str, Any], text: str) -> None:
    rule = {
        "id": "R1",
        "shortDescription": {"text": "Not used"},
        "messageStrings": {"default": {"text": "{0} is not used"}},
    }

    assert one_result(result(message=message), rules=[rule]).message == text


def test_a_finer_id_has_the_description_of_its_rule() -> None:
    found = one_result(result("CA1000/1"), rules=[{"id": "CA1000", "name": "NoStatics"}])

    assert (found.rule, found.details["rule_name"]) == ("CA1000/1", "NoStatics")


@pytest.mark.parametrize(
    "more",
    [{"kind": "pass"}, {"kind": "notApplicable"}, {"kind": "informational"}, {"baselineState": "absent"}],
)
def test_what_is_no_defect_of_today_is_left_out(more: dict[str, str]) -> None:
    assert one_run(result(**more), result("R2")).results == one_run(result("R2")).results


@pytest.mark.parametrize(
    ("marks", "suppressed"),
    [
        ([{"kind": "inSource"}], 1),
        ([{"kind": "external", "status": "accepted"}], 1),
        ([{"kind": "external", "status": "underReview"}], 0),
        ([{"kind": "external", "status": "rejected"}], 0),
        ([], 0),
    ],
)
def test_what_the_tool_was_told_to_ignore_is_counted_and_left_out(marks: list[Any], suppressed: int) -> None:
    found = one_run(result(suppressions=marks))

    assert (found.suppressed, len(found.results)) == (suppressed, 1 - suppressed)


def test_a_result_without_a_place_is_about_something() -> None:
    by_message = one_result(result(uri=None))
    by_name = one_result(result(uri=None) | {"locations": [{"logicalLocations": [{"fullyQualifiedName": "flask"}]}]})

    assert (by_message.path, by_message.line, by_message.subject) == (None, None, "R1 is broken")
    assert by_name.subject == "flask"


def test_what_the_tool_looked_at_is_what_it_says() -> None:
    found = one_run(
        artifacts=[
            {"location": {"uri": "a.py"}, "roles": ["analysisTarget"]},
            {"location": {"uri": "tool.toml"}, "roles": ["configuration"]},
        ],
        invocations=[
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "descriptor": {"id": "py/diagnostics/successfully-extracted-files"},
                        "message": {"text": ""},
                        "locations": [place("b.py")],
                    },
                    {"level": "error", "message": {"text": "bad syntax"}, "locations": [place("c.py")]},
                    {"level": "note", "message": {"text": "slow"}, "locations": [place("d.py")]},
                ],
            }
        ],
    )

    assert found.looked_at == {"a.py", "b.py"}
    assert found.failed_on == {"c.py": "bad syntax"}
    assert found.error is None


def test_a_tool_that_did_not_come_to_its_end_says_why() -> None:
    crashed = {"executionSuccessful": False, "exitCodeDescription": "out of memory"}

    assert one_run(invocations=[crashed]).error == "out of memory"
    assert (
        one_run(invocations=[{"executionSuccessful": False}]).error == "its tool says that it did not come to its end"
    )


def test_runs_of_one_tool_and_category_are_one() -> None:
    def category(name: str) -> dict[str, Any]:
        return {"automationDetails": {"id": f"{name}/today"}}

    read = read_sarif(
        sarif(
            run(result("R1"), tool="Semgrep OSS"),
            run(result("R2"), tool="Semgrep OSS"),
            run(result("R3"), tool="Semgrep OSS", **category("nightly")),
        )
    )

    assert {one.name: len(one.results) for one in read} == {"sarif_semgrep_oss": 2, "sarif_semgrep_oss_nightly": 1}


def test_a_long_name_is_shortened_and_stays_different_from_others() -> None:
    names = {one_run(tool=f"{'Very ' * 20}long {n}").name for n in range(3)}

    assert len(names) == 3
    assert all(len(name) <= 40 for name in names)


def test_a_commit_is_one_only_if_it_looks_like_one() -> None:
    assert one_run(versionControlProvenance=[{"revisionId": "A" * 40}]).revision == "a" * 40
    assert one_run(versionControlProvenance=[{"revisionId": "main; rm -rf /"}]).revision is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "no SARIF"),
        (b'{"version": "2.1.0"}', "no version and runs"),
        (b'{"version": "1.0.0", "runs": []}', "SARIF 1.0.0"),
        (b'{"version": "2.1.0", "runs": 5}', "no list"),
        (b"[" * 200_000, "nested"),
        (b'{"version": "2.1.0", "runs": ' + b"9" * 5000 + b"}", "no"),
    ],
)
def test_what_is_no_sarif_is_refused_in_one_sentence(content: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        read_sarif(content)

    assert len(str(refused.value)) < 400


def test_too_much_is_refused_rather_than_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="21 runs; at most 20"):
        read_sarif(sarif(*[run()] * 21))
    monkeypatch.setattr(reading, "MOST_RESULTS", 3)
    with pytest.raises(InvalidInput, match="4 results; at most 3"):
        read_sarif(sarif(run(*[result()] * 2), run(*[result()] * 2)))
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    with pytest.raises(InvalidInput, match="MiB large"):
        read_sarif(sarif(run()))


@pytest.mark.parametrize(
    "uri", ["../../etc/passwd", "file:///etc/../..", "a%00b.py", "x" * 5000, "https://a/b.py", 7, None]
)
def test_a_place_that_leads_nowhere_is_none(uri: Any) -> None:
    found = one_result(result() | {"locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}]})

    assert found.path is None


@pytest.mark.parametrize("line", [0, -1, 1.5, "3", True, None, 2**40])
def test_a_line_that_is_none_is_left_out(line: Any) -> None:
    assert one_result(result(line=line)).line is None


def test_results_that_say_nothing_are_counted() -> None:
    found = one_run({}, 5, None, result())

    assert (found.unusable, len(found.results)) == (3, 1)


def test_an_address_that_is_none_is_not_linked_to() -> None:
    rules = [{"id": "R1", "helpUri": "javascript:alert(1)"}, {"id": "R2", "helpUri": "https://example.org/r2"}]

    read = one_run(result("R1"), result("R2"), rules=rules).results

    assert [one.details.get("help_uri") for one in read] == [None, "https://example.org/r2"]


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**12) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["results", "tool", "driver", "rules", "ruleId", "rule", "index", "ruleIndex", "message", "text",
             "locations", "physicalLocation", "artifactLocation", "uri", "uriBaseId", "region", "startLine", "tags",
             "properties", "artifacts", "originalUriBaseIds", "invocations", "automationDetails",
             "id", "suppressions", "arguments"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(SHAPES)
def test_no_shape_of_a_run_ends_in_anything_but_an_answer(shape: Any) -> None:
    document = json.dumps({"version": "2.1.0", "runs": [shape]}).encode()

    try:
        runs = read_sarif(document)
    except InvalidInput:
        return
    assert all(one.name.startswith("sarif_") for one in runs)


def test_fifty_thousand_results_are_read_in_seconds() -> None:
    content = sarif(run(*(result(f"R{n % 90}", f"src/f{n % 900}.py", n + 1) for n in range(50_000))))

    began = time.process_time()
    read = read_sarif(content)

    assert len(read[0].results) == 50_000
    assert time.process_time() - began < 20
