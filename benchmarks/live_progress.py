"""How soon does the progress of a run, which any machine may carry out, stand in a browser?

    python -m benchmarks.live_progress [--beats 60]

The real app and a real Chromium: from the commit of a run's progress to the moment when the bar on the Agents page has
that value. Limit: 1 s (p95).
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

from benchmarks.app import chromium, running_board
from benchmarks.synthetic import throw_away_database
from ci_core import runs
from db.engine import Database
from db.enums import RunTrigger

LIMIT_SECONDS = 1.0
# When a bar got a value: the page's own clock is the machine's, as that of this process is.
WATCH = """
() => {
  window.shownAt = {};
  const look = () => document.querySelectorAll('[role=progressbar]').forEach(bar => {
    const value = bar.getAttribute('aria-valuenow');
    if (value && !(value in window.shownAt)) window.shownAt[value] = Date.now() / 1000;
  });
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}
"""


def progress_seconds(page: Page, database: Database, beats: int) -> list[float]:
    """From the commit of each beat until the page shows it, in seconds."""
    with database.transaction("agent:bench") as session:
        now = datetime.now(UTC)
        run_id = runs.start_run(session, "benchmark", trigger=RunTrigger.MANUAL, actor="agent:bench", now=now)
    bar = page.locator(f".st-key-running-{run_id} [role=progressbar]")
    bar.wait_for(state="attached")
    page.evaluate(WATCH)
    found = []
    for beat in range(1, beats + 1):
        # At any moment between two looks of the page.
        time.sleep(random.uniform(0.8, 1.8))
        with database.transaction("agent:bench") as session:
            runs.beat(session, run_id, now=datetime.now(UTC), progress_percent=beat)
        committed = time.time()
        page.wait_for_function("value => value in window.shownAt", arg=str(beat), timeout=20_000)
        found.append(page.evaluate("value => window.shownAt[value]", str(beat)) - committed)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 when the limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beats", type=int, default=60)
    options = parser.parse_args(arguments)
    with (
        throw_away_database() as database,
        running_board(database.url) as app,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{app.address}/agents")
        seconds = progress_seconds(page, database, min(options.beats, 99))
    p95 = quantiles(seconds, n=20)[-1]
    print(f"load average {os.getloadavg()[0]:.1f}")
    print(
        f"progress in the browser: p50 {median(seconds):.2f} s, p95 {p95:.2f} s (at most {LIMIT_SECONDS}), "
        f"longest {max(seconds):.2f} s"
    )
    return int(p95 > LIMIT_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
