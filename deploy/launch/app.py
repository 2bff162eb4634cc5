"""The product itself: a database, the set-up, and the app, watched until somebody ends it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import webbrowser
from collections import deque
from pathlib import Path
from typing import NoReturn

from deploy.launch.checks import app_answers, check_port, check_writable
from deploy.launch.environment import Environment
from deploy.launch.options import PROJECT, Options
from deploy.launch.problem import LaunchProblem, Stopped
from deploy.launch.processes import Children
from deploy.launch.screen import complain, phase, say

LOCK_FILE = "requirements.txt"
_START_SECONDS = 120.0
_RESTARTS = 3
_RESTART_WINDOW_SECONDS = 60.0
_DATABASE_STOP_SECONDS = 75.0


def serve(options: Options, children: Children, project: Path = PROJECT) -> int:
    """Runs the app until a signal comes; returns the exit status. Raises LaunchProblem when it cannot run."""
    check_port(options)
    check_writable(options.data_dir, "Make it writable for yourself, or choose another folder with --data-dir.")
    environment = Environment(project, children, app_variables(options))
    environment.ensure(LOCK_FILE)
    database = _hold_database(options, environment, children, project) if options.embedded_database else None
    try:
        _set_up(environment, children, project)
        with contextlib.suppress(Stopped):  # how a running app is meant to end
            _keep_running(options, environment, children, project)
        return 0
    finally:
        if database is not None:
            _stop_in_order(children, database)


def app_variables(options: Options) -> dict[str, str]:
    """What the app's processes get beside our own environment."""
    return {
        "CI_DATA_DIR": str(options.data_dir),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # Streamlit's garbage collection after every rerun made 50 sessions at once 18 times slower.
        "STREAMLIT_RUNNER_POST_SCRIPT_GC": "false",
    }


def _hold_database(
    options: Options, environment: Environment, children: Children, project: Path
) -> subprocess.Popen[str]:
    """Starts the embedded server and holds it from before the set-up until after the app."""
    child = children.start(
        [environment.python, "-m", "db.embedded", options.data_dir / "postgres"],
        environment=environment.variables,
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    last = ""
    for line in children.lines(child):
        if line.startswith("postgresql://"):
            return child
        last = line or last
    children.wait(child)
    raise LaunchProblem(last or "The embedded database ended without a word.")


def _set_up(environment: Environment, children: Children, project: Path) -> None:
    """Migrates, and fills in what a first start needs. Its lines of progress are shown, and its errors are ours."""
    child = children.start(
        [environment.python, "-m", "ci_core", "setup"],
        environment=environment.variables,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    last: deque[str] = deque(maxlen=1)
    for line in children.lines(child):
        if line:
            if last:
                say(f"  {last[0]}")
            last.append(line)
    if children.wait(child) != 0:
        raise LaunchProblem(last[0].removeprefix("Error: ") if last else "The set-up ended without a word.")
    if last:
        say(f"  {last[0]}")


def _keep_running(options: Options, environment: Environment, children: Children, project: Path) -> NoReturn:
    """Starts the app, and again when it crashes. Ends by Stopped, or by LaunchProblem when it keeps crashing."""
    ended: deque[float] = deque(maxlen=_RESTARTS)
    first = True
    while True:
        app = _start_app(options, environment, children, project)
        _greet(options, first=first)
        first = False
        status = children.wait(app)
        ended.append(time.monotonic())
        if len(ended) == _RESTARTS and ended[-1] - ended[0] < _RESTART_WINDOW_SECONDS:
            raise LaunchProblem(
                f"The app ended {_RESTARTS} times within a minute, the last time {_how(status)}. Its own messages are "
                "above; `python -m ci_core doctor` checks what it needs."
            )
        complain(f"The app ended unexpectedly, {_how(status)}. It is started again; what was stored is kept.")


def _start_app(options: Options, environment: Environment, children: Children, project: Path) -> subprocess.Popen[str]:
    """Starts Streamlit and waits until it answers."""
    command: list[str | Path] = [environment.python, "-m", "streamlit", "run", project / "app.py"]
    command += [f"--server.address={options.host}", f"--server.port={options.port}", "--server.headless=true"]
    app = children.start(
        command, environment=environment.variables, cwd=project, stdout=subprocess.DEVNULL, dies_with_us=True
    )
    deadline = time.monotonic() + _START_SECONDS
    status = children.wait(app, until=lambda: app_answers(options.address) or time.monotonic() > deadline)
    if status is not None:
        raise LaunchProblem(f"The app did not start; it ended {_how(status)}. Its own messages are above.")
    if time.monotonic() > deadline:
        raise LaunchProblem(f"The app does not answer at {options.address} after {_START_SECONDS:.0f} s.")
    return app


def _greet(options: Options, *, first: bool) -> None:
    say(f"Magnus runs at {options.address} (Ctrl+C ends it)")
    if first and options.browser and has_display(options.settings):
        # In a thread of its own: some browsers keep their starter waiting.
        threading.Thread(target=webbrowser.open, args=[options.address], daemon=True).start()


def has_display(settings: dict[str, str]) -> bool:
    """Whether a browser window could be seen by the person who started us."""
    if sys.platform in ("win32", "darwin"):
        return not settings.get("SSH_CONNECTION")
    return bool(settings.get("DISPLAY") or settings.get("WAYLAND_DISPLAY"))


def _stop_in_order(children: Children, database: subprocess.Popen[str]) -> None:
    """The app first, then the database that it uses."""
    with phase("Stopping"):
        for child in children.others_than(database):
            children.stop(child)
        children.stop(database, _DATABASE_STOP_SECONDS)


def _how(status: int | None) -> str:
    if status is not None and status < 0 and os.name == "posix":
        return f"killed by signal {-status}"
    return f"with status {status}"
