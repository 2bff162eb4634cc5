"""What research brought, as a person reads it; and that every part of the page is fit for everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from db.engine import Database
from db.enums import FindingStatus
from tests.browser.board.harness import AppPage
from tests.browser.flow.looks import serious_findings
from tests.ci_core.research.test_insight import finding

pytestmark = pytest.mark.browser
OpenSources = Callable[..., AppPage]
TOO_WIDE = "() => document.scrollingElement.scrollWidth - innerWidth"


def fill(database: Database) -> None:
    """Ten findings of two sites: five decided, four of them accepted."""
    now = datetime.now(UTC)
    accepted, refused = FindingStatus.CONVERTED_TO_ENHANCEMENT, FindingStatus.REJECTED
    with database.transaction("importer") as session:
        for number in range(10):
            decided = {"decided_by": "ana", "decided_at": now} if number < 5 else {}
            finding(
                session,
                accepted if number < 4 else refused if number == 4 else FindingStatus.ANALYZED,
                source_type="github" if number % 5 == 0 else "reddit",
                discovered_at=now - timedelta(days=number, minutes=1),
                relevance_score=60 + number * 4,
                **decided,
            )


def test_figures_say_what_came_of_it_and_can_be_taken_along(
    open_sources: OpenSources, stored: Database, tmp_path: Path
) -> None:
    fill(stored)
    page = open_sources("Insight")

    expect(page.page.locator(".st-key-insight-per-day")).to_contain_text("10 in 90 days, 80 % of them from Reddit")
    expect(page.page.locator(".st-key-insight-precision")).to_contain_text("people accepted 80 % of 5")
    expect(page.page.locator(".st-key-insight-funnel")).to_contain_text("4 became enhancements, 0 of them")
    expect(page.page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=30_000)

    page.page.get_by_role("radio", name="30 days").click()
    page.page.wait_for_url("**period=30**")
    expect(page.page.locator(".st-key-insight-per-day")).to_contain_text("10 in 30 days")
    page.page.locator(".st-key-insight-precision").get_by_role("button", name="Export").click()
    with page.page.expect_download() as taken:
        page.page.get_by_role("button", name="CSV").click()
    path = tmp_path / "precision.csv"
    taken.value.save_as(path)
    assert path.read_text(encoding="utf-8-sig").splitlines()[1].split(",")[1:4] == ["4", "5", "0.8"]


def test_without_findings_it_says_why_and_leads_to_the_sources(open_sources: OpenSources, stored: Database) -> None:
    page = open_sources("Insight", size=(390, 844))
    expect(page.page.locator(".st-key-nothing-yet")).to_contain_text("Nothing was found in the last 90 days")

    page.page.get_by_role("button", name="Go to the sources").click()

    expect(page.page.get_by_role("heading", name="Hacker News", exact=True)).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(("scheme", "size"), [("light", (1280, 720)), ("dark", (390, 844))])
def test_every_part_is_fit_for_everybody(
    open_sources: OpenSources, stored: Database, scheme: str, size: tuple[int, int]
) -> None:
    fill(stored)
    found: dict[str, object] = {}
    for part in ("Sources", "Interests", "Insight"):
        page = open_sources(part, scheme=scheme, size=size)
        found[part] = (serious_findings(page), page.page.evaluate(TOO_WIDE))
        page.close()

    assert found == dict.fromkeys(("Sources", "Interests", "Insight"), ([], 0))
