"""The whole triage of the feed by keys: every decision, the next finding at once, and all the way back with Z."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from ci_core.research.decisions import convert_finding, merge_finding
from db.enums import FindingStatus, Priority, Source
from tests.browser.board.harness import ACTOR, OTHER
from tests.browser.research.reader import Found, Reader

pytestmark = pytest.mark.browser
OpenFeed = Callable[..., Reader]
SECONDS_4 = 4_000


def test_every_decision_by_keys_alone_and_back_again(open_feed: OpenFeed, found: Found) -> None:
    items = found.add(*(f"Finding {number}" for number in range(9)), source_url="https://example.org/one")
    (target,) = found.backlog.add("Evidence wanted", status="approved")
    before = found.state()
    feed = open_feed()
    assert feed.rows() == items
    feed.sees(items[0])
    feed.loaded()

    feed.press("1")
    expect(feed.form.get_by_label("Title")).to_be_focused()
    feed.page.keyboard.type("A better title")
    feed.form.get_by_label("Priority").select_option("critical")
    feed.press("Control+Enter")
    feed.sees(items[1])
    feed.press("2")
    feed.page.keyboard.type(f"/wanted {found.backlog.word}")
    expect(feed.chooser.get_by_role("option", name=f"#{target} Evidence wanted")).to_be_visible()
    feed.press("Enter")
    feed.sees(items[2])
    feed.press("3", "4")
    feed.sees(items[3])
    feed.press("3", "w")
    feed.page.keyboard.type("e know it")
    feed.press("Enter")
    feed.sees(items[4])
    feed.press("3", "0")
    feed.sees(items[5])
    feed.press("s", "t")
    feed.sees(items[6])
    feed.press("s", "d")
    feed.chooser.get_by_label("The day").fill("2027-03-01")
    feed.press("Enter")
    feed.sees(items[7])
    feed.press("x", "j", "Shift+X")
    expect(feed.page.locator(".picked-text")).to_have_text("2 selected")
    feed.press("3", "7")
    feed.sees(None)
    feed.saved()

    now = [found.read(item).finding for item in items]
    made = found.backlog.read(now[0].enhancement_id or 0)
    assert (made.title, made.priority, made.source) == ("A better title", Priority.CRITICAL, Source.AI_RESEARCH)
    assert "> A first sentence about options." in made.description
    assert now[1].enhancement_id == target
    assert [one.decision_reason for one in now[2:5]] == ["Self-promotion", "we know it", None]
    assert [one.status for one in now[2:5]] == [FindingStatus.REJECTED] * 3
    assert now[5].snoozed_until is not None
    assert now[6].snoozed_until is not None
    assert now[6].snoozed_until.year == 2027
    assert [one.decision_reason for one in now[7:]] == ["Outdated"] * 2
    assert all(one.decided_by == ACTOR for one in now[:5])

    feed.press(*["z"] * 8)
    feed.saved()

    expect(feed.page.locator(".counts")).to_have_text("9 findings to decide")
    assert feed.rows() == items
    assert found.state() == before


def test_enter_reads_o_opens_the_original_and_the_made_enhancement_is_a_click_away(
    open_feed: OpenFeed, found: Found
) -> None:
    one, two = found.add("One", "Two", source_url="https://example.invalid/here")
    feed = open_feed(size=(390, 844))
    link = feed.item.locator(".address a")

    feed.press("Enter")
    expect(feed.item).to_be_visible()
    expect(link).to_have_attribute("href", "https://example.invalid/here")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    feed.page.context.route("**/here", lambda route: route.fulfill(body="there", content_type="text/plain"))
    with feed.page.context.expect_page() as opened:
        feed.press("o")
    opened.value.wait_for_load_state()
    assert opened.value.url == "https://example.invalid/here"
    assert opened.value.evaluate("window.opener === null && document.referrer === ''")
    opened.value.close()
    feed.app.hosts.clear()
    feed.loaded()
    feed.press("1")
    feed.press("Control+Enter")
    feed.sees(two)
    feed.saved()
    feed.page.get_by_role("button", name="‹ List").click()
    made = found.read(one).finding.enhancement_id
    expect(feed.last).to_have_text(f"Converted to #{made}: One")
    feed.page.get_by_role("button", name=f"Open #{made}").click()

    expect(feed.app.dialog).to_contain_text(f"#{made}")


def test_what_is_the_same_is_said_and_taken_back_by_one_click(open_feed: OpenFeed, found: Found) -> None:
    first, second, again = found.add("First", "Second", "Again")
    found.as_other(merge_finding, again, first)
    feed = open_feed()
    feed.sees(first)
    expect(feed.item).to_contain_text(f"{OTHER} said that both are the same")
    expect(feed.row(first)).to_contain_text("also on")

    feed.page.get_by_role("button", name="Not the same").click()
    expect(feed.row(again)).to_be_visible(timeout=SECONDS_4)
    expect(feed.item).not_to_contain_text("said that both are the same")
    feed.press("j", "m")
    feed.page.keyboard.type("First")
    feed.chooser.get_by_role("option", name="First").first.click()
    expect(feed.row(second)).to_have_count(0)
    feed.saved()

    assert found.read(second).finding.duplicate_of == first
    assert found.read(again).finding.status is FindingStatus.ANALYZED
    feed.press("z", "z")
    feed.saved()
    assert found.read(second).finding.duplicate_of is None
    assert found.read(again).finding.duplicate_of == first


def test_two_people_disturb_nobody_and_decide_nothing_twice(open_feed: OpenFeed, found: Found) -> None:
    items = found.add("One", "Two", "Three", "Four")
    mine = open_feed()
    mine.press("j")
    mine.sees(items[1])
    mine.loaded()

    found.as_other(convert_finding, items[0])
    expect(mine.row(items[0])).to_be_hidden(timeout=SECONDS_4)
    mine.sees(items[1])
    found.as_other(convert_finding, items[1])
    made = found.read(items[1]).finding.enhancement_id
    expect(mine.page.locator(".gone")).to_contain_text(f"{OTHER} converted it to #{made}", timeout=SECONDS_4)
    mine.press("3")
    mine.sees(items[2])
    expect(mine.chooser).to_be_hidden()
    mine.page.context.set_offline(True)
    found.as_other(convert_finding, items[2])
    mine.press("3", "1")
    mine.sees(items[3])
    mine.page.context.set_offline(False)
    mine.saved()

    expect(mine.page.locator(".research .toast")).to_contain_text(f"{OTHER} made it a part of #")
    assert found.read(items[2]).finding.status is FindingStatus.CONVERTED_TO_ENHANCEMENT
    assert mine.rows() == [items[3]]
    (new,) = found.add("New and better", relevance_score=99)
    expect(mine.row(new)).to_be_visible(timeout=SECONDS_4)
    mine.sees(items[3])


def test_what_a_person_saw_is_remembered_and_what_is_new_is_marked(open_feed: OpenFeed, found: Found) -> None:
    seen = found.add(*(f"Seen {number}" for number in range(20)))
    feed = open_feed()
    feed.app.wait_until(lambda: seen[0] in found.shown_to(ACTOR))
    # Only what was in sight counts.
    assert seen[-1] not in found.shown_to(ACTOR)

    feed.page.get_by_role("listbox", name="Findings, best first").press("End")
    feed.app.wait_until(lambda: seen[-1] in found.shown_to(ACTOR))
    feed.page.goto("about:blank")
    (new,) = found.add("Came later", relevance_score=99, discovered_at=datetime.now(UTC))
    feed = open_feed()

    expect(feed.row(new).locator(".fresh")).to_have_text("New")
    expect(feed.row(seen[0]).locator(".fresh")).to_have_count(0)
