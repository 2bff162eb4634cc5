"""What an automatic examiner of accessibility finds on a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.browser.board.harness import AppPage
from tests.browser.pages.settled import settled


def serious_findings(page: AppPage) -> list[tuple[str, str]]:
    """Rule and element of every serious finding in the page below the header."""
    axe = Axe().run(settled(page).page, context={"include": [["[data-testid=stMain]"]]})
    return [
        (violation["id"], node["html"][:200])
        for violation in axe.response["violations"]
        for node in violation["nodes"]
        if violation["impact"] in ("serious", "critical")
    ]
