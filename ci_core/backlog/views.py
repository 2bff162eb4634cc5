"""Saved views: a page's address under a name, private or shared, and the one that a person begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, Select, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from ci_core.backlog.queries import LARGEST_ID
from ci_core.backlog.validation import line
from ci_core.errors import InvalidInput, NotAllowed, NotFound
from db import tables
from db.engine import act_as

NAME_MAX = 80
QUERY_MAX = 4_000
PARTS_MAX = 200
PAGE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# Which enhancement is open belongs to a moment and not to a way of looking.
ITEM = "item"


@dataclass(frozen=True, slots=True)
class SavedView:
    """One saved view as a person sees it.

    `query` is the query string of the page's address, without the question mark; `is_default` says that this
    person's visits to the page begin with it.
    """

    id: int
    name: str
    page: str
    query: str
    owner: str
    shared: bool
    is_default: bool
    updated_at: datetime


def views_of(session: Session, page: str | None = None, *, person: str) -> tuple[SavedView, ...]:
    """The views that `person` may open, of one page or (with None) of all: their own first, then those of others."""
    view = tables.SavedView
    found = _visible(person)
    if page is not None:
        found = found.where(view.page == checked_page(page))
    mine_first = case((_is(view.owner, person), 0), else_=1)
    rows = session.execute(found.order_by(view.page, mine_first, func.lower(view.name), view.id))
    return tuple(SavedView(*row) for row in rows)


def get_view(session: Session, view_id: int, *, person: str) -> SavedView:
    """The view with this id, as far as `person` may open it.

    Raises:
        NotFound: there is none, or it is private to somebody else.
    """
    found = _visible(person).where(tables.SavedView.id == view_id) if 1 <= view_id <= LARGEST_ID else None
    row = None if found is None else session.execute(found).first()
    if row is None:
        raise NotFound(f"There is no saved view {view_id} (any more), or it is not shared.")
    return SavedView(*row)


def save_view(
    session: Session, name: str, page: str, query: str, *, actor: str, shared: bool | None = None, replace: bool = False
) -> SavedView:
    """Keep an address of a page under a name.

    Args:
        query: the query string, with or without the question mark.
        shared: whether everybody sees it; None leaves it as it is, and a new one private.
        replace: whether a view of this name that the same person has on this page takes over the new address.

    Raises:
        InvalidInput: the name, the page or the query cannot be; or the name is taken and `replace` is off.
    """
    view = tables.SavedView
    values = {"name": line("name", name, NAME_MAX), "page": checked_page(page), "query": checked_query(query)}
    act_as(session, actor)
    added = insert(view).values(**values, owner=actor, shared=bool(shared)).on_conflict_do_nothing()
    view_id = session.scalar(added.returning(view.id))
    if view_id is None:
        view_id = _replace(session, values, shared, actor, replace)
    return get_view(session, view_id, person=actor)


def _replace(session: Session, values: dict[str, str], shared: bool | None, actor: str, replace: bool) -> int:
    view = tables.SavedView
    taken = session.execute(
        select(view.id, view.name)
        .where(
            view.page == values["page"],
            _is(view.owner, actor),
            func.lower(view.name) == func.lower(values["name"]),
        )
        .with_for_update()
    ).one()
    if not replace:
        raise InvalidInput("name", f"You have a view “{taken.name}” on this page already. Choose another name.")
    changes = values if shared is None else {**values, "shared": shared}
    session.execute(update(view).where(view.id == taken.id).values(**changes))
    return int(taken.id)


def rename_view(session: Session, view_id: int, name: str, *, actor: str) -> SavedView:
    """Give an own view another name.

    Raises:
        InvalidInput: the name cannot be, or another view of this person on the same page bears it.
        NotFound: there is no such view.
        NotAllowed: it is somebody else's.
    """
    wanted = line("name", name, NAME_MAX)
    _own(session, view_id, actor)
    act_as(session, actor)
    try:
        with session.begin_nested():
            session.execute(update(tables.SavedView).where(tables.SavedView.id == view_id).values(name=wanted))
    except IntegrityError:
        raise InvalidInput("name", f"You have a view “{wanted}” on this page already. Choose another name.") from None
    return get_view(session, view_id, person=actor)


def share_view(session: Session, view_id: int, shared: bool, *, actor: str) -> SavedView:
    """Show an own view to everybody, or to its owner alone again; then it is nobody else's beginning any more.

    Raises:
        NotFound: there is no such view.
        NotAllowed: it is somebody else's.
    """
    view, default = tables.SavedView, tables.DefaultView
    _own(session, view_id, actor)
    act_as(session, actor)
    session.execute(update(view).where(view.id == view_id, view.shared != shared).values(shared=shared))
    if not shared:
        session.execute(delete(default).where(default.view_id == view_id, ~_is(default.person, actor)))
    return get_view(session, view_id, person=actor)


def delete_view(session: Session, view_id: int, *, actor: str) -> None:
    """Forget an own view.

    Raises:
        NotFound: there is no such view.
        NotAllowed: it is somebody else's.
    """
    _own(session, view_id, actor)
    act_as(session, actor)
    # First by hand what the foreign key would take along, so that the log says who did it.
    session.execute(delete(tables.DefaultView).where(tables.DefaultView.view_id == view_id))
    session.execute(delete(tables.SavedView).where(tables.SavedView.id == view_id))


def set_default(session: Session, page: str, view_id: int | None, *, actor: str) -> None:
    """Let visits of `actor` to the page begin with this view; with None again with everything.

    Raises:
        InvalidInput: the page cannot be, or the view belongs to another one.
        NotFound: there is no such view, or it is private to somebody else.
    """
    default, place = tables.DefaultView, checked_page(page)
    act_as(session, actor)
    if view_id is None:
        session.execute(delete(default).where(_is(default.person, actor), default.page == place))
        return
    view = get_view(session, view_id, person=actor)
    if view.page != place:
        raise InvalidInput("page", f"“{view.name}” is a view of the page {view.page}, not of {place}.")
    session.execute(
        insert(default)
        .values(person=actor, page=place, view_id=view_id)
        .on_conflict_do_update(index_elements=[func.lower(default.person), default.page], set_={"view_id": view_id})
    )


def default_of(session: Session, page: str, *, person: str) -> SavedView | None:
    """The view that this person's visits to the page begin with, if one was chosen and may still be opened."""
    chosen = aliased(tables.DefaultView)
    row = session.execute(
        _visible(person)
        .join(chosen, chosen.view_id == tables.SavedView.id)
        .where(_is(chosen.person, person), chosen.page == checked_page(page))
    ).first()
    return None if row is None else SavedView(*row)


