"""People talk about an enhancement: comments, mentions, reactions, votes, followers, and a merge that keeps them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog import update_enhancement
from ci_core.backlog.comments import add_comment, comments_of
from ci_core.backlog.followers import follow, followers_of
from ci_core.backlog.merging import merge_duplicate
from ci_core.backlog.notifications import Notification, notifications_for
from ci_core.backlog.reactions import react, reactions_of, votes_for
from db.enums import NotificationKind
from tests.browser.board.harness import ACTOR, OTHER, AppPage, Backlog, OpenPage

pytestmark = pytest.mark.browser


def open_talk(open_page: OpenPage, item: int) -> AppPage:
    page = open_page()
    page.goto(item=item)
    page.dialog.get_by_role("tab", name="Activity").click()
    expect(page.field("New comment")).to_be_visible(timeout=20_000)
    return page


def told(backlog: Backlog, person: str, item: int) -> list[Notification]:
    with backlog.database.reading() as session:
        return [one for one in notifications_for(session, person, 500) if one.enhancement_id == item]


def test_a_mention_is_suggested_sent_by_keys_highlighted_and_told(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Retry the broker login")
    backlog.as_other(follow, item)
    page = open_talk(open_page, item)

    page.field("New comment").press_sequentially("What do you think, @grace.h")
    expect(page.dialog.get_by_role("option", name=OTHER)).to_be_visible()
    page.press("Enter")
    page.field("New comment").press_sequentially("of <b>this</b>?")
    page.press("Control+Enter")

    expect(page.dialog.locator(".written mark")).to_have_text(f"@{OTHER}")
    expect(page.dialog.locator(".written")).to_contain_text("of <b>this</b>?")
    expect(page.field("New comment")).to_have_value("")
    (news,) = told(backlog, OTHER, item)
    assert (news.kind, news.actor, news.read_at) == (NotificationKind.MENTIONED, ACTOR, None)
    with backlog.database.reading() as session:
        assert [comment.body for comment in comments_of(session, item)] == [
            f"What do you think, @{OTHER} of <b>this</b>?"
        ]


def test_a_draft_outlives_the_drawer_and_the_reload(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Retry the broker login")
    page = open_talk(open_page, item)
    page.field("New comment").fill("Half a thought @")
    expect(page.dialog.get_by_role("listbox")).to_be_visible()

    page.press("Escape")
    expect(page.dialog.get_by_role("listbox")).to_be_hidden()
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    page.page.reload()
    page.goto(item=item)
    page.dialog.get_by_role("tab", name="Activity").click()

    expect(page.field("New comment")).to_have_value("Half a thought @")


def test_ones_own_comment_is_edited_deleted_and_brought_back(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Retry the broker login")
    with backlog.database.transaction(ACTOR) as session:
        add_comment(session, item, "First", actor=ACTOR)
    page = open_talk(open_page, item)

    page.dialog.get_by_role("button", name="Edit", exact=True).click()
    page.field("Your comment").fill("Second")
    page.press("Control+Enter")
    expect(page.dialog.locator(".written")).to_have_text("Second")
    expect(page.dialog.get_by_text("Your comment was changed.")).to_be_visible()
    page.dialog.get_by_role("button", name="Delete").click()
    expect(page.dialog.get_by_text("Nobody has said anything yet.")).to_be_visible()
    with backlog.database.transaction(ACTOR) as session:  # in another window
        update_enhancement(session, item, {"priority": "critical"}, expected_version=None, actor=ACTOR)
    page.dialog.locator(".st-key-comment-done").get_by_role("button", name="Undo").click()

    expect(page.dialog.locator(".written")).to_have_text("Second")
    assert backlog.read(item).priority == "critical"


def test_votes_reactions_and_following_are_one_click(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Retry the broker login")
    backlog.as_other(react, item, "vote")
    backlog.as_other(add_comment, item, "Please")
    page = open_talk(open_page, item)

    page.dialog.get_by_role("button", name="Vote · 1").click()
    expect(page.dialog.get_by_role("button", name="Voted · 2")).to_be_visible()
    page.dialog.get_by_role("button", name="Follow · 2").click()
    expect(page.dialog.get_by_role("button", name="Unfollow · 3")).to_be_visible()
    page.dialog.get_by_role("button", name="React").click()
    page.page.get_by_role("button", name="Hooray").click()

    expect(page.dialog.locator('[class*="st-key-mark-"]')).to_have_count(1)
    with backlog.database.reading() as session:
        assert votes_for(session, [item]) == {item: 2}
        assert followers_of(session, item) == ("importer", OTHER, ACTOR)
        assert reactions_of(session, item)[-1].people == (ACTOR,)


def test_a_merge_keeps_votes_and_talk_and_can_be_taken_apart(open_page: OpenPage, backlog: Backlog) -> None:
    original, twin = backlog.add("Original", "Twin")
    for item in (original, twin):
        backlog.as_other(react, item, "vote")
    backlog.as_other(add_comment, twin, "Me too.")
    with backlog.database.transaction(ACTOR) as session:
        react(session, twin, "vote", actor=ACTOR)
        merge_duplicate(session, twin, original, actor=ACTOR)

    page = open_talk(open_page, original)
    expect(page.dialog.get_by_role("button", name="Voted · 2")).to_be_visible()
    expect(page.dialog.locator(".written")).to_have_text("Me too.")
    page.goto(item=twin)
    expect(page.dialog.locator(".st-key-tombstone")).to_contain_text(f"Merged into #{original}")
    page.dialog.get_by_role("button", name="Take apart").click()

    expect(page.dialog.get_by_role("button", name="Voted · 2")).to_be_visible()
    with backlog.database.reading() as session:
        assert votes_for(session, [original, twin]) == {original: 1, twin: 2}
        assert [comment.body for comment in comments_of(session, twin)] == ["Me too."]
