"""The research feed in a real Chromium: from a deciding key until the next finding is shown, and until it is stored.

    python -m benchmarks.research_feed [--findings 100000] [--decisions 30]

Limits, with 100,000 findings: the next one shown within 2 × (aim 1.2 ×) the time of a bare `st.button` in the same run,
and known when it is shown; of 20 decisions one after the other 20 stored, and after as many Z every finding as before.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from benchmarks.app import BARE_BUTTON, App, running_app, running_board
from benchmarks.synthetic import fill_findings, throw_away_database
from benchmarks.triage import ITEM, ROOT, open_button, press_milliseconds
from ci_core.research.feed import FeedFilter, Shelf, feed
from db.engine import Database

IN_A_ROW = 20
# One of each kind in turn; the keys after the first choose in the panel that opens.
DECISIONS: Sequence[tuple[str, ...]] = (("3", "2"), ("s", "t"), ("1", "Control+Enter"), ("3", "0"), ("s", "w"))
STATE = text("""
    SELECT md5(string_agg((to_jsonb(f) - '{version,updated_at,search_vector}'::text[])::text, '|' ORDER BY id))
    FROM ci_research_findings f WHERE status IN ('new', 'analyzed', 'rejected', 'converted_to_enhancement')
""")
UNDECIDED = text(
    "SELECT count(*) FROM ci_research_findings WHERE status IN ('new', 'analyzed') AND snoozed_until IS NULL"
)
LOOKS = (
    ("what waits", FeedFilter()),
    ("with a word", FeedFilter(text="latency")),
    ("set aside", FeedFilter(shelf=Shelf.SET_ASIDE)),
    ("above 80", FeedFilter(least=80)),
)


@contextmanager
def findings(count: int) -> Iterator[Database]:
    """A throw-away database with that many findings, a part of which waits."""
    with throw_away_database() as database:
        fill_findings(database, count)
        yield database


def value(database: Database, statement: object) -> object:
    """The one value that a query gives."""
    with database.reading() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        return session.execute(statement).scalar_one()  # type: ignore[call-overload]


def look_milliseconds(database: Database, wanted: FeedFilter) -> tuple[float, int]:
    """Milliseconds for the first hundred rows, the median of nine, and how many there are in all."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        with database.reading() as session:
            page = feed(session, wanted, limit=100)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), page.total


def open_feed(browser: Browser, app: App) -> tuple[Page, float]:
    """A new page with the first finding shown, and the seconds that took."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    start = time.perf_counter()
    page.goto(f"{app.address}/research")
    page.wait_for_function(
        f"() => {ROOT}?.dataset.ready === 'true' && {ITEM}?.dataset.loaded === 'true'", timeout=60_000
    )
    return page, time.perf_counter() - start


def decide_milliseconds(page: Page) -> tuple[float, float, bool]:
    """Milliseconds from the deciding key until the next finding is shown whole, and until the server has answered.

    Also whether the next finding was known when it was shown.
    """
    page.keyboard.press("3")
    before = page.evaluate(f"() => {ITEM}.dataset.id")
    start = time.perf_counter()
    page.keyboard.press("2")
    known = page.wait_for_function(
        f"id => {ITEM}.dataset.id !== id && {{known: {ITEM}.dataset.loaded === 'true'}}", arg=before, polling="raf"
    ).json_value()["known"]
    page.wait_for_function(f"() => {ITEM}.dataset.loaded === 'true'", polling="raf")
    shown = (time.perf_counter() - start) * 1000
    page.wait_for_function(f"() => {ROOT}.dataset.waiting === '0'", polling="raf", timeout=60_000)
    return shown, (time.perf_counter() - start) * 1000, known


def in_a_row(page: Page, database: Database) -> tuple[int, float, bool]:
    """Decide 20 by keys alone and take all back: how many were stored, the seconds, and whether all is as before."""
    saved = f"() => {ROOT}.dataset.waiting === '0'"
    state, undecided = value(database, STATE), value(database, UNDECIDED)
    start = time.perf_counter()
    for number in range(IN_A_ROW):
        for key in DECISIONS[number % len(DECISIONS)]:
            page.keyboard.press(key)
            if key == "1":
                page.wait_for_function(f"() => {ROOT}.querySelector('.convert-form input')", timeout=30_000)
    page.wait_for_function(saved, timeout=120_000)
    seconds = time.perf_counter() - start
    stored = int(str(undecided)) - int(str(value(database, UNDECIDED)))
    for _ in range(IN_A_ROW):
        page.keyboard.press("z")
    page.wait_for_function(saved, timeout=120_000)
    return stored, seconds, value(database, STATE) == state


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each figure with its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=30)
    given = parser.parse_args(arguments)
    with sync_playwright() as playwright, findings(given.findings) as database:
        for name, wanted in LOOKS:
            milliseconds, total = look_milliseconds(database, wanted)
            print(f"{given.findings:7,} findings, {name:<12} {milliseconds:6.0f} ms for 100 rows of {total:,}")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        with running_app(BARE_BUTTON) as button, running_board(database.url) as app:
            bare_page = open_button(browser, button)
            page, opened = open_feed(browser, app)
            print(f"the feed opened                       {opened:6.2f} s (the first visit to a new process)")
            # In turn, so that both meet the same moments of the machine.
            bare, shown, stored, late = [], [], [], 0
            for number in range(1, given.decisions + 1):
                bare.append(press_milliseconds(bare_page, number))
                next_shown, answered, known = decide_milliseconds(page)
                shown.append(next_shown)
                stored.append(answered)
                late += not known
            base = statistics.median(bare)
            print(f"bare st.button                        {base:6.0f} ms median of {given.decisions}")
            median = statistics.median(shown)
            print(f"next shown after a decision {median:17.0f} ms = {median / base:.2f} × bare (must 2.0, aim 1.2)")
            median = statistics.median(stored)
            print(f"decision until it is stored           {median:6.0f} ms = {median / base:.2f} × bare")
            print(f"findings shown before they were fetched   {late} of {given.decisions}")
            number, seconds, restored = in_a_row(page, database)
            print(f"by keys alone: {number} of {IN_A_ROW} decisions stored in {seconds:.1f} s")
            print(f"after taking all back: {'every finding as before' if restored else 'NOT RESTORED'}")
        browser.close()


if __name__ == "__main__":
    main()
