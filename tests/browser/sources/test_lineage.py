"""From an enhancement back to the finding that it was made from."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from db.enums import FindingStatus
from db.tables import Evidence
from tests.browser.board.harness import AppServer, Backlog, OpenPage
from tests.browser.flow.looks import serious_findings
from tests.ci_core.research.test_insight import finding

pytestmark = pytest.mark.browser
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2))"


def test_the_drawer_names_its_origin_and_its_evidence(open_page: OpenPage, app: AppServer, backlog: Backlog) -> None:
    (item,) = backlog.add("Roll earlier")
    with backlog.database.transaction("ana") as session:
        converted = FindingStatus.CONVERTED_TO_ENHANCEMENT
        origin = finding(session, converted, source_title=HOSTILE, relevance_score=82, enhancement_id=item)
        other = finding(session, source_title="Says the same", source_url="javascript:alert(3)")
        session.add(Evidence(enhancement_id=item, finding_id=origin.id, origin=True, quote=f"It pays. {HOSTILE}"))
        session.add(Evidence(enhancement_id=item, finding_id=other.id))
        session.flush()
        ids = (origin.id, other.id)
    page = open_page(app)
    page.visit("board", item=item)
    page.dialog.get_by_role("tab", name="Links").click()

    origin_card, other_card = (page.dialog.locator(f".st-key-evidence-{number}") for number in ids)
    expect(page.dialog.get_by_role("heading", name="Made from")).to_be_visible(timeout=20_000)
    expect(origin_card).to_contain_text(HOSTILE)
    expect(origin_card).to_contain_text("relevance 82 · added by ana")
    expect(origin_card.locator("blockquote")).to_contain_text(f"It pays. {HOSTILE}")
    expect(origin_card.get_by_role("link", name="Open the source")).to_have_attribute(
        "href", "https://reddit.example/1"
    )
    expect(other_card).to_contain_text("Says the same")
    expect(other_card.get_by_role("link", name="Open the source")).to_have_count(0)
    assert page.page.locator("[href^='javascript:']").count() == 0
    assert serious_findings(page) == []

    origin_card.get_by_role("link", name="alert").first.click()
    page.page.wait_for_url(f"**/research**focus={ids[0]}**")
    expect(page.page.get_by_text(HOSTILE).first).to_be_visible(timeout=20_000)
