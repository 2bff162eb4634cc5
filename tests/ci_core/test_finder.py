"""One search over all kinds of things."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancement
from ci_core.errors import InvalidInput
from ci_core.finder import Found, FoundPage, find, plain_words, web_address
from ci_core.research import search_queries
from db.enums import FindingStatus, Priority
from db.tables import ResearchFinding


def wish(session: Session, title: str, **fields: Any) -> int:
    return create_enhancement(session, NewEnhancement(title=title, **fields), actor="tess").id


def finding(session: Session, title: str, **fields: Any) -> int:
    stored = ResearchFinding(
        source_type="reddit",
        source_url=fields.pop("url", "https://reddit.example/r/options/1"),
        source_title=title,
        content_hash=uuid4().hex,
        **fields,
    )
    session.add(stored)
    session.flush()
    return stored.id


def search(session: Session, typed: str, **named: Any) -> FoundPage:
    return find(session, typed, encoder=None, actor="tess", **named)


def found(page: FoundPage, kind: str) -> list[int]:
    return [one.id for group in page.groups if group.kind == kind for one in group.found]


def test_enhancements_and_findings_come_grouped_by_kind(session: Session) -> None:
    item = wish(session, "Connection pool leaks")
    read = finding(session, "Why every connection pool leaks", relevance_score=81)

    page = search(session, "connection pool")

    assert [group.kind for group in page.groups] == ["enhancement", "finding"]
    assert page.groups[0].found[0].id == item
    assert page.groups[0].found[0].note.startswith("Proposed")
    assert page.groups[1].found == (
        Found(
            "finding",
            read,
            "Why every connection pool leaks",
            "reddit · new · relevance 81",
        ),
    )
    assert page.message is None


def test_a_kind_of_which_nothing_was_found_is_left_out(session: Session) -> None:
    wish(session, "Trailing stops")

    assert [group.kind for group in search(session, "trailing").groups] == ["enhancement"]
    assert search(session, "zebra").groups == ()
    assert search(session, "  ").groups == ()


@pytest.mark.parametrize("written", ["#{}", "{}", " #{} "])
def test_a_number_finds_the_enhancement_that_bears_it_first(session: Session, written: str) -> None:
    item = wish(session, "The wanted one")
    wish(session, f"Another one that mentions {item} in its title", priority=Priority.CRITICAL)

    assert found(search(session, written.format(item)), "enhancement")[0] == item


def test_a_number_that_nothing_bears_finds_nothing(session: Session) -> None:
    assert search(session, "#999999999") == FoundPage()


def test_filters_of_the_syntax_hold_and_leave_findings_out(session: Session) -> None:
    high = wish(session, "Pool of high", priority=Priority.HIGH)
    wish(session, "Pool of low", priority=Priority.LOW)
    finding(session, "Pool of findings")

    page = search(session, "priority:high pool")

    assert (found(page, "enhancement"), found(page, "finding")) == ([high], [])


def test_me_is_who_searches(session: Session) -> None:
    mine = wish(session, "Of tess", assignee="tess")
    wish(session, "Of ada", assignee="ada")

    assert found(search(session, "assignee:me"), "enhancement") == [mine]


def test_what_cannot_be_understood_says_so_and_is_searched_by_its_words(session: Session) -> None:
    item = wish(session, "Urgent pool")

    page = search(session, "prio:urgent pool")

    assert page.message is not None
    assert "Did you mean priority?" in page.message
    assert found(page, "enhancement") == []  # "prio" is one of the words
    assert found(search(session, "urgent:pool"), "enhancement") == [item]


def test_plain_words_are_free_of_syntax() -> None:
    assert plain_words('-prio:"a b" OR OR (c_d) -- ') == "prio a b c_d"


def test_the_total_counts_what_is_not_listed(session: Session) -> None:
    for number in range(4):
        wish(session, f"Quokka {number}")
        finding(session, f"Quokka finding {number}")

    page = search(session, "quokka", limit=3)

    assert [(group.total, len(group.found)) for group in page.groups] == [(4, 3), (4, 3)]


@pytest.mark.parametrize("limit", [0, 51])
def test_a_limit_that_cannot_be_is_refused(session: Session, limit: int) -> None:
    with pytest.raises(InvalidInput):
        search(session, "x", limit=limit)


def test_findings_are_searched_in_title_summary_and_content_in_this_order(session: Session) -> None:
    in_content = finding(session, "A", content="All about Theta Decay", relevance_score=99)
    in_summary = finding(session, "B", summary="theta_decay explained", relevance_score=50)
    in_title = finding(session, "Theta decay", relevance_score=1)
    finding(session, "Theta alone")

    assert found(search(session, '"theta decay"'), "finding") == [in_title, in_summary, in_content]
    assert found(search(session, "theta -decay"), "finding") == [in_title + 1]
    assert set(found(search(session, "explained OR alone"), "finding")) == {in_summary, in_title + 1}


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("rolling strategies", "A strategy that rolls"),
        ("strateg", "Strategies"),
        ("optuna", "Optuna-Dashboard released"),
        ("v4.2.0", "Node v4.2.0"),
        ("flow_tracker", "src/options_flow_tracker.py"),
        ("2401.01234", "arXiv:2401.01234v2"),
        ("owner/name", "https://github.com/owner/name"),
    ],
)
def test_findings_are_found_by_other_forms_and_parts_of_their_words(session: Session, typed: str, title: str) -> None:
    wanted = finding(session, title)
    finding(session, "Something else v4.1.0 about the name of an owner")

    assert found(search(session, typed), "finding") == [wanted]


def test_the_more_relevant_and_then_the_newer_of_equal_matches_comes_first(session: Session) -> None:
    scores = (None, 40, 90, 40)
    unknown, older, best, newer = (finding(session, "Quokka", relevance_score=score) for score in scores)

    assert found(search(session, "quokka"), "finding") == [best, newer, older, unknown]


def test_duplicates_of_findings_are_left_out_and_a_converted_one_names_its_enhancement(session: Session) -> None:
    item = wish(session, "Something else")
    finding(session, "Gamma scalping", status=FindingStatus.DUPLICATE)
    kept = finding(
        session, "Gamma scalping", status=FindingStatus.CONVERTED_TO_ENHANCEMENT, enhancement_id=item, source_id=None
    )

    group = search(session, "gamma scalping").groups[0]

    assert [(one.id, one.note) for one in group.found] == [(kept, f"reddit · converted to enhancement · #{item}")]


@pytest.mark.parametrize("typed", ["100%", "a_b\\", "%", "_", "'; DROP TABLE x; --", "\x00", "(((", '"', "-"])
def test_signs_that_mean_something_to_sql_are_searched_as_they_are(session: Session, typed: str) -> None:
    finding(session, "Nothing in common")

    assert found(search(session, typed), "finding") == []


def test_of_words_that_very_many_have_titles_and_the_newest_are_ranked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_title = finding(session, "Axolotl")
    contents = [finding(session, f"Number {number}", content="an axolotl") for number in range(40)]
    session.execute(text("ANALYZE ci_research_findings"))
    for name, value in {"MOST_COUNTED": 10, "MOST_RANKED": 4, "ENOUGH": 6}.items():
        monkeypatch.setattr(search_queries, name, value)

    group = search(session, '"axolotl"', limit=4).groups[0]

    assert [one.id for one in group.found] == [old_title, *contents[:-4:-1]]
    assert group.total >= 20  # as the planner expects it


def test_rare_words_are_found_however_old_and_words_of_no_meaning_find_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = finding(session, "Axolotl")
    for number in range(30):
        finding(session, f"Number {number}")
    for name in ("MOST_COUNTED", "ENOUGH"):
        monkeypatch.setattr(search_queries, name, 0)

    assert found(search(session, "axolotl"), "finding") == [oldest]
    assert found(search(session, "the"), "finding") == []


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://a.example/x?y#z", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example", False),
        ("https://", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_followed(url: str, followed: bool) -> None:
    assert web_address(url) == (url if followed else None)
