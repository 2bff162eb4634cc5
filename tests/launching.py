"""A project of its own for each test of the launcher: the real launcher and database, a small app."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

from deploy.launch.environment import Environment
from deploy.launch.processes import Children

PROJECT = Path(__file__).resolve().parents[1]
COPIED = ("run.py", "deploy", "db", ".streamlit", "requirements.txt")
APP = "import streamlit as st\nst.write('the stand-in app')\n"
SET_UP = """\
import os, sys, time
if sys.argv[1:] == ["embeddings", "run"]:
    print("embedding", file=sys.stderr, flush=True)
    time.sleep(600)
print("Tables are up to date", flush=True)
time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))
problem = os.environ.get("STAND_IN_PROBLEM")
if problem:
    print(problem, file=sys.stderr)
    sys.exit(1)
print("Data folder", os.environ["CI_DATA_DIR"], flush=True)
"""


def make_project(folder: Path) -> Path:
    """A project whose environment is there already: it borrows this one's packages, and costs no installation."""
    folder.mkdir()
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
        else:
            shutil.copy(source, folder / name)
    (folder / "app.py").write_text(APP)
    (folder / "ci_core").mkdir()
    (folder / "ci_core/__main__.py").write_text(SET_UP)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    purelib = sysconfig.get_path("purelib", vars={"base": str(folder / ".venv"), "platbase": str(folder / ".venv")})
    Path(purelib, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    mark_installed(folder)
    return folder


def mark_installed(folder: Path) -> None:
    environment = Environment(folder, Children(), {})
    environment._stamp.write_text(json.dumps(environment._wanted(["requirements.txt"])))


class Run:
    """`python run.py …` in a project."""

    def __init__(self, project: Path, *arguments: str, background: bool = False, **environment: str) -> None:
        self.project = project
        self.port = free_port()
        self.log = (project / "output.txt").open("w+")
        if "--port" not in arguments:
            arguments = ("--port", str(self.port), *arguments)
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("DB_", "DATABASE_", "CI_"))}
        self.process = subprocess.Popen(
            [sys.executable, "run.py", *arguments],
            cwd=project,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_like_a_shell_in_the_background if background else None,
            env={**plain, "PYTHONPYCACHEPREFIX": str(project / "pycache"), **environment},
        )

    def output(self) -> str:
        return Path(self.log.name).read_text()

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2).status == 200
        return False

    def ready(self) -> Run:
        assert wait_until(lambda: "Magnus runs at" in self.output() or self.process.poll() is not None, 60)
        assert self.answers(), self.output()
        return self

    def ask(self, number: int) -> None:
        self.process.send_signal(number)

    def status(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(90)
        self.log.close()


def _like_a_shell_in_the_background() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def processes_of(project: Path) -> list[psutil.Process]:
    """Everything alive that was started for a project, the database and its keeper included."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name().startswith(("python", "postgres")) and process.status() != psutil.STATUS_ZOMBIE:
                places = [process.cwd(), *process.cmdline()]
                if any(place.startswith(str(project)) for place in places):
                    found.append(process)
    return found


def embedder_of(project: Path) -> psutil.Process | None:
    """The background process that gives texts their vectors, if it runs."""
    return next((one for one in processes_of(project) if one.cmdline()[-2:] == ["embeddings", "run"]), None)


def app_of(project: Path) -> psutil.Process:
    return next(process for process in processes_of(project) if "streamlit" in process.cmdline())


def wait_until(condition: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return bool(condition())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
