"""A failed run as people deal with it: its cause, the remedy, its log, and another try."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.agents.sidecar import Sidecar
from tests.browser.board.harness import ACTOR, OTHER, AppPage
from tests.browser.flow.looks import serious_findings

pytestmark = pytest.mark.browser
OpenAgents = Callable[..., AppPage]
HOSTILE = "<img src=x onerror=alert(1)>"


def failed_scan(sidecar: Sidecar, asked_by: str = OTHER) -> int:
    """A scan that has failed for good, with a step, a log, and something that it made."""
    run_id = sidecar.ask_for_scan("r/options", asked_by)
    assert sidecar.begin(sidecar.worker()) == run_id
    sidecar.do("INSERT INTO ci_run_steps (run_id, name) VALUES (:id, 'read the site')", id=run_id)
    sidecar.do(
        "INSERT INTO ci_run_log (run_id, attempt, level, event, fields) VALUES (:id, 1, 'info', 'scan_began', '{}'), "
        "(:id, 1, 'warning', 'rate_limited', CAST(:fields AS jsonb))",
        id=run_id,
        fields=json.dumps({"answer": HOSTILE}),
    )
    links = [{"kind": "finding", "id": 3, "label": f"Rolling {HOSTILE}"}]
    sidecar.do(
        "UPDATE ci_automation_runs SET links = CAST(:links AS jsonb) WHERE id = :id", id=run_id, links=json.dumps(links)
    )
    sidecar.end(run_id, "failed", f"Reddit asked for fewer requests {HOSTILE}", "rate_limited")
    return run_id


def test_a_failure_leads_from_its_cause_to_its_log_and_another_try(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    failed = failed_scan(sidecar)
    opened = open_agents(part="History")
    page = opened.page

    cause = page.locator(".st-key-cause-rate_limited")
    expect(cause).to_contain_text(f"Reddit asked for fewer requests {HOSTILE}")
    expect(cause).to_contain_text("What to do: The site wants fewer requests")
    expect(page.get_by_role("list", name="State of the sidecar")).to_contain_text("1 failed today")
    cause.get_by_role("button", name="Newest of them").click()

    run = page.get_by_role("region", name=f"Run {failed}")
    expect(run).to_contain_text("Scan of a source: r/options")
    expect(page).to_have_url(f"{opened.url}/agents?part=History&run={failed}")
    expect(page.get_by_role("alert")).to_contain_text("What to do: The site wants fewer requests")
    expect(page.get_by_role("link", name="finding 3: Rolling")).to_be_visible()
    expect(page.get_by_role("row", name="read the site")).to_be_visible()
    expect(page.get_by_role("row", name="rate_limited")).to_contain_text(HOSTILE)
    page.get_by_role("radio", name="Warnings").click()
    expect(page.get_by_role("row", name="scan_began")).to_have_count(0)

    page.get_by_role("button", name="Try again").click()
    again = page.get_by_role("button", name=f"Repeats run {failed}")
    expect(again).to_be_visible()
    newer = sidecar.do("SELECT id FROM ci_automation_runs WHERE retry_of_id = :id AND actor = :by", id=failed, by=ACTOR)
    expect(page.get_by_role("region", name=f"Run {newer}")).to_contain_text("Waits")
    expect(page.get_by_role("list", name="State of the sidecar")).not_to_contain_text("failed")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(f".st-key-past-{failed}")).to_contain_text("Failed")
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0


def test_whoever_asked_for_it_is_told_and_led_to_it(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    failed = failed_scan(sidecar, asked_by=ACTOR)
    page = open_agents(part="Workers").page
    page.get_by_role("button", name="What concerns me, 1 unread").click()

    page.get_by_role("button", name=f"failed in run {failed}").click()

    expect(page.get_by_role("region", name=f"Run {failed}")).to_contain_text("Failed")
    expect(page.get_by_role("button", name="What concerns me", exact=True)).to_be_visible()


def test_the_history_is_narrowed_and_the_address_keeps_how(open_agents: OpenAgents, sidecar: Sidecar) -> None:
    worker = sidecar.worker()
    well, ill = sidecar.ask_for_scan("r/python"), sidecar.ask_for_scan("r/options")
    for run_id, status in ((well, "succeeded"), (ill, "failed")):
        assert sidecar.begin(worker) == run_id
        sidecar.end(run_id, status, "no network" if status == "failed" else None, "unreachable")
    page = open_agents(part="History").page
    expect(page.locator("[class*='st-key-past-']:has(.waits)")).to_have_count(2)

    page.get_by_role("radio", name="Completed").click()
    expect(page.locator(f".st-key-past-{ill}")).to_have_count(0)
    page.reload()
    expect(page.locator(f".st-key-past-{well}")).to_be_visible()
    expect(page.locator(f".st-key-past-{ill}")).to_have_count(0)

    page.get_by_role("radio", name="All").click()
    page.get_by_role("searchbox", name="Words of the error").fill("network")
    expect(page.locator(f".st-key-past-{well}")).to_have_count(0)
    expect(page.locator(f".st-key-past-{ill}")).to_be_visible()
    page.locator(".stExpander", has_text="As a table").locator("summary").click()
    expect(page.get_by_role("table", name="How agents did, day by day")).to_contain_text("research")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_part_keeps_anybody_out(open_agents: OpenAgents, sidecar: Sidecar, scheme: str) -> None:
    failed = failed_scan(sidecar)
    sidecar.ask_for_scan("r/running")
    sidecar.begin(sidecar.worker("beta"))
    sidecar.ask_for_scan("r/waiting")
    page = open_agents(scheme=scheme)
    found = {"Now": serious_findings(page)}

    for part in ("Next", "History", "Workers"):
        page.visit("agents", part=part)
        found[part] = serious_findings(page)
    page.visit("agents", run=failed)
    found["a run"] = serious_findings(page)

    assert {name: some for name, some in found.items() if some} == {}
