"""The product itself: a database, the set-up, and the app, watched until somebody ends it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
import webbrowser
from collections import deque
from dataclasses import dataclass
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
_HELD_BACK_SECONDS = 2.0
_CRASHES = 3
_CRASH_WINDOW_SECONDS = 60.0
_DATABASE_STOP_SECONDS = 75.0
# Between two starts of what works beside the app.
_PAUSE_SECONDS = 30.0
# What is under way in the scheduler is finished or given back within this.
_SCHEDULER_STOP_SECONDS = 20.0


def serve(options: Options, children: Children, project: Path = PROJECT) -> int:
    """Runs the app until a signal comes; returns the exit status. Raises LaunchProblem when it cannot run."""
    check_port(options)
    check_writable(options.data_dir, "Make it writable for yourself, or choose another folder with --data-dir.")
    environment = Environment(project, children, app_variables(options))
    environment.ensure(LOCK_FILE)
    product = _Product(options, environment, children, project)
    try:
        product.start()
        with contextlib.suppress(Stopped):  # how a running app is meant to end
            product.keep_running()
        return 0
    finally:
        product.stop()


@dataclass
class Beside:
    """A process of `ci` that works beside the app: started with it, and again some time after it has ended.

    Attributes:
        words: its command, after `python -m ci_core`.
    """

    name: str
    words: tuple[str, ...]
    process: subprocess.Popen[str] | None = None
    began: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether it is to be started now; the answer yes is noted as its start."""
        if (self.process is not None and self.process.poll() is None) or now - self.began < _PAUSE_SECONDS:
            return False
        self.began = now
        return True


def app_variables(options: Options) -> dict[str, str]:
    """What the app's processes get beside our own environment."""
    return {
        "CI_DATA_DIR": str(options.data_dir),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        # Streamlit's garbage collection after every rerun made 50 sessions at once 18 times slower.
        "STREAMLIT_RUNNER_POST_SCRIPT_GC": "false",
    }


