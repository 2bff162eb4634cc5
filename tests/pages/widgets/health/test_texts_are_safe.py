"""Whatever a repository says is shown as text, never as markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ci_core.health.check_result import CheckerResult
from ci_core.health.excerpts import Excerpt
from ci_core.health.issues import GroupBy, Issue, IssueGroup
from ci_core.health.rules.catalogue import Explanation
from ci_core.health.standing import Part, UnderWay
from ci_core.health.store import FileState
from db.enums import CheckerStatus, HealthChange, IssueStatus, IssueType, Severity
from pages.widgets.health.checking import in_order, under_way_html
from pages.widgets.health.checks import checkers_html
from pages.widgets.health.files import hotspot_html
from pages.widgets.health.issue_detail import body_html, excerpt_html, head_html
from pages.widgets.health.issue_list import picked_keys
from pages.widgets.health.issues import group_row, issue_row
from pages.widgets.health.score import part_html, part_words

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>"
ISSUE = Issue(
    id=7, repository_id=1, fingerprint="a" * 32, issue_type=IssueType.SECURITY, checker="flows", rule=f"r {HOSTILE}",
    severity=Severity.HIGH, title=f"t {HOSTILE}", message=f"m {HOSTILE}", file_path=f"a {HOSTILE}.py", line_number=3,
    end_line=3, column_number=1, scope=f"s {HOSTILE}", snippet=f"x = '{HOSTILE}'", feature_area=f"f {HOSTILE}",
    cwe="CWE-89", effort_minutes=30, auto_fixable=True, fixer="format", status=IssueStatus.WONT_FIX,
    status_reason=f"because {HOSTILE}", status_by=f"Ada {HOSTILE}", status_at=NOW, status_until=NOW, regressed=True,
    regressions=2, first_detected_at=NOW - timedelta(days=3), first_check_id=1, last_seen_at=NOW, last_check_id=2,
    resolved_at=NOW, occurrence_count=4, introduced_commit=f"abc{HOSTILE}", introduced_at=NOW,
    introduced_by=HOSTILE, enhancement_id=12, version=1,
)  # fmt: skip
LINE = CheckerResult(
    "lint", CheckerStatus.FAILED, HOSTILE, 2.0, 10, 3, 5, f"e {HOSTILE}", f"r {HOSTILE}", (), {}, NOW, NOW
)


def part(**other: object) -> Part:
    values = {
        "part": IssueType.SECURITY, "score": 39, "unknown_because": None, "delta": -3, "based_on": 97.4,
        "capped_by": Severity.CRITICAL, "open": {}, "changes": {HealthChange.NEW: 2},
    }  # fmt: skip
    return Part(**{**values, **other})


@pytest.mark.parametrize(
    "html",
    [
        head_html(ISSUE),
        body_html(ISSUE, Explanation("r", "t", HOSTILE, HOSTILE), NOW),
        excerpt_html(Excerpt(1, (HOSTILE,), range(1)), HOSTILE),
        checkers_html([LINE]),
        under_way_html(UnderWay(1, HOSTILE, True, HOSTILE, NOW, NOW, None, False, True, 1), [LINE], NOW),
        hotspot_html(FileState(f"{HOSTILE}/{HOSTILE}.py", "", 10, score=3, churn_commits=2), 1.0, 70),
        part_html(part(score=None, unknown_because=HOSTILE), 70),
    ],
)
def test_markup_of_others_stays_text(html: str) -> None:
    assert "<img" not in html
    assert "&lt;img" in html


def test_a_decision_and_where_it_came_from_stand_with_the_issue() -> None:
    html = body_html(ISSUE, None, NOW)

    for told in ("CWE-89", "about 30 min", "seen by 4 checks", "Came back", "2×", "until 25 Nov 2026", "because"):
        assert told in html
    assert "↩ Back again" in head_html(ISSUE)


def test_the_lines_of_an_issue_are_marked_among_the_others() -> None:
    html = excerpt_html(Excerpt(9, ("before", "own", ""), range(1, 2)), "")

    assert html.count("class=marked") == 1
    assert '<li class=marked><span aria-hidden="true">10</span><code>own</code>' in html
    assert '<span aria-hidden="true">11</span><code> </code>' in html


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "held down by open critical ones · 2 new · based on 97 %"),
        ({"capped_by": None, "changes": {}, "based_on": 100.0}, "no change"),
        ({"score": None, "unknown_because": "no tests"}, "not known: no tests"),
        ({"capped_by": None, "based_on": None, "changes": {HealthChange.RESOLVED: 1}}, "1 fixed"),
    ],
)
def test_a_part_says_why_it_is_so(values: dict[str, object], told: str) -> None:
    assert part_words(part(**values)) == told


def test_a_row_says_what_stands_out_and_not_what_its_group_says() -> None:
    alone, inside = issue_row(ISSUE, NOW), issue_row(ISSUE, NOW, inside=GroupBy.RULE)

    assert alone.notes == ("back again", "won't fix", "#12")
    assert (alone.title, alone.place) == (ISSUE.title, ISSUE.place)
    assert (inside.title, inside.place, inside.inside) == (ISSUE.place, ISSUE.scope, True)
    assert issue_row(replace(ISSUE, status=IssueStatus.OPEN), NOW).notes == ("back again", "#12", "fixable")


def test_a_group_says_how_bad_and_how_much_work_it_is() -> None:
    group = IssueGroup("S608", "SQL from text", 12, Severity.HIGH, {Severity.HIGH: 2, Severity.LOW: 10}, 960, 3, NOW)

    row = group_row(group, GroupBy.RULE, NOW)

    assert (row.key, row.title, row.place) == ("gS608", "SQL from text (12)", "S608")
    assert (row.word, row.notes) == ("2 high, 10 low", ("3 fixable",))
    assert row.rest == "about 2 days to repair · newest just now"
    assert group_row(replace(group, key=""), GroupBy.AREA, NOW).title == "No area (12)"


def test_checkers_at_work_keep_their_places() -> None:
    states = {"b": CheckerStatus.WAITING, "a": CheckerStatus.COMPLETED, "c": CheckerStatus.RUNNING}

    found = in_order([replace(LINE, name=name, status=status) for name, status in states.items()])

    assert [line.name for line in found] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "raw", [None, 3, {"turn": 1, "keys": ["i1"]}, {"turn": 2}, {"turn": 2, "keys": "i1"}, {"keys": ["i1"]}]
)
def test_a_selection_of_another_turn_or_without_sense_is_none(raw: object) -> None:
    assert picked_keys(raw, 2) == ()


def test_a_selection_is_what_the_browser_says_in_this_turn() -> None:
    assert picked_keys({"turn": 2, "keys": ["i1", 5, "gS608", "x" * 5_000]}, 2) == ("i1", "gS608")
