"""`ci views`: a page's address under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.changes import changing
from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import Column, clean, write, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_core.backlog.views import SavedView

app = typer.Typer(
    help="Saved views: the filters and the order of a page under a name, private or shared.", no_args_is_help=True
)
PageOption = Annotated[str, typer.Option("--page", "-p", metavar="PAGE", help="board, inbox, table, timeline, …")]
COLUMNS = (
    Column("ID", numeric=True),
    Column("PAGE"),
    Column("NAME"),
    Column("OWNER"),
    Column("SHARED"),
    Column("DEFAULT"),
    Column("QUERY", flexible=True),
)


@app.command("list")
def list_(
    page: Annotated[str | None, typer.Option("--page", "-p", metavar="PAGE", help="Only of this page.")] = None,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """List one's own views and those that others share."""
    with open_door(acting_as) as door:
        from ci_core.backlog.views import views_of

        with door.database.reading() as session:
            found = views_of(session, page, person=door.actor)
    if as_json:
        write_json({"views": found})
    else:
        _write(found)


@app.command()
def save(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    page: PageOption,
    query: Annotated[
        str, typer.Option("--query", "-q", metavar="QUERY", help='The address after the "?": "q=pool&priority=high".')
    ],
    shared: Annotated[
        bool | None, typer.Option("--shared/--private", help="For everybody, or for oneself (as a new one is).")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Begin visits to the page with it.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Change the view of this name that there is.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save an address of a page under a name."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog.views import get_view, save_view, set_default

        saved = save_view(session, name, page, query, actor=door.actor, shared=shared, replace=replace)
        if default:
            set_default(session, page, saved.id, actor=door.actor)
        saved = get_view(session, saved.id, person=door.actor)
    if as_json:
        write_json(saved)
    else:
        write(clean(f"Saved “{saved.name}” for the page {saved.page} (view {saved.id})."))


@app.command()
def delete(
    view_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the view, as `ci views list` says.", min=1)],
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a view of one's own."""
    with changing(acting_as) as (door, session):
        from ci_core.backlog.views import delete_view, get_view

        view = get_view(session, view_id, person=door.actor)
        delete_view(session, view_id, actor=door.actor)
    if as_json:
        write_json(view)
    else:
        write(clean(f"Deleted “{view.name}” of the page {view.page}."))


def _write(views: Sequence[SavedView]) -> None:
    write_table(
        COLUMNS,
        [
            (
                view.id, view.page, view.name, view.owner, "yes" if view.shared else "",
                "yes" if view.is_default else "", view.query,
            )
            for view in views
        ],
    )  # fmt: skip
