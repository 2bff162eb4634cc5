"""What a proposal says, for what is usual, what is odd, and what is hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ci_core.backlog.validation import TITLE_MAX, checked_fields
from ci_core.health.proposals.text import Words, digest, new_enhancement, wording
from ci_core.health.proposals.values import GroupKey, IssueBehind
from db.enums import Category, Complexity, IssueType, Severity
from tests.ci_core.health.proposals.test_grouping import issue

KEY = GroupKey("sql-injection", "scanner")
HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:x) `; @ada :tada: ![p](https://evil.example/p.png)"


def title(key: GroupKey, *issues: IssueBehind) -> str:
    return wording(key, issues).title


def checked(*issues: IssueBehind, key: GroupKey = KEY, words: Words | None = None) -> dict[str, Any]:
    new = new_enhancement(wording(key, issues, words or Words()))
    return checked_fields(
        {name: getattr(new, name) for name in ("title", "description", "feature_area", "source_url", "tags",
                                               "estimated_hours", "predicted_impact", "complexity")}
    )  # fmt: skip


def test_a_title_names_the_file_the_area_the_package_or_everywhere() -> None:
    elsewhere = issue(2, file_path="scanner/web.py")
    top = [issue(number, file_path=f"src/{name}.py", feature_area="(top)") for number, name in enumerate("bac")]
    package = issue(title="Package with a known weakness", package="requests", file_path="requirements.txt")

    assert title(KEY, issue()) == "SQL put together from text in scanner/db.py"
    assert title(KEY, issue(), elsewhere) == "SQL put together from text in scanner"
    assert title(GroupKey("x", "(top)"), *top) == "SQL put together from text in src/a.py and 2 more files"
    assert title(GroupKey("x", "(top)"), *top[:2]) == "SQL put together from text in src/a.py and 1 more file"
    assert wording(GroupKey("x", "(top)"), top).feature_area is None
    assert title(GroupKey("sql-injection", "*"), issue()) == "SQL put together from text all over the code"
    assert title(GroupKey("vulnerable", "requests"), package) == "Package with a known weakness: requests"
    named = issue(title="requests 2.19 is vulnerable", package="requests")
    assert title(GroupKey("vulnerable", "requests"), named) == "requests 2.19 is vulnerable"
    assert title(GroupKey("x"), issue(file_path=None, feature_area=None, title="No tests")) == "No tests"


def test_a_long_path_leaves_room_for_what_it_is() -> None:
    made = title(KEY, issue(file_path=f"{'deep/' * 20}module.py", title="word " * 80))

    assert len(made) <= TITLE_MAX
    assert made.startswith("word word")
    assert made.endswith("module.py")
    assert len(title(KEY, issue(file_path="deep/" * 100, title="SQL"))) <= TITLE_MAX


@pytest.mark.parametrize(
    ("minutes", "hours", "complexity"),
    [
        ([30], 0.5, Complexity.TRIVIAL),
        ([60, 60], 2.0, Complexity.SIMPLE),
        ([600], 10.0, Complexity.MODERATE),
        ([60] * 50, 50.0, Complexity.COMPLEX),
        ([600] * 50, 500.0, Complexity.EPIC),
        ([30, None], None, None),
        ([None], None, None),
    ],
)
def test_effort_is_the_sum_or_not_known(minutes: list[int | None], hours: float | None, complexity: Any) -> None:
    text = wording(KEY, [issue(number, effort_minutes=minute) for number, minute in enumerate(minutes)])

    assert (text.estimated_hours, text.complexity) == (hours, complexity)
    assert ("**Effort:**" in text.description) is (hours is not None)


def test_times_returns_and_fixers_are_told() -> None:
    day = datetime(2026, 3, 4, tzinfo=UTC)
    issues = [
        issue(1, introduced_at=day, regressed=True, auto_fixable=True),
        issue(2, introduced_at=day + timedelta(days=40)),
    ]

    said = wording(KEY, issues).description

    assert "Brought in 4 Mar 2026 – 13 Apr 2026." in said
    assert "1 of them had been fixed before and came back" in said
    assert "a fixer can do 1 of them" in said
    assert "It was fixed before and came back" in wording(KEY, issues[:1]).description


def test_only_some_places_are_listed_and_the_rest_counted() -> None:
    said = wording(KEY, [issue(number, line_number=number + 1) for number in range(40)]).description

    assert said.count("`scanner/db.py:") == 12
    assert "- and 28 more" in said


def test_dependencies_with_a_weakness_are_security_work() -> None:
    usual = {"issue_type": IssueType.DEPENDENCIES, "package": "requests"}

    assert wording(KEY, [issue(cwe="CWE-522", **usual)]).category is Category.SECURITY
    assert wording(KEY, [issue(severity=Severity.CRITICAL, **usual)]).category is Category.SECURITY
    assert wording(KEY, [issue(**usual)]).category is Category.REFACTORING


def test_the_digest_follows_what_there_is_and_not_where() -> None:
    one, two = issue(1), issue(2)

    assert digest([one, two]) == digest([two, issue(1, line_number=99)])
    assert digest([one]) != digest([one, two])
    assert digest([one]) != digest([issue(1, severity=Severity.CRITICAL)])


def test_words_of_the_repository_are_text_and_nothing_else() -> None:
    odd = issue(title=HOSTILE, message=HOSTILE + " told", file_path=f"a/{HOSTILE}.py", scope=HOSTILE, line_number=3)

    stored = checked(odd, words=Words(HOSTILE, HOSTILE))

    kinds = {
        child.type
        for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(stored["description"])
        for child in (token.children or [])
    }
    assert kinds <= {"text", "strong_open", "strong_close", "code_inline", "softbreak"}
    assert "@ada" not in stored["description"].replace("@\u2060ada", "")


@given(
    st.builds(
        issue,
        title=st.text(min_size=1, max_size=300),
        message=st.text(max_size=300),
        file_path=st.none() | st.text(min_size=1, max_size=400),
        scope=st.text(max_size=200),
        feature_area=st.none() | st.text(max_size=200),
        subject=st.none() | st.text(max_size=200),
        package=st.none() | st.text(max_size=80),
        rule=st.text(min_size=1, max_size=200),
        line_number=st.none() | st.integers(1, 10**6),
    ),
    st.text(max_size=200),
)
def test_whatever_a_repository_calls_its_files_the_proposal_can_be_stored(odd: IssueBehind, area: str) -> None:
    checked(odd, key=GroupKey(odd.rule, area))
