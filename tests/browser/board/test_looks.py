"""A link shows a colleague the same look: swimlanes, density and hidden parts; and closed columns show their newest."""

from __future__ import annotations

import pytest
from playwright.sync_api import WebSocketRoute, expect

from ci_core.backlog import update_enhancement
from db.enums import Priority, Status
from pages.widgets.board_window import WINDOW
from tests.browser.board.harness import AppServer, Backlog, OpenPage
from tests.browser.windows import Windows

pytestmark = pytest.mark.browser


def test_a_card_dropped_into_another_lane_changes_the_field_with_the_column(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (low,) = backlog.add("Can wait", priority="low")
    (high,) = backlog.add("Urgent", priority="high")
    page = open_page().goto(q=backlog.word, lanes="priority")
    lane = page.page.locator('.swimlane[data-lane="high"]')
    expect(page.page.locator(".lane-name")).to_have_text(["High", "Low"])

    page.card(high).focus()
    page.press("j")
    expect(page.card(low)).to_be_focused()
    page.pick_up(low)
    box = lane.locator('.cell[data-status="approved"]').bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + 60, box["y"] + 20, steps=5)
    page.page.mouse.up()
    page.wait_until_saved()

    expect(lane.locator(f'.cell[data-status="approved"] .card[data-id="{low}"]')).to_be_visible()
    expect(page.page.locator(".lane-name")).to_have_text(["High"])
    stored = backlog.read(low)
    assert (stored.status, stored.priority, stored.version) == (Status.APPROVED, Priority.HIGH, 2)
    assert len(backlog.history(low)) == 2
    lane.get_by_role("button", name="Fold High").click()
    expect(page.card(low)).to_be_hidden()


def test_a_drop_into_another_lane_conflicts_when_somebody_changed_that_field(
    open_page: OpenPage, backlog: Backlog
) -> None:
    (mine,) = backlog.add("Mine", assignee="Ada")
    (other,) = backlog.add("Other", assignee="Bob")
    page = open_page().goto(q=backlog.word, lanes="assignee")
    page.pick_up(mine)
    backlog.as_other(update_enhancement, mine, {"assignee": "Cleo"}, expected_version=None)

    box = page.card(other).bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + 60, box["y"] + 30, steps=5)
    page.page.mouse.up()
    page.wait_until_saved()

    expect(page.page.locator(".toast-text")).to_contain_text("changed assignee in the meantime")
    expect(page.page.locator(f'.swimlane[data-lane="Cleo"] .card[data-id="{mine}"]')).to_be_visible()
    assert backlog.read(mine).assignee == "Cleo"


def test_two_settings_are_kept_although_the_browser_hears_late_of_the_first(
    windows: Windows, app: AppServer, backlog: Backlog
) -> None:
    (card,) = backlog.add("Shown", feature_area="Alerts")
    window = windows.new()
    held: list[str | bytes] = []
    holds = False

    def deliver_late(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda message: held.append(message) if holds else route.send(message))
        sockets.append(route)

    sockets: list[WebSocketRoute] = []
    window.page.route_web_socket("**/_stcore/stream", deliver_late)
    window.page.goto(f"{app.url}/board?q={backlog.word}")
    expect(window.page.locator(f'.list .card[data-id="{card}"]')).to_contain_text("Alerts", timeout=40_000)
    window.page.locator(".st-key-view button").first.click()
    expect(window.page.get_by_role("radio", name="Compact")).to_be_visible()

    holds = True
    window.page.get_by_role("radio", name="Compact").click()
    window.page.wait_for_timeout(700)  # the server has written it into the address meanwhile
    window.page.get_by_role("button", name="Area", exact=True).last.click()
    window.page.wait_for_timeout(300)
    holds = False
    for message in held:
        sockets[-1].send(message)

    window.page.wait_for_url("**hide=area**")
    expect(window.page.locator('.kanban[data-density="compact"]')).to_be_visible()
    assert "density=compact" in window.page.url
    window.page.go_back()
    expect(window.page.locator('.kanban[data-density="compact"]')).to_be_visible()
    window.page.go_back()
    expect(window.page.locator('.kanban[data-density="comfortable"]')).to_be_visible()
    window.close()


def test_a_link_carries_density_and_hidden_parts(open_page: OpenPage, backlog: Backlog) -> None:
    (card,) = backlog.add("Shown", feature_area="Alerts", assignee="Ada", tags=("pool",))
    page = open_page().goto(q=backlog.word)
    expect(page.card(card)).to_contain_text("Alerts")
    page.page.locator(".st-key-view button").first.click()
    page.page.get_by_role("radio", name="Compact").click()
    page.page.get_by_role("button", name="Area", exact=True).last.click()
    page.page.wait_for_url("**hide=area**")
    page.page.wait_for_url("**density=compact**")

    colleague = open_page()
    colleague.page.goto(page.page.url)
    colleague.wait_until_drawn()

    expect(colleague.page.locator('.kanban[data-density="compact"]')).to_be_visible()
    expect(colleague.card(card)).to_contain_text("pool")
    expect(colleague.card(card)).not_to_contain_text("Alerts")


def test_a_closed_column_shows_its_newest_and_a_search_finds_the_older(open_page: OpenPage, backlog: Backlog) -> None:
    (oldest,) = backlog.add("Needle", status="completed")
    backlog.add(*(f"Done {number}" for number in range(WINDOW + 2)), status="completed")
    page = open_page().goto()
    column = page.column("completed")
    expect(column.locator(".card")).to_have_count(WINDOW)
    expect(page.card(oldest)).to_have_count(0)
    older = column.locator(".older")
    expect(older).to_contain_text("older")

    older.click()
    expect(page.card(oldest)).to_have_count(1)
    page.goto(q=f"Needle {backlog.word}")
    expect(page.card(oldest)).to_be_visible()
    expect(column.locator(".count")).to_contain_text("1 of ")
