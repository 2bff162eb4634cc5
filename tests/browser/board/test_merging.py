"""Two enhancements that are the same become one, and two again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from ci_core.backlog.comments import add_comment, comments_of
from db.enums import Status
from tests.browser.board.harness import Backlog, OpenPage

pytestmark = pytest.mark.browser
ALIKE = text(
    "UPDATE ci_enhancement_embeddings SET model = 'test', stale = false, embedding = "
    "(SELECT array_agg(CASE WHEN n = :axis THEN 1 ELSE 0 END ORDER BY n)::vector(384) FROM generate_series(1, 384) n) "
    "WHERE enhancement_id = ANY(:ids)"
)


def test_a_similar_one_is_merged_and_taken_apart_again(open_page: OpenPage, backlog: Backlog) -> None:
    duplicate, original = backlog.add("Cache the chain", "Cache the option chain")
    with backlog.database.transaction("embedder") as session:
        session.execute(ALIKE, {"ids": [duplicate, original], "axis": 1 + duplicate % 384})
    backlog.as_other(add_comment, duplicate, "Me too.")
    page = open_page().goto(q=backlog.word, item=duplicate)
    page.dialog.get_by_role("tab", name="Links").click()
    expect(page.dialog.locator(f".st-key-similar-{original}")).to_contain_text("100% alike")

    page.dialog.get_by_role("button", name=f"Merge into #{original}").click()
    page.dialog.get_by_role("button", name="Merge", exact=True).click()

    expect(page.dialog.locator(".st-key-tombstone")).to_contain_text(f"Merged into #{original}")
    expect(page.card(duplicate)).to_have_count(0)
    assert backlog.read(duplicate).merged_into_id == original
    with backlog.database.reading() as session:
        assert [comment.body for comment in comments_of(session, original)] == ["Me too."]
    page.dialog.get_by_role("button", name="Take apart").click()
    expect(page.dialog.locator(".st-key-tombstone")).to_have_count(0)
    assert backlog.read(duplicate).status == Status.PROPOSED


def test_a_link_leads_to_the_other_enhancement(open_page: OpenPage, backlog: Backlog) -> None:
    first, second = backlog.add("First", "Second")
    page = open_page().goto(q=backlog.word, item=first)
    page.dialog.get_by_role("tab", name="Links").click()
    page.dialog.get_by_placeholder("Title or #12").fill(f"#{second}")
    page.dialog.locator(f".st-key-candidate-{second}").get_by_role("button").click()

    page.dialog.get_by_role("tabpanel").get_by_role("button", name=f"#{second} Second").click()

    expect(page.dialog.get_by_role("heading", name=f"#{second} Second")).to_be_visible()
    page.page.wait_for_url(f"**item={second}**")
