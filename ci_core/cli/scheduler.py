"""`ci scheduler` and `ci worker`: what carries out the agents' work."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.door import JsonOption
from ci_core.cli.output import clean, say, write, write_json
from ci_core.cli.signals import stop_on_signal

if TYPE_CHECKING:
    from ci_core.settings import Settings

NOT_RUNNING = 3

app = typer.Typer(
    help="The scheduler: starts what is due, and carries it out. `python run.py` runs one by itself.",
    no_args_is_help=True,
)
Queues = Annotated[
    list[str] | None, typer.Option("--queues", metavar="QUEUE", help="Only these; may be repeated. Default: all.")
]
Concurrency = Annotated[int, typer.Option(help="Jobs at once in each worker process.", min=1, max=100)]


@app.command()
def start(
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay at this terminal until Ctrl+C.")] = False,
    workers: Annotated[int, typer.Option(help="Worker processes; 0: a clock alone.", min=0, max=64)] = 1,
    concurrency: Concurrency = 2,
    queues: Queues = None,
    as_json: JsonOption = False,
) -> None:
    """Start the scheduler of this data folder: in the background, unless told otherwise."""
    from ci_core.jobs.daemon import start_daemon
    from ci_core.jobs.sidecar import SidecarOptions, run_sidecar

    settings = _settings()
    options = SidecarOptions(workers, concurrency, checked_queues(queues))
    if foreground:
        stop = stop_on_signal()
        _logging(settings, "scheduler")
        run_sidecar(settings, options, stop=stop, told=lambda words: say(f"The scheduler {clean(words)}."))
        return
    _refuse_second(settings.data_dir)
    found = start_daemon(options.as_arguments(), settings.data_dir)
    if as_json:
        write_json(found)
    else:
        write(f"The scheduler runs as process {found.pid}. `ci scheduler status` shows what it does.")


@app.command()
def stop(as_json: JsonOption = False) -> None:
    """End the scheduler of this data folder; what is under way is finished or given back."""
    from ci_core.jobs.daemon import stop_daemon

    found = stop_daemon(_settings().data_dir)
    if as_json:
        write_json({"stopped": found is not None, "pid": found.pid if found else None})
    else:
        write(f"The scheduler (process {found.pid}) has ended." if found else "No scheduler was running.")


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show whether it is alive, what runs, what comes next, what came of the last runs. Exit status 3: not running."""
    from ci_core.cli.scheduler_status import look, show
    from ci_core.jobs.standing import standing_of

    standing = standing_of(_settings().data_dir)
    show(standing, look(), as_json=as_json)
    if standing is None:
        raise typer.Exit(NOT_RUNNING)


def worker(
    queues: Queues = None,
    concurrency: Concurrency = 2,
    until_input_ends: Annotated[bool, typer.Option("--until-input-ends", hidden=True)] = False,
) -> None:
    """Carry out jobs until Ctrl+C or SIGTERM. Start as many on as many hosts as you like, with one DATABASE_URL."""
    from ci_core.jobs.worker import run_worker

    settings = _settings()
    checked = checked_queues(queues)
    stop = stop_on_signal()
    if until_input_ends:
        threading.Thread(target=_stop_at_end_of_input, args=[stop], daemon=True).start()
    _logging(settings, "worker")
    run_worker(
        settings,
        queues=list(checked) or None,
        concurrency=concurrency,
        stop=stop,
        ready=lambda: say(f"The worker takes jobs of {', '.join(checked) or 'every queue'}. Ctrl+C ends it."),
    )


def checked_queues(queues: list[str] | None) -> tuple[str, ...]:
    """The queues, also where several stand in one word, joined by commas.

    Raises:
        InvalidInput: no kind of job has such a queue.
    """
    from ci_core.errors import InvalidInput
    from ci_core.jobs import KINDS

    asked = tuple(dict.fromkeys(word.strip() for one in queues or () for word in one.split(",") if word.strip()))
    for queue in asked:
        if queue not in KINDS.queues:
            raise InvalidInput("queues", f"There is no queue “{queue}”. There are: {', '.join(KINDS.queues)}.")
    return asked


def _settings() -> Settings:
    from ci_core.settings import load_settings

    return load_settings()


def _logging(settings: Settings, process: str) -> None:
    from ci_core.logs import configure_logging

    configure_logging(settings, process=process, terminal=sys.stderr.isatty())


def _refuse_second(data_dir: Path) -> None:
    from ci_core.jobs.standing import running_already, standing_of

    found = standing_of(data_dir)
    if found is not None:
        raise running_already(found)


def _stop_at_end_of_input(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(1024):
        continue
    stop.set()