def checked_page(page: object) -> str:
    """The name of a page as its address has it.

    Raises:
        InvalidInput: no page can have this name.
    """
    if not isinstance(page, str) or not PAGE.fullmatch(page):
        raise InvalidInput("page", "A page is named as in its address: board, inbox, table, timeline, …")
    return page


def checked_query(query: object) -> str:
    """A query string in its plain form: the same parts in the same order, each written the same way.

    Raises:
        InvalidInput: it cannot be read, is too long (4,000 characters), or names an open item.
    """
    if not isinstance(query, str):
        raise InvalidInput("query", "A view's address must be text.")
    text = query.strip().removeprefix("?")
    if len(text) > QUERY_MAX:
        raise InvalidInput("query", f"A view's address has {len(text):,} characters; {QUERY_MAX:,} are allowed.")
    try:
        parts = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=PARTS_MAX
        )
    except ValueError:
        raise InvalidInput(
            "query", "A view's address is a query string such as q=pool&priority=high, and this is none."
        ) from None
    if any(not character.isprintable() for part in parts for character in "".join(part)):
        raise InvalidInput("query", "A view's address must not contain control characters.")
    if any(name == ITEM for name, _ in parts):
        raise InvalidInput("query", "A view shows a page and not one opened item: leave item=… out.")
    plain = urlencode(parts)
    if len(plain) > QUERY_MAX:
        raise InvalidInput("query", f"A view's address has {len(plain):,} characters; {QUERY_MAX:,} are allowed.")
    return plain


def _visible(person: str) -> Select[*tuple[Any, ...]]:
    view, default = tables.SavedView, tables.DefaultView
    is_default = (
        select(default.id)
        .where(default.view_id == view.id, default.page == view.page, _is(default.person, person))
        .exists()
    )
    return select(
        view.id, view.name, view.page, view.query, view.owner, view.shared, is_default, view.updated_at
    ).where(or_(view.shared, _is(view.owner, person)))


def _is(column: ColumnElement[str] | object, person: str) -> ColumnElement[bool]:
    """Names of people differ by more than their case."""
    return func.lower(column) == func.lower(person)


def _own(session: Session, view_id: int, actor: str) -> None:
    view = tables.SavedView
    get_view(session, view_id, person=actor)
    owner = session.scalar(select(view.owner).where(view.id == view_id).with_for_update())
    if owner is None:
        raise NotFound(f"There is no saved view {view_id} (any more).")
    if owner.lower() != actor.lower():
        raise NotAllowed(f"This view is {owner}'s; only they can change it. Save it under a name of your own.")
