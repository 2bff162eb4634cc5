"""How long pages of the checked app take: in a real browser where there is one, else by HTTP."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ci_core.errors import SiteError
from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.tools import own_program, run_tool

BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
TIMES = 3
MOST_PAGES = 5
PAGE_SECONDS = 30.0
BROWSER_MIB = 4096


@dataclass(frozen=True, slots=True)
class PageTime:
    """How long one page took, as the median of several loads.

    Attributes:
        address: without its query, which may hold anything.
        load_ms: until it was there: in a browser with its largest content, of a Streamlit app with all of it; by HTTP,
            its HTML alone.
        first_byte_ms: until its first byte came.
        status: the HTTP status; 0 where it is not known.
    """

    address: str
    load_ms: float
    first_byte_ms: float
    status: int


@dataclass(frozen=True, slots=True)
class PageTimes:
    """The pages that were measured; `by` is "browser" or "http"; `problem` says why it was no browser, or not all."""

    pages: tuple[PageTime, ...]
    by: str
    problem: str | None = None


def measure_pages(address: str, workbench: Workbench) -> PageTimes:
    """How long the page at an address takes, and in a browser those that it links to.

    Raises:
        CheckerFailed: it does not answer at all.
        CheckCancelled: the check was cancelled.
    """
    browser = find_browser()
    if browser is None:
        return _by_http(address, "no Chromium was found here; name one with CHROMIUM_PATH")
    try:
        measured = _in_browser(browser, address, workbench)
    except CheckerFailed as error:
        return _by_http(address, str(error))
    return measured if measured.pages else _by_http(address, measured.problem)


def find_browser() -> str | None:
    """A Chromium of this machine; none on Windows, where it cannot be spoken with over pipes in this way."""
    if sys.platform == "win32":
        return None
    named = os.environ.get("CHROMIUM_PATH")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _in_browser(browser: str, address: str, workbench: Workbench) -> PageTimes:
    program = own_program("ci_core.health.measuring.browser_program")
    # The browser makes a socket in its temporary folder, whose path may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="ci-", ignore_cleanup_errors=True) as short:
        arguments = [browser, address, f"{short}/profile", str(TIMES), str(MOST_PAGES), str(PAGE_SECONDS)]
        ran = run_tool(
            [*program, *arguments],
            cwd=workbench.scratch,
            workbench=workbench,
            env={"TMPDIR": short, "TEMP": short, "TMP": short},
            memory_mib=BROWSER_MIB,
        )
    try:
        said = json.loads(ran.stdout)
        pages = tuple(_page(page, loads) for page, loads in said["pages"].items() if loads)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckerFailed("the browser gave no figures") from error
    return PageTimes(pages, "browser", said.get("problem") or None)


def _page(address: str, loads: list[Mapping[str, Any]]) -> PageTime:
    return PageTime(
        shown(address),
        round(statistics.median(map(_load_ms, loads)), 1),
        round(statistics.median(float(one["first"]) for one in loads), 1),
        int(loads[-1].get("status") or 0),
    )


def _load_ms(one: Mapping[str, Any]) -> float:
    """Until the page is there; what a script of Streamlit still adds counts, elsewhere anything may move for ever."""
    known = [float(one["load"]), float(one["largest"])]
    return max([*known, float(one["changed"])] if one.get("script") else known)


def _by_http(address: str, why: str | None) -> PageTimes:
    from ci_core.web import Limits, WebClient

    limits = Limits(connect_seconds=5, read_seconds=PAGE_SECONDS, total_seconds=PAGE_SECONDS, attempts=1)
    taken = []
    try:
        with WebClient("The app", address, limits=limits) as client:
            for _ in range(TIMES):
                began = time.perf_counter()
                status = client.ask("GET", address, lambda answer: answer.status)
                taken.append((time.perf_counter() - began) * 1000)
    except SiteError as error:
        raise CheckerFailed(
            f"The pages were not measured. {error}", remedy="Start the app, or correct CI_HEALTH_APP_URL."
        ) from error
    middle = round(statistics.median(taken), 1)
    return PageTimes((PageTime(shown(address), middle, middle, status),), "http", why)


def shown(address: str) -> str:
    """An address without what may hold secrets: who asks, the query, the fragment."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", "", ""))


def paths_of(times: PageTimes) -> Iterator[tuple[str, PageTime]]:
    """Each page by its path, which stays the same where the app is found at another address."""
    for page in times.pages:
        yield urlsplit(page.address).path, page
