"""Drives the board of `apps/kanban_app.py`: a server of its own, and a page that speaks of cards and columns."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page

from tests.browser.windows import Windows

ROOT = Path(__file__).resolve().parents[3]
APP = ROOT / "tests" / "browser" / "apps" / "kanban_app.py"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BoardServer:
    """A harness app on a free loopback port; `kill` is a power cut, `start` may be called again afterwards."""

    def __init__(self, folder: Path, app: Path = APP, *, works_in: Path | None = None) -> None:
        """`works_in` is where Streamlit finds its settings; by default nowhere."""
        self.port = free_port()
        self.folder = folder
        self.app = app
        self.works_in = works_in or folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = {
            "server.port": self.port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
        }
        command = [sys.executable, "-m", "streamlit", "run", str(self.app)]
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "KANBAN_JOURNALS": str(self.folder)}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.works_in, env=environment, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):  # noqa: S310 - our own server
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text())

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None


class BoardPage:
    """One person's view of a board."""

    def __init__(self, windows: Windows, url: str, board: str, **settings: Any) -> None:
        """`context` are Playwright's settings of a browser that differs from the usual one, such as a phone's."""
        context = settings.pop("context", None)
        settings.setdefault("tick", 0)  # looking for other people's changes costs time that most tests can do without
        self._url = url
        self._query = {"board": board}
        self._windows = windows
        self._shared = context is None
        self._window = windows.take(url) if context is None else windows.new(**context)
        self.page: Page = self._window.page
        self.page.goto(f"{url}/?{urlencode({**self._query, **settings})}")
        self.wait_until_drawn()

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

    def wait_until_drawn(self) -> None:
        self.page.wait_for_selector(".kanban[data-ready=true] .card", state="attached", timeout=60_000)

    def card(self, card_id: int) -> Locator:
        return self.page.locator(f'.list .card[data-id="{card_id}"]')

    def column(self, status: str) -> Locator:
        return self.page.locator(f'.column[data-status="{status}"]')

    def order(self, status: str) -> list[int]:
        """The ids of the column's visible cards from the top."""
        script = "nodes => nodes.map(node => Number(node.dataset.id))"
        return list(self.column(status).locator(".card").evaluate_all(script))

    def status_of(self, card_id: int) -> str:
        return str(self.card(card_id).evaluate("node => node.closest('.column').dataset.status"))

    def focused(self) -> int | None:
        script = """() => {
            const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
            return Number(root.activeElement?.closest('.card')?.dataset.id ?? 0);
        }"""
        return self.page.evaluate(script) or None

    def pick_up(self, card_id: int) -> None:
        """Press the mouse on the card and begin to drag it."""
        box = self.card(card_id).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 80, box["y"] + 14)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 90, box["y"] + 24, steps=3)

    def hover_card(self, card_id: int, part: float = 0.25) -> None:
        """Move the mouse to `part` of the card's height (below 0.5 drops above it)."""
        box = self.card(card_id).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 90, box["y"] + box["height"] * part, steps=4)

    def hover_column(self, status: str) -> None:
        box = self.column(status).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 30, steps=4)

    def drag(self, card_id: int, status: str) -> None:
        """Drag a card to the lower end of what one sees of a column."""
        self.pick_up(card_id)
        self.hover_column(status)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_until_saved(self, timeout: float = 30_000) -> None:
        self.page.wait_for_selector('.kanban[data-waiting="0"]', timeout=timeout)

    def wait_for(self, script: str, timeout: float = 30_000) -> None:
        """Wait until `script`, in which `root` is the board, holds."""
        shadow = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
        self.page.wait_for_function(f"() => {{ const root = {shadow}; return {script}; }}", timeout=timeout)

    def other_person(self, what: str) -> dict[str, Any]:
        """Do something as somebody else, or `report`; returns what the server has stored."""
        window = self._windows.take(self._url)
        try:
            window.page.goto(f"{self._url}/?{urlencode({**self._query, 'do': what})}")
            return dict(json.loads(window.page.locator("[data-testid=stCode] code").inner_text(timeout=60_000)))
        finally:
            self._windows.give_back(self._url, window)

    def close(self) -> None:
        if self._shared:
            self._windows.give_back(self._url, self._window)
        else:
            self._window.close()


OpenBoard = Callable[..., BoardPage]