class _Product:
    """The processes that make up the product, in the order in which they need one another."""

    def __init__(self, options: Options, environment: Environment, children: Children, project: Path) -> None:
        self._options = options
        self._environment = environment
        self._children = children
        self._project = project
        self._database: subprocess.Popen[str] | None = None
        self._app: subprocess.Popen[str] | None = None
        self._beside = [Beside("embedder", ("embeddings", "run"))]
        if options.scheduler:
            self._beside.append(Beside("scheduler", ("scheduler", "start", "--foreground")))
        self._told = False

    def start(self) -> None:
        """Starts all of it at once, since most of the time is loading. Nobody is told before all is well."""
        if self._options.embedded_database:
            self._database = self._module(
                "db.embedded", str(self._options.data_dir / "postgres"), stdin=subprocess.PIPE, piped=True
            )
        self._app = self._start_app()
        set_up = self._module("ci_core", "setup", piped=True)
        if self._database is not None:
            self._await_database(self._database)
        self._follow_set_up(set_up)
        self._await_app(self._app)
        self._greet(first=True)

    def keep_running(self) -> NoReturn:
        """Starts a crashed app again. Ends by Stopped, or by LaunchProblem when it keeps crashing."""
        ended: deque[float] = deque(maxlen=_CRASHES)
        while True:
            app = self._app or self._start_app()
            status = self._children.wait(app, until=self._tend_beside)
            ended.append(time.monotonic())
            if len(ended) == _CRASHES and ended[-1] - ended[0] < _CRASH_WINDOW_SECONDS:
                raise LaunchProblem(
                    f"The app ended {_CRASHES} times within a minute, the last time {_how(status)}. Its own messages "
                    "are above; `python -m ci_core doctor` checks what it needs."
                )
            complain(f"The app ended unexpectedly, {_how(status)}. It is started again; what was stored is kept.")
            self._app = self._start_app()
            self._await_app(self._app)
            self._greet(first=False)

    def stop(self) -> None:
        """Ends the app first, then the database that it uses."""
        with phase("Stopping") if self._told else contextlib.nullcontext():
            scheduler = next((work.process for work in self._beside if work.name == "scheduler"), None)
            for child in self._children.others_than(self._database):
                self._children.stop(child, *([_SCHEDULER_STOP_SECONDS] if child is scheduler else []))
            if self._database is not None:
                self._children.stop(self._database, _DATABASE_STOP_SECONDS)

    def _tend_beside(self) -> bool:
        """Keeps the background work going beside the app; it is never a reason to stop waiting for the app."""
        for work in self._beside:
            if work.is_due(time.monotonic()):
                log = self._options.data_dir / "logs" / f"{work.name}.log"
                log.parent.mkdir(parents=True, exist_ok=True)
                with log.open("w", encoding="utf-8") as stream:
                    work.process = self._module("ci_core", *work.words, stderr=stream.fileno())
        return False

    def _await_database(self, child: subprocess.Popen[str]) -> None:
        """Waits until the embedded server, which the child holds until its standard input is closed, has an address."""
        last = ""
        for line in self._children.lines(child):
            if line.startswith("postgresql://"):
                return
            last = line or last
        raise LaunchProblem(last or "The embedded database ended without a word.")

    def _follow_set_up(self, child: subprocess.Popen[str]) -> None:
        """Shows how the database is migrated and filled at a first start; its errors are ours."""
        last, shown, came = "", True, time.monotonic()
        for line in self._children.lines(child):
            # A line that nothing follows may be the error, which is shown once, at the end.
            if not shown and (line or time.monotonic() - came > _HELD_BACK_SECONDS):
                say(f"  {last}")
                shown = True
            if line:
                last, shown, came = line, False, time.monotonic()
        if self._children.wait(child) != 0:
            raise LaunchProblem(re.sub("^error: ", "", last, flags=re.IGNORECASE) or "The set-up ended without a word.")
        if not shown:
            say(f"  {last}")

    def _start_app(self) -> subprocess.Popen[str]:
        address = [f"--server.address={self._options.host}", f"--server.port={self._options.port}"]
        app = str(self._project / "app.py")
        return self._module("streamlit", "run", app, *address, "--server.headless=true")

    def _await_app(self, app: subprocess.Popen[str]) -> None:
        address = self._options.address
        deadline = time.monotonic() + _START_SECONDS
        status = self._children.wait(app, until=lambda: app_answers(address) or time.monotonic() > deadline)
        if status is not None:
            raise LaunchProblem(f"The app did not start; it ended {_how(status)}. Its own messages are above.")
        if time.monotonic() > deadline:
            raise LaunchProblem(f"The app does not answer at {address} after {_START_SECONDS:.0f} s.")

    def _greet(self, *, first: bool) -> None:
        self._told = True
        say(f"Magnus runs at {self._options.address} (Ctrl+C ends it)")
        if first and self._options.browser and has_display(self._options.settings):
            # In a thread of its own: some browsers keep their starter waiting.
            threading.Thread(target=webbrowser.open, args=[self._options.address], daemon=True).start()

    def _module(
        self, *words: str, stdin: int = subprocess.DEVNULL, piped: bool = False, stderr: int | None = None
    ) -> subprocess.Popen[str]:
        return self._children.start(
            [self._environment.python, "-m", *words],
            environment=self._environment.variables,
            cwd=self._project,
            stdin=stdin,
            stdout=subprocess.PIPE if piped else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if piped else stderr,
        )


def has_display(settings: dict[str, str]) -> bool:
    """Whether a browser window could be seen by the person who started us."""
    if sys.platform in ("win32", "darwin"):
        return not settings.get("SSH_CONNECTION")
    return bool(settings.get("DISPLAY") or settings.get("WAYLAND_DISPLAY"))


def _how(status: int | None) -> str:
    if status is not None and status < 0 and os.name == "posix":
        return f"killed by signal {-status}"
    return f"with status {status}"
