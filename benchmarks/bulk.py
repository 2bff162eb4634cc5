"""A change of 500 of 3,000 enhancements at once: by the library, and in a real Chromium until the board shows it.

    python -m benchmarks.bulk [--rounds 5]

Limit: stored and shown within 1.5 s of the click on Apply (aim 0.7 s). The undo of all 500 is measured beside it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from benchmarks.app import App, filled_database, running_board
from benchmarks.board import ROOT, open_board, shown_cards
from ci_core.backlog.bulk import BulkResult, change_many
from ci_core.backlog.undo import undo_transaction
from db.engine import Database

CARDS, CHANGED = 3_000, 500
ACTOR = "benchmark"
PRIORITIES = ("critical", "low")


def library_seconds(database: Database, changes: dict[str, Any]) -> tuple[float, float]:
    """Seconds that a change of 500 proposals takes with its commit, and seconds that its undo takes."""
    with database.reading() as session:
        query = text("SELECT id, version FROM ci_enhancements WHERE status = 'proposed' ORDER BY id LIMIT :n")
        cards = [(row.id, row.version) for row in session.execute(query, {"n": CHANGED})]
    start = time.perf_counter()
    with database.transaction(ACTOR) as session:
        result: BulkResult = change_many(session, cards, changes, actor=ACTOR)
    changed = time.perf_counter() - start
    if len(result.changed) != CHANGED or result.transaction_id is None:
        raise RuntimeError(f"{len(result.changed)} were changed instead of {CHANGED}.")
    start = time.perf_counter()
    with database.transaction(ACTOR) as session:
        undo_transaction(session, result.transaction_id, actor=ACTOR)
    return changed, time.perf_counter() - start


def select(page: Page, count: int) -> None:
    """Select the first `count` cards of the proposals."""
    cards = page.locator('.column[data-status="proposed"] .card')
    cards.first.locator(".mark").click()
    cards.nth(count - 1).click(modifiers=["Shift"])
    page.locator(".selection-count", has_text=f"{count} selected").wait_for()


def browser_seconds(page: Page, priority: str) -> float:
    """Seconds from the click on Apply until all 500 cards show their new priority and the dialog is gone."""
    page.locator(".selection-edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Priority").first.click()
    page.get_by_role("option", name=priority.capitalize(), exact=True).click()
    dialog.get_by_text(f"Will set priority to {priority.capitalize()}").wait_for()
    start = time.perf_counter()
    dialog.get_by_role("button", name="Apply").click()
    shown = f"n => {ROOT}.querySelectorAll('.card.selected .mark[data-priority={priority}]').length >= n"
    page.wait_for_function(shown, arg=CHANGED, polling="raf", timeout=60_000)
    dialog.wait_for(state="hidden")
    return time.perf_counter() - start


def measure_browser(browser: Browser, app: App, rounds: int) -> list[float]:
    """One figure per round; the first opens the page."""
    page, _ = open_board(browser, app, shown_cards(CARDS))
    select(page, CHANGED)
    times = [browser_seconds(page, PRIORITIES[number % 2]) for number in range(rounds)]
    page.context.close()
    return times


def report(what: str, times: Sequence[float], limit: str = "") -> None:
    """One line: the median with the extremes."""
    median = statistics.median(times)
    print(f"{what:<44} {median:.2f} s median of {len(times)} ({min(times):.2f}–{max(times):.2f}){limit}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each figure with its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    kinds: dict[str, Callable[[int], dict[str, Any]]] = {
        "complexity": lambda number: {"complexity": ("simple", "epic")[number % 2]},
        "assignee and a tag": lambda number: {"assignee": f"p{number}", "add_tags": [f"t{number}"]},
        "moved to Approved": lambda _: {"status": "approved"},
    }
    with filled_database(CARDS) as url:
        database = Database(url)
        for kind, changes in kinds.items():
            both = [library_seconds(database, changes(number)) for number in range(rounds)]
            report(f"{CHANGED} of {CARDS:,}, {kind}, stored", [changed for changed, _ in both])
            report(f"{CHANGED} of {CARDS:,}, {kind}, undone", [undone for _, undone in both])
        database.dispose()
        with running_board(url) as app, sync_playwright() as playwright:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            times = measure_browser(browser, app, rounds)
            report(f"{CHANGED} of {CARDS:,}, priority, stored and shown", times, "   (must 1.5, aim 0.7)")
            browser.close()


if __name__ == "__main__":
    main()
