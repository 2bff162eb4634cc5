"""The board in a real Chromium: time to paint every card, time until a move is acknowledged, and fast moves kept.

    python -m benchmarks.board [--moves 15]

Limits: 3,000 cards painted warm in 1.1 s (aim 0.8 s); a move acknowledged within 2 × (aim 1.3 ×) the time of a bare
`st.button` in the same run, with 10,000 cards within 5 × (aim 3 ×); 20 of 20 fast moves stored.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Sequence

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from benchmarks.app import BARE_BUTTON, App, filled_database, running_app, running_board
from db.engine import Database
from pages.widgets.board_window import WINDOW

ROOT = (
    "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
    ".map(node => node.shadowRoot).find(root => root?.querySelector('.kanban'))"
)
FAST_MOVES = 20


def shown_cards(cards: int) -> int:
    """How many of the cards of `filled_database` a board shows: of the two closed columns only the newest."""
    closed = [sum(1 for number in range(1, cards + 1) if number % 9 == place) for place in (6, 8)]
    return cards - sum(max(0, count - WINDOW) for count in closed)


def open_board(browser: Browser, app: App, cards: int) -> tuple[Page, float]:
    """A new page with every card painted, and the seconds that took."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    start = time.perf_counter()
    page.goto(f"{app.address}/board")
    return page, wait_painted(page, cards, start)


def wait_painted(page: Page, cards: int, start: float) -> float:
    """Wait for the last card and the frame that shows it; gives the seconds since `start`."""
    painted = f"n => ({ROOT}?.querySelectorAll('.card[data-id]').length ?? 0) >= n"
    page.wait_for_function(painted, arg=cards, polling="raf", timeout=60_000)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return time.perf_counter() - start


def painted_seconds(browser: Browser, app: App, cards: int, rounds: int = 5) -> tuple[float, list[float]]:
    """Seconds until every card is painted: the first visit, and reloads of the same page."""
    page, cold = open_board(browser, app, cards)
    warm = []
    for _ in range(rounds):
        start = time.perf_counter()
        page.reload(wait_until="commit")
        warm.append(wait_painted(page, cards, start))
    page.context.close()
    return cold, warm


def press_milliseconds(browser: Browser, app: App, presses: int) -> list[float]:
    """Milliseconds from a click on a bare button until the page shows its result."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(app.address)
    button = page.get_by_role("button", name="Press")
    button.wait_for()
    times = []
    for number in range(1, presses + 1):
        start = time.perf_counter()
        button.click()
        page.wait_for_function(f"() => document.body.innerText.includes('pressed {number} times')", polling="raf")
        times.append((time.perf_counter() - start) * 1000)
    page.context.close()
    return times


def move_milliseconds(page: Page, moves: int) -> list[float]:
    """Milliseconds from letting a dragged card go until the server has stored the move and the page shows it."""
    times = []
    for number in range(moves):
        here, there = ("proposed", "approved") if number % 2 == 0 else ("approved", "proposed")
        card = page.locator(f'.column[data-status="{here}"] .card[data-id]:not([hidden])').first
        card_id = card.get_attribute("data-id")
        box = card.bounding_box()
        target = page.locator(f'.column[data-status="{there}"]').bounding_box()
        if box is None or target is None:
            raise RuntimeError("The board shows no card to drag.")
        page.mouse.move(box["x"] + 60, box["y"] + 14)
        page.mouse.down()
        page.mouse.move(box["x"] + 70, box["y"] + 24, steps=3)
        page.mouse.move(target["x"] + 60, box["y"] + 30, steps=4)
        start = time.perf_counter()
        page.mouse.up()
        arrived = f'.column[data-status="{there}"] .card[data-id="{card_id}"]'
        page.wait_for_function(
            f"() => {ROOT}.querySelector('{arrived}') && {ROOT}.querySelector('.kanban').dataset.waiting === '0'",
            polling="raf",
        )
        times.append((time.perf_counter() - start) * 1000)
    return times


def fast_moves_stored(page: Page, url: str) -> int:
    """Move 20 cards as fast as the keyboard sends them; gives how many of them the database holds."""
    database = Database(url)
    moved = text("SELECT count(*) FROM ci_audit_log WHERE 'status' = ANY (changed_fields) AND action = 'update'")
    with database.reading() as session:
        before = session.execute(moved).scalar_one()
    page.locator('.column[data-status="proposed"] .card[data-id]:not([hidden])').first.focus()
    for _ in range(FAST_MOVES):
        page.keyboard.press("]")
        page.keyboard.press("h")
    page.wait_for_function(f"() => {ROOT}.querySelector('.kanban').dataset.waiting === '0'", timeout=30_000)
    with database.reading() as session:
        after = session.execute(moved).scalar_one()
    database.dispose()
    return int(after - before)


def measure(browser: Browser, cards: int, moves: int) -> tuple[float, list[float], list[float], int]:
    """First paint, warm paints, acknowledgements and stored fast moves with that many cards."""
    with filled_database(cards) as url, running_board(url) as app:
        cold, warm = painted_seconds(browser, app, shown_cards(cards))
        page, _ = open_board(browser, app, shown_cards(cards))
        acknowledged = move_milliseconds(page, moves)
        stored = fast_moves_stored(page, url)
        page.context.close()
        return cold, warm, acknowledged, stored


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each figure with its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=15)
    moves = parser.parse_args(arguments).moves
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        with running_app(BARE_BUTTON) as app:
            bare = statistics.median(press_milliseconds(browser, app, moves))
        print(f"bare st.button                       {bare:6.0f} ms median of {moves}")
        for cards, limits in ((3_000, "must 2.0, aim 1.3"), (10_000, "must 5.0, aim 3.0")):
            cold, warm, acknowledged, stored = measure(browser, cards, moves)
            median = statistics.median(acknowledged)
            paint = f"{statistics.median(warm):.2f} s warm ({min(warm):.2f}–{max(warm):.2f}), {cold:.2f} s first"
            print(
                f"{cards:6,} cards, {shown_cards(cards):,} painted         {paint}"
                + ("   (must 1.1, aim 0.8)" if cards == 3_000 else "")
            )
            print(f"{cards:6,} cards, move acknowledged     {median:6.0f} ms = {median / bare:.2f} × bare   ({limits})")
            print(f"{cards:6,} cards, fast moves stored     {stored} of {FAST_MOVES}")
        browser.close()


if __name__ == "__main__":
    main()
