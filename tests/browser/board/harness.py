"""Drives the real app: a server on a database of its own, and a page that speaks of cards, fields and messages."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page

from ci_core.backlog import Enhancement, NewEnhancement, create_enhancements, get_enhancement
from ci_core.backlog.history import HistoryEntry, history_of
from db.engine import Database
from tests.browser.windows import SIZE, Windows

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60
ACTOR = "Ada Lovelace"
OTHER = "grace.hopper"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AppServer:
    """The app on a free loopback port; `kill` is a power cut, and `start` may be called again afterwards."""

    def __init__(self, folder: Path, database_url: str, **environment: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._environment = {"DATABASE_URL": database_url, "CI_ACTOR": ACTOR, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self._folder / "app.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(self.port)]
        options = {"server.address": "127.0.0.1", "server.headless": "true", "browser.gatherUsageStats": "false"}
        command += [part for name, value in options.items() for part in (f"--{name}", value)]
        environment = {**os.environ, "CI_DATA_DIR": str(self._folder / "data"), **self._environment}
        with (self._folder / "app.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):  # noqa: S310 - our own server
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise AssertionError(self.log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class Backlog:
    """What a test puts into the database and finds there; its word is in the title of each of its enhancements."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.word = f"w{uuid.uuid4().hex[:10]}"

    def add(self, *titles: str, **fields: Any) -> list[int]:
        """Store one enhancement per title and give their ids."""
        news = [NewEnhancement(title=f"{title} {self.word}", **fields) for title in titles]
        with self.database.transaction("importer") as session:
            return [stored.id for stored in create_enhancements(session, news, actor="importer")]

    def read(self, enhancement_id: int) -> Enhancement:
        with self.database.reading() as session:
            return get_enhancement(session, enhancement_id)

    def history(self, enhancement_id: int) -> Sequence[HistoryEntry]:
        with self.database.reading() as session:
            return history_of(session, enhancement_id)

    def as_other(self, change: Callable[..., object], *arguments: Any, **named: Any) -> None:
        """Run a function of the library as another person."""
        with self.database.transaction(OTHER) as session:
            change(session, *arguments, actor=OTHER, **named)


class AppPage:
    """One person's browser at the app."""

    def __init__(self, windows: Windows, url: str, *, scheme: str = "light", size: tuple[int, int] = SIZE):
        self.url = url
        self._windows = windows
        self._window = windows.take(url, scheme=scheme, size=size)
        self.page: Page = self._window.page

    @property
    def hosts(self) -> set[str]:
        """Whom the page asked for something."""
        return self._window.hosts

    @property
    def errors(self) -> list[str]:
        """What its scripts failed with."""
        return self._window.errors

    @property
    def dialogs(self) -> list[str]:
        """What the browser itself asked."""
        return self._window.dialogs

    def goto(self, **query: Any) -> AppPage:
        """Open the board with this address; waits for its cards, or for the words that stand there without any."""
        self.visit("board", **query)
        self.wait_until_drawn()
        return self

    def visit(self, path: str, **query: Any) -> None:
        """Open a page of the app ("" is the start page) without waiting for anything on it."""
        self.page.goto(f"{self.url}/{path}?{urlencode(query, doseq=True)}")

    def wait_until_drawn(self) -> None:
        drawn = ".kanban[data-ready=true], .st-key-nothing-yet"
        self.page.wait_for_selector(drawn, state="attached", timeout=40_000)

    def card(self, card_id: int) -> Locator:
        return self.page.locator(f'.list .card[data-id="{card_id}"]')

    def column(self, status: str) -> Locator:
        return self.page.locator(f'.column[data-status="{status}"]')

    def order(self, status: str) -> list[int]:
        """The ids of the column's visible cards from the top."""
        script = "nodes => nodes.map(node => Number(node.dataset.id))"
        return list(self.column(status).locator(".card").evaluate_all(script))

    def pick_up(self, card_id: int) -> None:
        """Press the mouse on the card and begin to drag it."""
        box = self.card(card_id).bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + 80, box["y"] + 14)
        mouse.down()
        mouse.move(box["x"] + 90, box["y"] + 24, steps=3)

    def drop_on(self, status: str) -> None:
        """Let go at the lower end of what one sees of a column."""
        box = self.column(status).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 30, steps=5)
        self.page.mouse.up()

    def drag(self, card_id: int, status: str) -> None:
        """Drag a card with the mouse to another column."""
        self.pick_up(card_id)
        self.drop_on(status)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_until_saved(self, timeout: float = 20_000) -> None:
        self.page.wait_for_selector('.kanban[data-waiting="0"]', state="attached", timeout=timeout)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait, while the page goes on, until something outside of it is true."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it never came true"
            self.page.wait_for_timeout(50)

    def field(self, label: str) -> Locator:
        """The input with this label in the open dialog."""
        return self.dialog.get_by_label(label, exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a select box in the open dialog."""
        self.dialog.get_by_label(label).first.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def close(self) -> None:
        self._windows.give_back(self.url, self._window)


OpenPage = Callable[..., AppPage]
