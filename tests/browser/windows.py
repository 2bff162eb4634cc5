"""The one Chromium of a worker, and the windows in it that tests take one after the other.

A new window loads and compiles the whole app: 2.3 s of CPU. One that has shown the app before needs 0.6 s, because its
process still has the compiled code. So a window is handed back, emptied, and taken again by the next test.
"""

from __future__ import annotations

import os
import shutil
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Error,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

# A Chromium of the system where there is one, else the one that Playwright installed. The headless shell is the same
# without windows, and needs 40 % less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM_PATH") or next(filter(None, map(shutil.which, NAMES)), None)
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
EXPECT_MS = 20_000  # a busy machine is no defect of the app
KEPT = 6  # windows; a further one costs memory, and a test seldom has more than two
SIZE = (1280, 720)


class Window:
    """A browser window of one person: their storage, their tabs, and what went wrong in it."""

    def __init__(self, browser: Browser, **settings: Any) -> None:
        self.context: BrowserContext = browser.new_context(**settings)
        self.page: Page = self.context.new_page()
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self._leaving = False
        self.page.on("request", self._note_request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._answer)

    def look(self, scheme: str, size: tuple[int, int]) -> None:
        """Take this size and colour scheme ("light" or "dark")."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def empty(self, origin: str) -> bool:
        """Become as a new window that stands at `origin`; False when it cannot, and has to be closed."""
        self._leaving = True
        try:
            for other in self.context.pages:
                if other is not self.page:
                    other.close()
            self.context.unroute_all()
            self.page.unroute_all()
            self.context.set_offline(False)
            self.page.mouse.up()
            # A page of the same site without a script, so that nothing is written after the storage was emptied.
            self.page.goto(f"{origin}/_stcore/health", wait_until="commit", timeout=5_000)
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
            self.context.clear_cookies()
            self.page.mouse.move(0, 0)
        except Error:  # its app is gone, or it crashed
            return False
        self.hosts, self.errors, self.dialogs = set(), [], []
        self._leaving = False
        return True

    def close(self) -> None:
        self.context.close()

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss"):
            self.hosts.add(parts.netloc)

    def _answer(self, dialog: Dialog) -> None:
        if not self._leaving:
            self.dialogs.append(dialog.message)
        if dialog.type == "beforeunload":  # changes may be lost: they may
            dialog.accept()
        else:
            dialog.dismiss()


class Windows:
    """Chromium, started when the first window is taken; after `close` it is started again when one is."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._free: list[tuple[str, Window]] = []

    def __enter__(self) -> Windows:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(self, url: str, *, scheme: str = "light", size: tuple[int, int] = SIZE) -> Window:
        """A window for the app at `url` that has nothing of anybody, of this size and colour scheme."""
        place = next((place for place, (origin, _) in enumerate(self._free) if origin == url), None)
        window = self.new() if place is None else self._free.pop(place)[1]
        window.look(scheme, size)
        return window

    def new(self, **settings: Any) -> Window:
        """A window that no test had before, with Playwright's own settings of a context; close it yourself."""
        return Window(self._running(), **settings)

    def give_back(self, url: str, window: Window) -> None:
        """Let the next test at `url` have the window."""
        if not window.empty(url):
            window.close()
            return
        self._free.append((url, window))
        if len(self._free) > KEPT:
            self._free.pop(0)[1].close()

    def close(self) -> None:
        """End Chromium and Playwright."""
        self._free.clear()
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()
        self._browser = self._playwright = None

    def _running(self) -> Browser:
        if self._browser is None:
            expect.set_options(timeout=EXPECT_MS)
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        return self._browser
