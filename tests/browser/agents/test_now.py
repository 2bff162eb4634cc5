"""What agents do now, as people watch it: it lives, it is cancelled, and it says what is lacking."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.agents.sidecar import Sidecar
from tests.browser.board.harness import ACTOR, AppPage

pytestmark = pytest.mark.browser
OpenAgents = Callable[..., AppPage]
HOSTILE = "<img src=x onerror=alert(1)>"
# "Within a second", and what a busy machine adds to it.
SEEN_WITHIN_SECONDS = 3.0


def test_without_a_sidecar_the_page_says_how_to_start_one(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    page = open_agents().page

    expect(page.get_by_role("list", name="State of the sidecar")).to_contain_text("Stopped")
    expect(page.get_by_text("Nothing carries out jobs: no sidecar runs.")).to_be_visible()
    expect(page.get_by_text("python -m ci_core scheduler start")).to_be_visible()
    expect(page.get_by_text("Nothing runs and nothing waits")).to_be_visible()

    sidecar.worker()
    expect(page.get_by_role("list", name="State of the sidecar")).to_contain_text("Alive on alpha")
    expect(page.get_by_text("Nothing carries out jobs")).to_have_count(0)


def test_a_run_of_another_machine_is_followed_from_its_wait_to_its_cancelling(
    open_agents: OpenAgents, sidecar: Sidecar
) -> None:
    worker = sidecar.worker("beta")
    first, second = sidecar.ask_for_scan(f"r/options {HOSTILE}"), sidecar.ask_for_scan("r/python")
    page = open_agents().page
    expect(page.locator(f".st-key-waiting-{first}")).to_contain_text("waits for a free worker")

    assert sidecar.begin(worker) == first
    card = page.locator(f".st-key-running-{first}")
    expect(card).to_contain_text(f"r/options {HOSTILE}")
    expect(card).to_contain_text("on beta")
    sidecar.do("UPDATE ci_automation_runs SET progress_percent = 37 WHERE id = :id", id=first)
    began = time.monotonic()
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "37")
    assert time.monotonic() - began < SEEN_WITHIN_SECONDS

    page.locator(f".st-key-waiting-{second}").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"Run {second} is cancelled; it had not begun.")).to_be_visible()
    expect(page.locator(f".st-key-waiting-{second}")).to_have_count(0)
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Is being cancelled")
    expect(page.get_by_text(f"Run {first} was told to end")).to_be_visible()
    asked = sidecar.do("SELECT cancel_requested_by FROM ci_automation_runs WHERE id = :id", id=first)
    assert (sidecar.status(second), asked) == ("cancelled", ACTOR)

    sidecar.end(first, "aborted")
    expect(card).to_have_count(0)
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0


def test_workers_and_queues_say_what_is_lacking(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    sidecar.worker("alpha")
    silent = sidecar.worker("beta")
    sidecar.do(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' WHERE id = :id", id=silent
    )
    sidecar.do("UPDATE ci_workers SET queues = '{elsewhere}' WHERE host = 'alpha'")
    sidecar.ask_for_scan("r/options")
    page = open_agents(part="Workers").page

    expect(page.get_by_role("row", name="alpha")).to_contain_text("alive")
    expect(page.get_by_role("row", name="beta")).to_contain_text("silent for")
    expect(page.get_by_role("row", name="research")).to_contain_text("none")
    expect(page.get_by_text("No worker takes the queue “research”, in which 1 wait")).to_be_visible()
    expect(page.get_by_text("python -m ci_core worker --queues research").first).to_be_visible()
