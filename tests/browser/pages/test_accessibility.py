"""Nothing on any page keeps people with other eyes, ears or hands out: axe-core has no serious finding."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from pages.widgets.navigation import PAGE_LINKS
from tests.browser.board.harness import AppPage, OpenPage
from tests.browser.pages.settled import settled

pytestmark = pytest.mark.browser

SERIOUS = {"serious", "critical"}


def findings(page: AppPage) -> list[str]:
    """The serious findings of axe-core, shadow roots included, each with the element and the rule."""
    found = Axe().run(page.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {target(node)}: {node['html'][:160]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def target(node: dict[str, Any]) -> str:
    return " ".join(" ".join(part) if isinstance(part, list) else part for part in node["target"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_finding(open_page: OpenPage, talked_about: int, scheme: str) -> None:
    page = open_page(scheme=scheme)
    found = {}

    for link in PAGE_LINKS:
        page.visit(link.path)
        found[link.title] = findings(settled(page))

    assert {title: some for title, some in found.items() if some} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_opens_above_a_page_has_a_serious_finding(
    open_page: OpenPage, talked_about: int, scheme: str
) -> None:
    page = open_page(scheme=scheme)
    found = {}

    page.visit("", item=talked_about)
    page.dialog.wait_for()
    found["the drawer"] = findings(settled(page))
    page.visit("", digest=1)
    page.dialog.wait_for()
    found["the digest"] = findings(settled(page))
    page.visit("")
    settled(page).press("?")
    page.dialog.wait_for()
    found["the keys"] = findings(page)
    page.press("Escape")
    expect(page.dialog).to_have_count(0)
    page.press("n")
    page.dialog.get_by_text("Add an enhancement").wait_for()
    found["adding"] = findings(settled(page))

    assert {title: some for title, some in found.items() if some} == {}
