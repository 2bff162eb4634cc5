"""`ci setup`: everything that has to be done once, and nothing the second time."""

from __future__ import annotations

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import say, write_json


def setup(as_json: JsonOption = False) -> None:
    """Migrate the database, fill in sources and prompts, prepare the embedding model and import the wishlists."""
    with open_door(needs_tables=False) as door:
        from ci_core.setup import prepare

        prepared = prepare(door.settings, door.database, progress=say)
    if as_json:
        write_json(prepared)
