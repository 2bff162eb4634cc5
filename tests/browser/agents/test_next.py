"""Schedules as people look after them: in plain words, run at once, paused, and taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import text

from tests.browser.agents.sidecar import Sidecar
from tests.browser.board.harness import ACTOR, OTHER, AppPage

pytestmark = pytest.mark.browser
OpenAgents = Callable[..., AppPage]
NEW_SOURCE = text("""
    INSERT INTO ci_research_sources (source_type, source_name, enabled) VALUES ('reddit', :name, false) RETURNING id
""")


def add_schedule(sidecar: Sidecar, name: str, cron: str = "0 2 * * *") -> int:
    # A source that is off stands in no calendar.
    source_id = sidecar.do(NEW_SOURCE, name=f"of {name}")
    return int(
        sidecar.do(
            "INSERT INTO ci_schedules (name, kind, cron, time_zone, parameters) VALUES "
            "(:name, 'research_scan', :cron, 'Europe/Vienna', jsonb_build_object('source_id', CAST(:source AS int))) "
            "RETURNING id",
            name=name,
            cron=cron,
            source=source_id,
        )
    )


def card(page: AppPage, name: str) -> Locator:
    """What stands of a schedule, with its buttons."""
    region = page.page.get_by_role("region", name=f"Schedule {name}", exact=True)
    return page.page.locator("[class*='st-key-schedule-']", has=region).last


def test_a_schedule_is_run_paused_and_goes_on(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    sidecar.worker()
    schedule_id = add_schedule(sidecar, "nightly")
    page = open_agents(part="Next")
    stored = card(page, "nightly")
    expect(stored).to_contain_text("Every day at 02:00, Europe/Vienna")
    expect(page.page.get_by_text("next is nightly")).to_be_visible()

    stored.get_by_role("button", name="Run now").click()
    expect(page.page.get_by_text("“nightly” begins as soon as a worker is free")).to_be_visible()
    asked = sidecar.do("SELECT actor || ' ' || status FROM ci_automation_runs WHERE schedule_id = :id", id=schedule_id)
    assert asked == f"{ACTOR} queued"

    stored.get_by_role("button", name="Pause").click()
    expect(stored).to_contain_text("Paused")
    page.page.get_by_role("button", name="Undo", exact=True).click()
    expect(stored).not_to_contain_text("Paused")


def test_times_are_typed_in_plain_words_and_shown_before_they_are_saved(
    open_agents: OpenAgents, sidecar: Sidecar
) -> None:
    schedule_id = add_schedule(sidecar, "nightly")
    page = open_agents(part="Next")
    card(page, "nightly").get_by_role("button", name="Edit").click()
    times = page.dialog.locator(".st-key-schedule-times")
    expect(page.field("When")).to_have_value("every day at 02:00")
    expect(times).to_contain_text("02:00")

    page.field("When").press("End")
    page.field("When").press_sequentially(" or so")
    expect(times).to_contain_text("is not understood")
    page.field("When").fill("every weekday at 8:30")
    expect(times.get_by_text("08:30")).to_have_count(5)

    sidecar.do("SELECT set_config('ci.actor', :by, true)", by=OTHER)
    sidecar.do("UPDATE ci_schedules SET description = 'changed by another' WHERE id = :id", id=schedule_id)
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog.get_by_text("nothing was overwritten")).to_be_visible()
    page.press("Escape")
    expect(page.dialog).to_have_count(0)

    card(page, "nightly").get_by_role("button", name="Edit").click()
    expect(page.field("What it is for")).to_have_value("changed by another")
    page.field("When").fill("every 4 hours")
    page.dialog.get_by_role("button", name="Save").click()
    expect(page.dialog).to_have_count(0)
    expect(card(page, "nightly")).to_contain_text("Every 4 hours")
    assert (
        sidecar.do("SELECT every_seconds FROM ci_schedules WHERE id = :id AND cron IS NULL", id=schedule_id) == 14_400
    )


def test_the_first_schedule_is_added_and_deleted(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    page = open_agents(part="Next", scheme="dark", size=(390, 844))
    expect(page.page.get_by_text("Nothing is scheduled yet")).to_be_visible()

    page.page.get_by_role("button", name="Add a schedule").click()
    page.field("Name").fill("Not a name")
    page.dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.dialog.get_by_text("A name begins with a lower-case letter")).to_be_visible()
    page.field("Name").fill("weekly-look")
    page.choose("What it starts", "Scan of a source")
    page.field("When").fill("every Monday at 7:00")
    page.dialog.get_by_text("More", exact=True).click()
    page.field("Parameters, one a line").fill("source_id: 3")
    page.dialog.get_by_role("button", name="Add", exact=True).click()

    expect(page.dialog).to_have_count(0)
    expect(card(page, "weekly-look")).to_contain_text("Every Monday at 07:00")
    assert sidecar.do("SELECT created_by FROM ci_schedules WHERE name = 'weekly-look'") == ACTOR
    card(page, "weekly-look").get_by_role("button", name="Edit").click()
    page.dialog.get_by_role("button", name="Delete").click()
    expect(page.dialog).to_have_count(0)
    expect(page.page.get_by_text("Nothing is scheduled yet")).to_be_visible()
