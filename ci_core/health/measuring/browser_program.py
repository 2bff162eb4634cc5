"""A program of its own that loads pages in a headless Chromium and says how long they took, as JSON.

It speaks the DevTools protocol over two pipes (`--remote-debugging-pipe`), so that no port is opened. It imports the
standard library alone and is started as `browser_program.py CHROMIUM ADDRESS FOLDER TIMES MOST_PAGES SECONDS`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import Any, cast
from urllib.parse import urldefrag, urlsplit

QUIET_MS = 1500
WATCH = """
(() => {
  const seen = window.__ci = {largest: 0, changed: 0};
  new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.largest = e.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  const note = () => { seen.changed = performance.now(); };
  new MutationObserver(note).observe(document, {subtree: true, childList: true, characterData: true});
})();
"""
LOOK = """
(() => {
  const n = performance.getEntriesByType("navigation")[0];
  const s = window.__ci || {largest: 0, changed: 0};
  const app = document.querySelector("[data-test-script-state]");
  return JSON.stringify({ready: document.readyState, now: performance.now(), load: n ? n.loadEventEnd : 0,
    script: app ? app.dataset.testScriptState : "", status: n && n.responseStatus || 0,
    first: n ? n.responseStart : 0, largest: s.largest, changed: s.changed,
    links: [...document.links].slice(0, 200).map((link) => link.href)});
})()
"""


class BrowserFailed(Exception):
    """The browser, or a page in it, did not do what was asked; the text says what."""


class Browser:
    """A headless Chromium, until `close`."""

    def __init__(self, program: str, folder: str) -> None:
        to_browser, from_us = os.pipe()
        from_browser, to_us = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(program, folder, to_browser, to_us)
        os.close(to_browser)
        os.close(to_us)
        self._write, self._read = from_us, from_browser
        self._buffer = b""
        self._number = 0

    def _become(self, program: str, folder: str, reads: int, writes: int) -> None:
        # Chromium reads from 3 and writes to 4; both are moved out of the way first.
        reads, writes = os.dup(reads), os.dup(writes)
        high = [os.dup2(reads, 100), os.dup2(writes, 101)]
        os.dup2(high[0], 3, inheritable=True)
        os.dup2(high[1], 4, inheritable=True)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        options = [
            "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", "--no-first-run", "--mute-audio",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
            "--disable-component-update", "--window-size=1280,720",
        ]  # fmt: skip
        if os.getuid() == 0:  # Chromium refuses to start for root otherwise
            options.append("--no-sandbox")
        try:
            os.execvp(program, [program, *options, "about:blank"])  # noqa: S606
        finally:
            os._exit(127)

    def ask(
        self, method: str, params: dict[str, Any] | None = None, session: str | None = None, seconds: float = 20
    ) -> Any:
        """What the browser answers to a command of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params or {}}
        if session is not None:
            message["sessionId"] = session
        try:
            os.write(self._write, json.dumps(message).encode() + b"\0")
        except OSError as error:
            raise BrowserFailed("the browser did not start") from error
        end = time.monotonic() + seconds
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserFailed(f"{method}: {answer['error'].get('message')}")
                return answer.get("result", {})

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise BrowserFailed("the browser does not answer")
            piece = os.read(self._read, 2**20)
            if not piece:
                raise BrowserFailed("the browser ended")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        return cast("dict[str, Any]", json.loads(line))

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def load(browser: Browser, address: str, seconds: float) -> dict[str, Any]:
    """Load a page as a first-time visitor does, and wait until nothing changes on it any more.

    A Streamlit app says itself whether its script still runs (`data-test-script-state`).
    """
    context = browser.ask("Target.createBrowserContext")["browserContextId"]
    try:
        target = browser.ask("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = browser.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        browser.ask("Page.enable", session=session)
        browser.ask("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH}, session)
        gone = browser.ask("Page.navigate", {"url": address}, session, seconds)
        if gone.get("errorText"):
            raise BrowserFailed(str(gone["errorText"]).removeprefix("net::"))
        end = time.monotonic() + seconds
        while True:
            said = browser.ask("Runtime.evaluate", {"expression": LOOK, "returnByValue": True}, session, seconds)
            state: dict[str, Any] = json.loads(said["result"]["value"])
            quiet = state["now"] - max(state["changed"], state["load"], state["largest"]) > QUIET_MS
            done = state["ready"] == "complete" and state["load"] and state["script"] in {"", "notRunning"}
            if (done and quiet) or time.monotonic() > end:
                return state
            time.sleep(0.1)
    finally:
        browser.ask("Target.disposeBrowserContext", {"browserContextId": context})


def same_site(address: str, links: list[str]) -> list[str]:
    """The other pages of the same site that a page links to, in its order."""
    home = urlsplit(address)
    found: dict[str, None] = {}
    for link in links:
        plain = urldefrag(link).url
        one = urlsplit(plain)
        if (one.scheme, one.netloc) == (home.scheme, home.netloc) and plain.rstrip("/") != address.rstrip("/"):
            found.setdefault(plain)
    return list(found)


def main(arguments: list[str]) -> int:
    """Measure the page at the address, and those that it links to."""
    program, address, folder, times, most, seconds = arguments
    browser = Browser(program, folder)
    pages: dict[str, list[dict[str, Any]]] = {}
    problem = ""
    try:
        waiting = [address]
        while waiting and len(pages) < int(most):
            page = waiting.pop(0)
            for _ in range(int(times)):
                state = load(browser, page, float(seconds))
                pages.setdefault(page, []).append({key: value for key, value in state.items() if key != "links"})
                if page == address and len(pages[page]) == 1:
                    waiting += same_site(address, state["links"])
    except (BrowserFailed, ValueError, KeyError) as error:
        problem = str(error)
    finally:
        browser.close()
    sys.stdout.write(json.dumps({"pages": pages, "problem": problem}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
