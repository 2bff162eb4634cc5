"""What an automatic examiner of accessibility finds on a page."""

from __future__ import annotations

from tests.browser.axe import serious
from tests.browser.board.harness import AppPage
from tests.browser.pages.settled import settled


def serious_findings(page: AppPage) -> list[str]:
    """Rule and element of every serious finding in the page below the header."""
    return serious(settled(page).page, {"include": [["[data-testid=stMain]"]]})
