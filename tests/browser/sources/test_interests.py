"""The team's interests: added, weighed, removed, and taken back, each where it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from ci_core.research.interests import add_interest, list_interests
from db.engine import Database
from db.enums import InterestKind
from tests.browser.board.harness import OTHER, AppPage

pytestmark = pytest.mark.browser
HOSTILE = "<b>Rolling</b> short *puts* [x](https://example.org)"


def texts(database: Database) -> list[tuple[str, float, bool]]:
    with database.reading() as session:
        return [(one.wording, one.weight, one.enabled) for one in list_interests(session)]


def test_a_text_is_added_weighed_switched_off_removed_and_brought_back(
    open_sources: Callable[..., AppPage], stored: Database
) -> None:
    page = open_sources("Interests")
    interests = page.page.locator(".st-key-interests-interest")

    interests.get_by_label("Add to interests").fill(HOSTILE)
    interests.get_by_role("button", name="Add").click()
    expect(interests.get_by_text(HOSTILE, exact=True)).to_be_visible()
    interests.get_by_label("Add to interests").fill(HOSTILE.upper())
    interests.get_by_role("button", name="Add").click()
    expect(interests.get_by_text("already.")).to_be_visible()

    interests.get_by_role("button", name="Edit").click()
    weight = page.page.get_by_label("Weight", exact=True)
    weight.fill("2.5")
    weight.press("Enter")
    page.page.get_by_role("button", name="Save", exact=True).click()
    page.wait_until(lambda: texts(stored) == [(HOSTILE, 2.5, True)])
    expect(interests).to_contain_text("× 2.5")

    page.page.get_by_role("button", name="Switch off").click()
    page.wait_until(lambda: texts(stored) == [(HOSTILE, 2.5, False)])
    page.page.get_by_role("button", name="Remove").click()
    page.wait_until(lambda: texts(stored) == [])
    page.page.get_by_role("button", name="Undo", exact=True).click()
    expect(interests).to_contain_text(f"{HOSTILE} off")
    assert texts(stored) == [(HOSTILE, 2.5, False)]


def test_of_many_keywords_the_search_finds_one(open_sources: Callable[..., AppPage], stored: Database) -> None:
    with stored.transaction(OTHER) as session:
        for number in range(45):
            add_interest(session, f"word {number:02}", InterestKind.KEYWORD, actor=OTHER)
    page = open_sources("Interests", size=(390, 844), scheme="dark")
    keywords = page.page.locator(".st-key-interests-keyword")
    expect(keywords).to_contain_text("and 5 more")

    page.page.get_by_label("Find a text").fill("WORD 44")

    expect(keywords.get_by_text("word 44")).to_be_visible()
    expect(keywords.get_by_role("button", name="Edit")).to_have_count(1)
