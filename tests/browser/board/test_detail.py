"""Everything about one enhancement, beside the board."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ci_core.backlog import set_score_override, update_enhancement
from ci_core.backlog.comments import add_comment, comments_of
from ci_core.backlog.dependencies import add_dependency, dependencies_of
from db.enums import Complexity, Priority, Status
from tests.browser.board.harness import ACTOR, OTHER, Backlog, OpenPage

pytestmark = pytest.mark.browser


def test_enter_opens_a_card_and_the_address_is_a_link_to_it(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word)

    page.card(card).focus()
    page.press("Enter")

    expect(page.dialog).to_contain_text(f"#{card} Retry the broker login")
    assert f"item={card}" in page.page.url
    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    expect(page.page).not_to_have_url("item=")
    page.page.wait_for_url(lambda url: "item=" not in url)


def test_fields_are_stored_together_with_the_reason(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)

    page.choose("Status", "Approved")
    page.choose("Priority", "Critical")
    page.choose("Complexity", "Epic")
    page.field("Estimate (hours)").fill("12.5")
    page.field("Branch").fill("fix/login")
    page.field("Reason (goes into the history)").fill("agreed on Monday")
    page.field("Reason (goes into the history)").blur()
    page.dialog.get_by_role("button", name="Save").click()

    expect(page.dialog.get_by_text("Saved:")).to_contain_text("status, priority, complexity, estimate (hours), branch")
    stored = backlog.read(card)
    assert (stored.status, stored.priority, stored.complexity) == (Status.APPROVED, Priority.CRITICAL, Complexity.EPIC)
    assert (stored.estimated_hours, stored.branch) == (12.5, "fix/login")
    assert backlog.history(card)[0].reason == "agreed on Monday"


def test_title_and_description_are_edited_with_a_preview(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)

    page.dialog.get_by_role("button", name="Edit title and description").click()
    page.field("Description").fill("It **must** work.")
    page.dialog.get_by_role("radio", name="Preview").click()

    expect(page.dialog.locator(".written strong")).to_have_text("must")
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog.get_by_text("Saved: description.")).to_be_visible()
    assert backlog.read(card).description == "It **must** work."


def test_bad_input_gives_a_message_beside_the_field_and_keeps_what_was_typed(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)

    page.field("Pull request").fill("javascript:alert(1)")
    page.field("Pull request").blur()
    page.dialog.get_by_role("button", name="Save").click()

    expect(page.dialog.get_by_text("Pull request url must start with https://")).to_be_visible()
    expect(page.field("Pull request")).to_have_value("javascript:alert(1)")
    assert backlog.read(card).pull_request_url is None


def test_a_conflict_shows_both_versions_and_loses_nothing(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)
    page.field("Branch").fill("mine")
    page.choose("Priority", "Low")
    seen = backlog.read(card).version
    backlog.as_other(update_enhancement, card, {"branch": "theirs", "assignee": OTHER}, expected_version=seen)

    page.dialog.get_by_role("button", name="Save").click()

    expect(page.dialog).to_contain_text(f"{OTHER} changed the same in the meantime")
    expect(page.dialog.get_by_text("theirs", exact=True)).to_be_visible()
    assert backlog.read(card).branch == "theirs"
    page.dialog.get_by_text("Write mine").click()
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog.get_by_text("Saved:")).to_be_visible()
    stored = backlog.read(card)
    assert (stored.branch, stored.priority, stored.assignee) == ("mine", Priority.LOW, OTHER)


def test_what_was_not_saved_is_still_there_after_closing(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)
    page.field("Branch").fill("half-done")
    page.field("Branch").press("Tab")
    expect(page.dialog.get_by_text("Not saved yet: branch")).to_be_visible()

    page.press("Escape")
    expect(page.dialog).to_be_hidden()
    page.card(card).click()

    expect(page.field("Branch")).to_have_value("half-done")
    assert backlog.read(card).branch is None


def test_the_score_is_explained_and_a_person_has_the_last_word(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Fix a data loss")
    page = open_page().goto(q=backlog.word, item=card)

    page.dialog.get_by_role("tab", name="Score").click()

    expect(page.dialog.locator(".score-row")).to_have_count(7)
    page.dialog.get_by_label("0 to 100").fill("93")
    page.dialog.get_by_label("Why", exact=True).fill("customers wait")
    page.dialog.get_by_role("button", name="Set score").click()
    expect(page.dialog.get_by_text(f"set by {ACTOR}").first).to_be_visible()
    assert backlog.read(card).score_overrides["business_value"]["value"] == 93


def test_dependencies_are_found_added_and_removed(open_page: OpenPage, backlog: Backlog) -> None:
    card, blocker = backlog.add("Second", "First")
    page = open_page().goto(q=backlog.word, item=card)
    page.dialog.get_by_role("tab", name="Links").click()

    page.dialog.get_by_placeholder("Title or #12").fill(f"#{blocker}")
    page.dialog.locator(f".st-key-candidate-{blocker}").get_by_role("button").click()

    expect(page.dialog.get_by_role("heading", name="Blocked by")).to_be_visible()
    with backlog.database.reading() as session:
        assert [one.id for one in dependencies_of(session, card).blocked_by] == [blocker]
    page.dialog.get_by_role("button", name="Remove").click()
    expect(page.dialog.get_by_text("Not linked with anything yet.")).to_be_visible()


def test_a_circle_of_blockers_is_refused_by_name(open_page: OpenPage, backlog: Backlog) -> None:
    card, other = backlog.add("Second", "First")
    backlog.as_other(add_dependency, other, card, "blocked_by")
    page = open_page().goto(q=backlog.word, item=card)
    page.dialog.get_by_role("tab", name="Links").click()

    page.dialog.get_by_placeholder("Title or #12").fill(f"#{other}")
    page.dialog.locator(f".st-key-candidate-{other}").get_by_role("button").click()

    expect(page.dialog.get_by_role("alert")).to_contain_text("circle")


def test_comments_are_written_and_only_ones_own_can_be_changed(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    backlog.as_other(add_comment, card, "Seen it too.")
    page = open_page().goto(q=backlog.word, item=card)
    page.dialog.get_by_role("tab", name="Activity").click()

    page.dialog.get_by_placeholder("Say something (markdown)").fill("It is the *token*.")
    page.dialog.get_by_role("button", name="Comment", exact=True).click()

    expect(page.dialog.locator(".written em")).to_have_text("token")
    expect(page.dialog.get_by_role("button", name="Delete")).to_have_count(1)
    with backlog.database.reading() as session:
        assert [(one.author, one.body) for one in comments_of(session, card)] == [
            (OTHER, "Seen it too."),
            (ACTOR, "It is the *token*."),
        ]


def test_the_history_tells_who_did_what(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    backlog.as_other(update_enhancement, card, {"priority": "critical"}, expected_version=None)
    backlog.as_other(set_score_override, card, "total", 12)
    page = open_page().goto(q=backlog.word, item=card)

    page.dialog.get_by_role("tab", name="Activity").click()

    history = page.dialog.locator('[class*="st-key-history-"]')
    expect(history.first).to_contain_text(OTHER)
    expect(page.dialog.get_by_text("Medium → Critical")).to_be_visible()


def test_an_enhancement_that_does_not_exist_says_so(open_page: OpenPage) -> None:
    page = open_page().goto(item=2_000_000_000)

    expect(page.dialog).to_contain_text("There is no enhancement #2000000000")


def test_somebody_elses_change_is_announced_in_the_open_drawer(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Retry the broker login")
    page = open_page().goto(q=backlog.word, item=card)
    expect(page.field("Branch")).to_be_visible()

    backlog.as_other(update_enhancement, card, {"branch": "theirs"}, expected_version=None)

    expect(page.dialog.get_by_text("Somebody has just changed this.")).to_be_visible()
    page.dialog.get_by_role("button", name="Show the new version").click()
    expect(page.field("Branch")).to_have_value("theirs")
    expect(page.dialog.get_by_text("Somebody has just changed this.")).to_be_hidden()
