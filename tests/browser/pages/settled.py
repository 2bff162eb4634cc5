"""Waits until a page has nothing left to draw."""

from __future__ import annotations

from tests.browser.board.harness import AppPage

STILL = """
() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const main = document.querySelector('[data-testid="stMain"]');
    return app?.dataset.testScriptState === "notRunning" && main?.innerText.trim()
        && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"]');
}
"""
# A component draws a moment after the run that brought it.
QUIET_MS = 400


def settled(page: AppPage) -> AppPage:
    """The page, when its script has run and what it brought is drawn."""
    page.page.wait_for_selector(".header[data-ready=true]", state="attached", timeout=40_000)
    page.page.wait_for_function(STILL, timeout=40_000)
    page.page.wait_for_timeout(QUIET_MS)
    page.page.wait_for_function(STILL, timeout=40_000)
    return page
