"""`ci digest`: the overview in an e-mail's form, written out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.output import clean, write, write_json


def digest(
    since: Annotated[
        str, typer.Option(help="Changes since then: 12h, 1d, 2w, a date, or visit for since you were last here.")
    ] = "1d",
    as_html: Annotated[bool, typer.Option("--html", help="As the HTML of an e-mail.")] = False,
    as_text: Annotated[bool, typer.Option("--text", help="As plain text, which is the default.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As markdown.")] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """What needs you, what changed, and how things stand: the overview as an e-mail, which is not sent.

    Links in it lead to CI_APP_URL.
    """
    if sum((as_html, as_text, as_markdown, as_json)) > 1:
        raise typer.BadParameter("Choose one of --html, --text, --markdown and --json.")
    with open_door(acting_as) as door:
        from ci_core.overview import current_visit, period_from
        from ci_core.overview import digest as digests

        now = datetime.now(UTC)
        with door.database.reading() as session:
            period = period_from(since, now, current_visit(session, door.actor))
            made = digests.digest(session, door.actor, period, now)
        address = door.settings.app_url
    if as_json:
        write_json(made)
    elif as_html:
        write(digests.as_html(made, address))
    else:
        write(clean((digests.as_markdown if as_markdown else digests.as_text)(made, address)).rstrip("\n"))
