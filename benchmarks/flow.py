"""The flow over a long history: `python -m benchmarks.flow [--entries 100000] [--without-browser]`.

Makes a throw-away database and lets its own triggers write the history of work that is approved, started, blocked,
completed, reopened and archived over a year; then measures reading and computing, cold and warm, and the page in
Chromium, beside the limits.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import text

from benchmarks.app import running_board
from benchmarks.synthetic import Texts, throw_away_database
from ci_core.backlog.flow_report import FlowReport, flow_report, period_of_days
from ci_core.backlog.flow_store import FlowStore
from db.engine import Database

LIMIT_MS, AIM_MS = 1000.0, 500.0
AGAIN = 9
INSERT = """
    INSERT INTO ci_enhancements (title, description, status, priority, category, feature_area, assignee)
    SELECT :title || n, repeat(:description, 1 + n % 4), CASE WHEN n % 20 = 0 THEN 'completed' ELSE 'proposed' END,
           (ARRAY['critical','high','medium','medium','low'])[1 + n % 5],
           (ARRAY['bug_fix','enhancement','new_feature','performance','security','testing'])[1 + n % 6],
           (ARRAY['Positions','Scanner','Earnings','Risk'])[1 + n % 4],
           (ARRAY['ana','ben','carla','dmitri','eve'])[1 + n % 5]
    FROM generate_series(1, :count) AS n
"""
# Each step takes some of those in a status on; about four further entries for each item.
STEPS = (
    ("approved", "status = 'proposed' AND id % 20 > 2"),
    ("in_progress", "status = 'approved' AND id % 20 > 4"),
    ("blocked", "status = 'in_progress' AND id % 5 = 0"),
    ("in_progress", "status = 'blocked' AND id % 50 > 0"),
    ("completed", "status = 'in_progress' AND id % 60 > 0"),
    ("in_progress", "status = 'completed' AND id % 4 = 0"),
    ("completed", "status = 'in_progress' AND id % 60 > 0"),
    ("archived", "status = 'completed' AND id % 3 > 0"),
)
# Somewhere in the year before, each step some hours to days after the one before.
DATE_BACK = """
    UPDATE ci_audit_log a SET occurred_at = now() - make_interval(secs => greatest(
        (360 - row_id * 7919 % 340) * 86400 - step * (1 + row_id * 31 % 9) * 43200, 60))
    FROM (SELECT id, row_number() OVER (PARTITION BY row_id ORDER BY id) - 1 AS step FROM ci_audit_log) AS place
    WHERE place.id = a.id
"""


def fill(database: Database, entries: int) -> int:
    """Let the triggers write at least so many entries; gives how many there are."""
    texts = Texts(4)
    with database.connect(autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
    with database.transaction("benchmark") as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        values = {"title": f"{texts.title()} ", "description": texts.description() + "\n", "count": entries * 20 // 131}
        session.execute(text(INSERT), values)
        for status, condition in STEPS:
            session.execute(text(f"UPDATE ci_enhancements SET status = '{status}' WHERE {condition}"))
        session.execute(text("ALTER TABLE ci_audit_log DISABLE TRIGGER ci_audit_log_refuse_change"))
        session.execute(text(DATE_BACK))
        session.execute(text("ALTER TABLE ci_audit_log ENABLE ALWAYS TRIGGER ci_audit_log_refuse_change"))
        count = session.scalar(text("SELECT count(*) FROM ci_audit_log")) or 0
    with database.connect(autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE ci_audit_log")
        connection.execute("VACUUM ANALYZE ci_enhancements")
    return int(count)


def timed(work: Callable[[], object], times: int = 1) -> float:
    """The median time of the work in milliseconds."""
    figures = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        figures.append((time.perf_counter() - started) * 1000)
    return median(figures)


def line(name: str, figure: float, limit: bool = True) -> float:
    beside = f"(limit {LIMIT_MS:g}, aim {AIM_MS:g})" if limit else ""
    print(f"{name:46} {figure:8.1f} ms {beside}")
    return figure if limit else 0.0


def measure(database: Database) -> float:
    now = datetime.now(UTC)
    period = period_of_days(90, now)

    def report(store: FlowStore) -> FlowReport:
        return flow_report(store.history(), period, now=now)

    store = FlowStore(database)
    worst = line("read and compute, cold (first in a process)", timed(lambda: report(store)), limit=False)
    line("read anew and compute, as the command does", timed(lambda: report(FlowStore(database)), 5), limit=False)
    worst = max(worst, line("read and compute, warm", timed(lambda: report(store), AGAIN)))
    with database.transaction("benchmark") as session:
        session.execute(text("UPDATE ci_enhancements SET status = 'deferred' WHERE status = 'proposed' AND id % 7 = 0"))
    worst = max(worst, line("the same after some hundred changes", timed(lambda: report(store))))
    year = period_of_days(365, now)
    worst = max(worst, line("a year, warm", timed(lambda: flow_report(store.history(), year, now=now), AGAIN)))
    print(f"   {len(report(store).completed):,} completed in 90 days, {len(report(store).ageing.items):,} in progress")
    return worst


# All charts stand, the run has ended, and the first figure is another one than before.
DRAWN = """before => document.querySelectorAll('.js-plotly-plot .main-svg').length > 3
    && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
    && document.querySelector('[data-testid=stMetricValue]').innerText !== before"""


def measure_page(url: str) -> float:
    """From the request of another period until its figures stand on the page."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM_PATH") or next(
        (str(path) for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if path.exists()), None
    )
    with running_board(url) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})

        def drawn(before: str = "") -> None:
            page.wait_for_function(DRAWN, arg=before, timeout=120_000, polling="raf")

        def opened() -> None:
            page.goto(f"{app.address}/flow")
            drawn()

        def came_by_link() -> None:
            page.get_by_test_id("stTopNavLink").filter(has_text="Flow").click()
            drawn()

        def other_period(name: str) -> None:
            before = page.get_by_test_id("stMetricValue").first.inner_text()
            page.get_by_role("radio", name=name).click()
            drawn(before)

        def left() -> None:
            page.get_by_test_id("stTopNavLink").filter(has_text="Inbox").click()
            page.wait_for_function("() => !document.querySelector('.js-plotly-plot')")

        line("the page, first in a process", timed(opened), limit=False)
        line("the page opened anew, with the browser's own start", timed(opened, 5), limit=False)
        visits = []
        for _ in range(5):
            left()
            visits.append(timed(came_by_link))
        worst = line("the page, come to by its link, until its charts are drawn", median(visits))
        other_period("30 days")
        figures = [timed(lambda name=name: other_period(name)) for name in ("90 days", "30 days") * 4]
        browser.close()
    return max(worst, line("the page, another period chosen until shown", median(figures)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--without-browser", action="store_true")
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with throw_away_database() as database:
        started = time.perf_counter()
        entries = fill(database, options.entries)
        print(f"{entries:,} entries written in {time.perf_counter() - started:.0f} s")
        worst = measure(database)
        if not options.without_browser:
            worst = max(worst, measure_page(database.url))
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
