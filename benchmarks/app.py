"""Starts what the browser benchmarks measure: the real app on a throw-away database, and a bare page beside it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from sqlalchemy import text

from benchmarks.synthetic import throw_away_database

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 60

BARE_BUTTON = """
import streamlit as st

st.session_state.setdefault("count", 0)
if st.button("Press", key="press"):
    st.session_state["count"] += 1
st.write(f"pressed {st.session_state['count']} times")
"""


@dataclass(frozen=True)
class App:
    """A running app: its port, and its process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def filled_database(cards: int) -> Iterator[str]:
    """The address of a throw-away database with that many enhancements."""
    with throw_away_database() as database:
        with database.transaction("benchmark") as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(text(FILL), {"cards": cards})
        yield database.url


FILL = """
INSERT INTO ci_enhancements (title, description, status, priority, category, feature_area, estimated_hours,
                             ai_priority_score, assignee, tags)
SELECT 'Improve the ' || (ARRAY['option chain','roll scanner','watchlist sync','earnings filter','risk monitor',
                                'order ticket'])[1 + n % 6] || ' number ' || n,
       'What happens today and what should happen instead, in a few words.',
       (ARRAY['proposed','proposed','proposed','approved','in_progress','blocked','completed','deferred',
              'rejected'])[1 + n % 9],
       (ARRAY['critical','high','medium','medium','low'])[1 + n % 5],
       (ARRAY['bug_fix','enhancement','new_feature','performance','security','testing'])[1 + n % 6],
       (ARRAY['Positions','Scanner','Earnings','Risk'])[1 + n % 4],
       1 + n % 20, (n * 7919 % 10000) / 100.0,
       CASE WHEN n % 3 = 0 THEN (ARRAY['ann','bob','cleo'])[1 + n % 3] END, ARRAY['tag' || n % 12]
FROM generate_series(1, :cards) AS n
"""


@contextmanager
def running_board(url: str) -> Iterator[App]:
    """The real app on the database at `url`."""
    with running_script(PROJECT / "app.py", DATABASE_URL=url) as app:
        yield app


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium without a window, which the machine brings."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def running_app(source: str) -> Iterator[App]:
    """A Streamlit page made of `source`."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "page.py"
        script.write_text(source, encoding="utf-8")
        with running_script(script) as app:
            yield app


@contextmanager
def running_script(script: Path, **environment: str) -> Iterator[App]:
    """Streamlit running `script` on a free port of this machine, with a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "app.log").open("wb") as log:
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
        options = ["--server.address", "127.0.0.1", "--server.headless", "true", "--server.fileWatcherType", "none"]
        process = subprocess.Popen(
            [*command, *options],
            cwd=PROJECT,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "CI_DATA_DIR": folder, "STREAMLIT_RUNNER_POST_SCRIPT_GC": "false", **environment},
        )
        try:
            wait_until_healthy(port, process, Path(folder) / "app.log")
            yield App(port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when Streamlit answers its health check; raise with the log's end when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The app did not start:\n{log.read_text(errors='replace')[-3000:]}")
