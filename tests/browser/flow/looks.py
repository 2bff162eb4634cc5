"""What an automatic examiner of accessibility finds on a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.browser.board.harness import AppPage


def serious_findings(page: AppPage) -> list[tuple[str, str]]:
    """Rule and element of every serious finding in the page below the header."""
    return [
        (violation["id"], node["html"][:200])
        for violation in Axe().run(page.page, context={"include": [["[data-testid=stMain]"]]}).response["violations"]
        for node in violation["nodes"]
        if violation["impact"] in ("serious", "critical")
    ]
