from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ci_core.backlog import Enhancement, merge_duplicate, move_enhancement
from ci_core.backlog.dependencies import add_dependency
from ci_core.backlog.listing import ORDERS, Sort, list_enhancements
from ci_core.backlog.query_syntax import parse_query
from ci_core.errors import InvalidInput
from db import tables

Make = Callable[..., Enhancement]


@pytest.fixture
def backlog(session: Session, make: Make) -> Session:
    make(
        "Pool connections", category="performance", priority="high", complexity="simple", feature_area="Options Flow",
        assignee="Ada", tags=("database", "pool"), source="github", estimated_hours=4,
    )  # fmt: skip
    make("Hide illiquid chains", priority="critical", assignee="bob", tags=("scanner",), estimated_hours=0.5)
    make("Explain the score", category="documentation", priority="low")
    move_enhancement(session, make("Cache quotes").id, "in_progress", actor="tess")
    return session


def titles(session: Session, query: str, **options: object) -> set[str]:
    return {one.title for one in list_enhancements(session, parse_query(query), **options).enhancements}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "Pool Hide Explain Cache"),
        ("status:in_progress", "Cache"),
        ("-status:in_progress", "Pool Hide Explain"),
        ("priority:high,critical", "Pool Hide"),
        ("category:docs", "Explain"),
        ("complexity:simple", "Pool"),
        ("complexity:none", "Hide Explain Cache"),
        ('area:"options flow"', "Pool"),
        ("area:none", "Hide Explain Cache"),
        ("assignee:ada", "Pool"),
        ("-assignee:ada", "Hide Explain Cache"),
        ("assignee:none", "Explain Cache"),
        ("assignee:me", "Hide"),
        ("assignee:ada,none", "Pool Explain Cache"),
        ("tag:database", "Pool"),
        ("tag:database,scanner", "Pool Hide"),
        ("tag:none", "Explain Cache"),
        ("-tag:database", "Hide Explain Cache"),
        ("source:github", "Pool"),
        ("hours:<=4", "Pool Hide"),
        ("hours:>0.5", "Pool"),
        ("hours:0.5..4", "Pool Hide"),
        ("-hours:<1", "Pool Explain Cache"),
        ("hours:none", "Explain Cache"),
        ("score:>=0", "Pool Hide Explain Cache"),
        ("score:none", ""),
        ("updated:1d", "Pool Hide Explain Cache"),
        ("created:>1d", ""),
        ("is:open", "Pool Hide Explain Cache"),
        ("is:done", ""),
        ("pooling", "Pool"),
        ("connect", "Pool"),
        ('"illiquid chains"', "Hide"),
        ('"chains illiquid"', ""),
        ("-pool priority:high", ""),
        ("the", "Pool Hide Explain Cache"),
        ("priority:high category:docs", ""),
    ],
)
def test_filters(backlog: Session, query: str, expected: str) -> None:
    found = titles(backlog, query, actor="Bob")

    assert {title.split()[0] for title in found} == set(expected.split())


def test_without_an_actor_me_is_nobody(backlog: Session) -> None:
    assert titles(backlog, "assignee:me") == set()


def test_blocked_is_what_waits_for_open_work(session: Session, make: Make) -> None:
    waiting, blocker = make("Waits"), make("Blocks")
    add_dependency(session, waiting.id, blocker.id, "blocked_by", actor="tess")
    assert titles(session, "is:blocked") == {"Waits"}

    for status in ("approved", "completed"):
        move_enhancement(session, blocker.id, status, actor="tess")

    assert titles(session, "is:blocked") == set()
    assert titles(session, "is:done") == {"Blocks"}


def test_merged_duplicates_are_shown_only_when_asked_for(session: Session, make: Make) -> None:
    duplicate, original = make("Twice"), make("Once")
    merge_duplicate(session, duplicate.id, original.id, actor="tess")

    assert titles(session, "") == {"Once"}
    assert titles(session, f"#{duplicate.id}") == {"Twice"}
    assert titles(session, "status:archived") == {"Twice"}
    assert titles(session, "-status:archived") == {"Once"}


def test_ages_count_from_the_given_moment(session: Session, make: Make) -> None:
    make("Now")
    later = datetime.now(UTC) + timedelta(days=3)

    assert titles(session, "updated:2d", now=later) == set()
    assert titles(session, "updated:>2d", now=later) == {"Now"}


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_of_every_order_hold_each_enhancement_once(session: Session, make: Make, sort: Sort) -> None:
    made = {make(f"Wish {number % 3}", priority=("low", "high")[number % 2]).id for number in range(13)}

    pages = [list_enhancements(session, sort=sort, limit=4, offset=offset) for offset in range(0, 16, 4)]

    shown = [one.id for page in pages for one in page.enhancements]
    assert sorted(shown) == sorted(made)
    assert {page.total for page in pages} == {13}


def test_the_usual_order_is_by_priority_and_then_by_score(backlog: Session) -> None:
    found = list_enhancements(backlog).enhancements

    ranks = ["critical", "high", "medium", "low"]
    assert [one.priority for one in found] == sorted((one.priority for one in found), key=ranks.index)


def test_the_usual_order_is_the_one_of_the_index(backlog: Session) -> None:
    backlog.execute(text("SET LOCAL enable_seqscan = off"))
    backlog.execute(text("SET LOCAL enable_sort = off"))
    statement = select(tables.Enhancement.id).order_by(*ORDERS[Sort.PRIORITY], tables.Enhancement.id).limit(5)
    compiled = statement.compile(backlog.get_bind(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(backlog.scalars(text(f"EXPLAIN {compiled}")))

    assert "idx_ci_enhancements_urgency" in plan


@pytest.mark.parametrize(("limit", "offset", "field"), [(-1, 0, "limit"), (1_001, 0, "limit"), (1, -1, "offset")])
def test_a_page_that_cannot_be_is_refused(session: Session, limit: int, offset: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        list_enhancements(session, limit=limit, offset=offset)

    assert refusal.value.field == field
