"""From a proposal on the board to the issues behind it, and from there back to it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.health.proposals import create_enhancement
from tests.browser.board.harness import AppServer, OpenPage
from tests.browser.flow.looks import serious_findings
from tests.browser.health.conftest import Checked
from tests.browser.pages.settled import settled

pytestmark = pytest.mark.browser


def test_the_drawer_leads_to_each_issue_and_the_issue_back(
    open_page: OpenPage, app: AppServer, checked: Checked
) -> None:
    issue, other = checked.seeded.issues["S602"][:2]
    checked.one("UPDATE ci_health_issues SET status = 'open' WHERE id = :id RETURNING id", id=other)
    with checked.database.transaction("ana") as session:
        item = create_enhancement(session, [issue, other], actor="ana").id
    checked.one("UPDATE ci_health_issues SET status = 'fixed' WHERE id = :id RETURNING id", id=other)
    page = open_page(app)
    page.visit("board", item=item)
    page.dialog.get_by_role("tab", name="Links").click()

    behind = page.dialog.locator(".st-key-issues-behind")
    expect(behind.get_by_role("heading", name="Health issues behind it")).to_be_visible(timeout=20_000)
    expect(behind).to_contain_text("1 fixed")
    expect(behind.locator(f".st-key-issue-behind-{issue}")).to_contain_text("module_")
    expect(behind.locator("img")).to_have_count(0)
    assert serious_findings(page) == []

    behind.locator(f".st-key-issue-behind-{issue}").get_by_role("link").click()
    page.page.wait_for_url(f"**/health**issue={issue}**")
    settled(page)
    page.page.get_by_role("button", name=f"Behind enhancement #{item}").click()
    expect(page.dialog.get_by_text("Shell command with outside input").first).to_be_visible(timeout=20_000)
