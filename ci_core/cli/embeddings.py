"""`ci embeddings`: the vectors that the search by meaning needs."""

from __future__ import annotations

import typer

from ci_core.cli.door import JsonOption, open_door
from ci_core.cli.output import say, write, write_json, write_pairs
from ci_core.cli.signals import stop_on_signal

app = typer.Typer(help="Vectors for the search by meaning.", no_args_is_help=True)


@app.command()
def run() -> None:
    """Stay and give every new or changed enhancement its vector, until Ctrl+C or SIGTERM."""
    stop = stop_on_signal()
    with open_door() as door:
        from ci_core.backlog.embedder import run_embedder

        say("Waiting for changes. Ctrl+C ends it.")
        run_embedder(door.database, door.settings.models_dir, stop)


@app.command()
def refresh(as_json: JsonOption = False) -> None:
    """Compute the vectors that are missing or old, then end."""
    with open_door() as door:
        from ci_core.backlog.embedder import embed_stale
        from ci_core.embeddings import load_encoder

        done = embed_stale(
            door.database, load_encoder(door.settings.models_dir), progress=lambda count: say(f"{count} done")
        )
    if as_json:
        write_json({"embedded": done})
    else:
        write(f"{done} enhancements got their vector.")


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show how many enhancements can be found by meaning."""
    with open_door() as door:
        from ci_core.doctor import index_state

        with door.database.reading() as session:
            state = index_state(session)
    if as_json:
        write_json(state)
    else:
        write_pairs([("enhancements", state.total), ("with vector", state.ready), ("waiting", state.waiting)])
