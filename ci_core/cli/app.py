"""The command tree, and what becomes of an error: one line on stderr, and the exit status."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from typer.exceptions import TyperException

from ci_core.cli.bulk import add_to as add_bulk
from ci_core.cli.changes import add_to as add_changes
from ci_core.cli.db import app as db
from ci_core.cli.digest import digest
from ci_core.cli.doctor import doctor
from ci_core.cli.embeddings import app as embeddings
from ci_core.cli.enhancements import app as enhancements
from ci_core.cli.exports import add_to as add_exports
from ci_core.cli.flow import flow
from ci_core.cli.health import app as health
from ci_core.cli.links import add_to as add_links
from ci_core.cli.llm import app as llm
from ci_core.cli.output import clean, say
from ci_core.cli.research import app as research
from ci_core.cli.runs import app as runs
from ci_core.cli.scheduler import app as scheduler
from ci_core.cli.scheduler import worker
from ci_core.cli.schedules import app as schedules
from ci_core.cli.scores import add_to as add_scores
from ci_core.cli.setup import setup
from ci_core.cli.signals import terminate_like_interrupt
from ci_core.cli.talk import add_to as add_talk
from ci_core.cli.talk import notifications
from ci_core.cli.triage import add_to as add_triage
from ci_core.cli.views import app as views
from ci_core.cli.wishlist import app as wishlist

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

app = typer.Typer(
    name="ci",
    help="Magnus Continuous Improvement at a shell: the backlog, its wishlists, and the database they live in.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a plain help comes three times as fast
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(db, name="db")
app.add_typer(wishlist, name="wishlist")
app.add_typer(enhancements, name="enhancements")
app.add_typer(views, name="views")
app.add_typer(embeddings, name="embeddings")
app.add_typer(llm, name="llm")
app.add_typer(research, name="research")
app.add_typer(health, name="health")
app.add_typer(runs, name="runs")
app.add_typer(schedules, name="schedules")
app.add_typer(scheduler, name="scheduler")
app.command("worker", short_help="Carry out jobs, on this host too.")(worker)
app.command("notifications", short_help="Show what concerns you.")(notifications)
app.command("setup", short_help="Do everything that has to be done once.")(setup)
app.command("digest", short_help="Write the overview out in an e-mail's form.")(digest)
app.command("doctor", short_help="Check what works here, with the remedy.")(doctor)
app.command("flow", short_help="How work flows: cycle time, throughput, ageing, forecast.")(flow)
add_changes(enhancements)
add_scores(enhancements)
add_bulk(enhancements)
add_links(enhancements)
add_talk(enhancements)
add_triage(enhancements)
add_exports(enhancements)


@functools.cache
def _command() -> Callable[..., object]:
    """The tree of all commands, which typer would otherwise make anew at every call, in 0.1 s of CPU."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `ci` with these arguments (default: the process's) and give its exit status.

    0: done. 1: it failed, with one line on stderr. 2: wrong usage. 130: interrupted.
    """
    _prepare_streams()
    _prepare_terminal()
    try:
        with terminate_like_interrupt():
            given = None if arguments is None else list(arguments)
            status = _command()(args=given, prog_name="ci", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        return _misused(error)
    except typer.Abort:  # the answer to a question was no
        say("error: stopped, nothing was changed")
        return FAILED
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough (`ci … | head`); typer makes an exit of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return 0
    except Exception as error:  # noqa: BLE001 - the last stop before the person at the shell
        return _failed(error)
    if status == INTERRUPTED:
        say("error: interrupted")
    return status if isinstance(status, int) else 0


def _misused(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if message.startswith("Usage:"):  # no arguments at all: the message is the help
        say(message)
        return MISUSED
    hint = f" Try: {context.command_path} --help" if context is not None else ""
    say(f"error: {clean(_one_line(message)).rstrip('.')}.{hint}")
    return MISUSED


def _failed(error: Exception) -> int:
    from ci_core.errors import CiError
    from db.errors import DatabaseError

    if isinstance(error, CiError | DatabaseError):
        say(f"error: {clean(_one_line(str(error)))}")
    else:
        place = _store(error)
        say(f"error: unexpected {type(error).__name__}: {clean(_one_line(str(error)))} (details: {place})")
    return FAILED


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _store(error: Exception) -> Path:
    """The file with the traceback: in the data folder, or the temporary one where that cannot be written."""
    from ci_core.settings import load_settings

    details = "".join(traceback.format_exception(error))
    name = f"ci-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
    with contextlib.suppress(Exception):
        folder = load_settings().data_dir / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(details, encoding="utf-8")
        return path
    path = Path(tempfile.gettempdir()) / name
    path.write_text(details, encoding="utf-8")
    return path


def _prepare_terminal() -> None:
    """Warnings are shown, also of a command that opens no door."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    logging.basicConfig(handlers=[handler], format="%(levelname)s %(name)s: %(message)s")


def _prepare_streams() -> None:
    """A character that the terminal cannot show is replaced instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
