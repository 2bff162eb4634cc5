"""Saved views: whose they are, who sees them, what may be in them, and with which one a person begins."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog.undo import undo_last
from ci_core.backlog.views import (
    SavedView,
    checked_query,
    default_of,
    delete_view,
    get_view,
    rename_view,
    save_view,
    set_default,
    share_view,
    views_of,
)
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from tests.ci_core.backlog.team import Team


def save(session: Session, name: str = "Urgent", actor: str = "ada", page: str = "board", **given: object) -> SavedView:
    query = given.pop("query", "priority=high")
    return save_view(session, name, page, query, actor=actor, **given)  # type: ignore[arg-type]


def names(session: Session, person: str, page: str | None = "board") -> list[str]:
    return [view.name for view in views_of(session, page, person=person)]


def test_a_view_is_private_until_it_is_shared(session: Session) -> None:
    view = save(session)

    assert names(session, "ada") == ["Urgent"]
    assert names(session, "grace") == []
    with pytest.raises(NotFound, match="not shared"):
        get_view(session, view.id, person="grace")

    share_view(session, view.id, True, actor="ada")

    assert get_view(session, view.id, person="grace").query == "priority=high"
    share_view(session, view.id, False, actor="ada")
    assert names(session, "grace") == []


def test_own_views_come_first_and_in_alphabetical_order(session: Session) -> None:
    save(session, "alpha", "grace", shared=True)
    save(session, "Zulu")
    save(session, "bravo")
    save(session, "Other page", page="table")

    assert names(session, "ada") == ["bravo", "Zulu", "alpha"]
    assert set(names(session, "ada", None)) == {"bravo", "Zulu", "alpha", "Other page"}


def test_the_same_name_is_replaced_only_on_request(session: Session) -> None:
    first = save(session, shared=True)

    with pytest.raises(InvalidInput, match="“Urgent” on this page already") as refused:
        save(session, "URGENT", actor="Ada", query="q=other")
    assert refused.value.field == "name"
    second = save(session, "urgent", query="q=other", replace=True)

    assert (second.id, second.query, second.shared, second.name) == (first.id, "q=other", True, "urgent")


def test_a_name_may_be_used_on_another_page_and_by_another_person(session: Session) -> None:
    ids = {save(session).id, save(session, page="table").id, save(session, actor="grace").id}

    assert len(ids) == 3


def test_only_the_owner_changes_a_view(session: Session) -> None:
    view = save(session, shared=True)

    for change in (
        lambda: rename_view(session, view.id, "Mine", actor="grace"),
        lambda: share_view(session, view.id, False, actor="grace"),
        lambda: delete_view(session, view.id, actor="grace"),
    ):
        with pytest.raises(NotAllowed, match="ada's"):
            change()
    assert get_view(session, view.id, person="grace").name == "Urgent"


def test_renaming_keeps_names_apart(session: Session) -> None:
    save(session, "Taken")
    view = save(session)

    with pytest.raises(InvalidInput, match="“taken”"):
        rename_view(session, view.id, "taken", actor="ada")
    assert rename_view(session, view.id, " Very urgent ", actor="ada").name == "Very urgent"


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines", "\u202eturned"])
def test_a_name_is_one_short_line(session: Session, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(session, name)

    assert refused.value.field == "name"


@pytest.mark.parametrize("page", ["", "Board", "../etc", "a" * 41, "9lives"])
def test_a_page_is_named_as_in_its_address(session: Session, page: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(session, page=page)

    assert refused.value.field == "page"


def test_the_default_is_each_persons_own(session: Session) -> None:
    view = save(session, shared=True)
    other = save(session, "Other")

    set_default(session, "board", view.id, actor="Ada")
    set_default(session, "board", view.id, actor="grace")
    set_default(session, "board", other.id, actor="ada")

    assert default_of(session, "board", person="ADA") == get_view(session, other.id, person="ada")
    assert [view.name for view in views_of(session, "board", person="ada") if view.is_default] == ["Other"]
    assert default_of(session, "board", person="grace").name == "Urgent"  # type: ignore[union-attr]
    assert default_of(session, "table", person="ada") is None
    set_default(session, "board", None, actor="ada")
    assert default_of(session, "board", person="ada") is None


def test_a_default_must_be_a_view_of_that_page_that_one_may_open(session: Session) -> None:
    view = save(session)

    with pytest.raises(NotFound):
        set_default(session, "board", view.id, actor="grace")
    with pytest.raises(InvalidInput, match="page board"):
        set_default(session, "table", view.id, actor="ada")


def test_a_view_that_is_no_longer_shared_is_nobody_elses_beginning(session: Session) -> None:
    view = save(session, shared=True)
    for person in ("ada", "grace"):
        set_default(session, "board", view.id, actor=person)

    share_view(session, view.id, False, actor="ada")
    share_view(session, view.id, True, actor="ada")

    assert default_of(session, "board", person="grace") is None
    assert default_of(session, "board", person="ada") is not None


def test_a_deleted_view_is_gone_for_everybody(session: Session) -> None:
    view = save(session, shared=True)
    set_default(session, "board", view.id, actor="grace")

    delete_view(session, view.id, actor="ada")

    assert names(session, "grace") == []
    assert default_of(session, "board", person="grace") is None
    with pytest.raises(NotFound):
        delete_view(session, view.id, actor="ada")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("?q=pool", "q=pool"),
        ("q=a%20b+c&priority=high&priority=low", "q=a+b+c&priority=high&priority=low"),
        ("q=gr%C3%BC%C3%9Fe", "q=gr%C3%BC%C3%9Fe"),
        ("blocked=", "blocked="),
        ("q=%26%3D", "q=%26%3D"),
    ],
)
def test_an_address_is_kept_in_its_plain_form(given: str, kept: str) -> None:
    assert checked_query(given) == kept
    assert checked_query(kept) == kept


@pytest.mark.parametrize(
    "query",
    [
        "nothing", "q=a&&b", "item=12", "q=a&item=3", "q=%ff", "q=a%00b", "q=" + "x" * 4000, "q=" + "ü" * 700,
        "&".join(f"q={n}" for n in range(201)), None,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_view_is_refused(query: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_query(query)

    assert refused.value.field == "query"


@pytest.mark.parametrize("view_id", [0, -1, 2**63, 404])
def test_a_view_that_never_was_is_not_found(session: Session, view_id: int) -> None:
    with pytest.raises(NotFound):
        get_view(session, view_id, person="ada")


def test_every_change_is_recorded_and_can_be_taken_back(team: Team) -> None:
    view = team.do("ada", save_view, "Urgent", "board", "priority=high", shared=True)
    team.do("grace", set_default, "board", view.id)
    team.do("ada", rename_view, view.id, "Very urgent")
    recorded = team.read(
        lambda s: s.execute(
            text("SELECT actor, action, table_name FROM ci_audit_log WHERE table_name LIKE '%view%' ORDER BY id")
        ).all()
    )

    assert [tuple(row) for row in recorded] == [
        ("ada", "insert", "ci_saved_views"),
        ("grace", "insert", "ci_default_views"),
        ("ada", "update", "ci_saved_views"),
    ]
    team.do("ada", undo_last)
    assert team.read(lambda s: get_view(s, view.id, person="ada")).name == "Urgent"
    team.do("ada", delete_view, view.id)
    team.do("ada", undo_last)
    assert team.read(lambda s: default_of(s, "board", person="grace")).id == view.id
