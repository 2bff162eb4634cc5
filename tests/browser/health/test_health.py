"""The Health page as people use it: from a number to what is behind it, and what they decide there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.agents.sidecar import Sidecar
from tests.browser.board.harness import ACTOR, AppPage
from tests.browser.flow.looks import serious_findings
from tests.browser.health.conftest import Checked
from tests.browser.pages.settled import settled

pytestmark = pytest.mark.browser
OpenHealth = Callable[..., AppPage]


def test_from_the_score_to_the_line_of_code_and_a_decision_that_is_taken_back(
    open_health: OpenHealth, checked: Checked
) -> None:
    opened = open_health()
    page = opened.page
    expect(page.get_by_text("since the check before").first).to_be_visible()
    expect(page.locator(".st-key-health-changed")).to_contain_text("SQL put together from outside input")

    page.locator(".st-key-health-part-security").get_by_role("button").click()
    rule = page.locator(".issues .row.group", has_text="SQL put together from outside input")
    rule.get_by_role("button").click()
    issue = page.locator(".issues .row.inside").first
    expect(issue).to_contain_text("back again")
    issue.get_by_role("button").click()

    detail = page.locator(".st-key-issue-detail")
    expect(detail).to_contain_text("Back again")
    expect(detail.get_by_role("figure", name="Code")).to_contain_text("cursor.execute('SELECT")
    first = checked.seeded.issues["sql_injection"][0]
    assert {"part=Issues", "type=security", "within=sql_injection", f"issue={first}"} <= set(
        urlsplit(page.url).query.split("&")
    )

    detail.get_by_role("button", name="Dismiss").click()
    page.get_by_role("button", name="Dismiss 1 issue").click()
    expect(page.get_by_text("Say why")).to_be_visible()
    page.get_by_label("Reason", exact=True).fill("The value comes from our own list")
    page.get_by_role("button", name="Dismiss 1 issue").click()
    expect(detail).to_contain_text("False positive")
    expect(detail).to_contain_text("The value comes from our own list")
    assert checked.status(first) == "false_positive"
    assert checked.one("SELECT status_by FROM ci_health_issues WHERE id = :id", id=first) == ACTOR

    page.get_by_role("button", name="Undo", exact=True).click()
    expect(detail).not_to_contain_text("False positive")
    assert checked.status(first) == "open"
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0


def test_several_are_chosen_by_keys_and_acknowledged_at_once(open_health: OpenHealth, checked: Checked) -> None:
    page = open_health(part="Issues", group="List", severity="high").page
    rows = page.locator(".issues .row")
    expect(rows.first).to_be_visible()

    page.locator(".st-key-health-bar").get_by_text("Health").click()
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    picked = page.locator(".st-key-issues-picked")
    expect(picked).to_contain_text("3 issues selected")
    picked.get_by_role("button", name="Acknowledge").click()

    expect(page.get_by_text("Acknowledged: 3 issues.")).to_be_visible()
    expect(picked).to_have_count(0)
    expect(rows.nth(1)).to_contain_text("acknowledged")
    counted = "SELECT count(*) FROM ci_health_issues WHERE repository_id = :id AND status_by = :by"
    assert checked.one(counted, id=checked.seeded.repository_id, by=ACTOR) == 3


def test_a_group_becomes_one_enhancement_on_the_board(open_health: OpenHealth, checked: Checked) -> None:
    page = open_health(part="Issues", type="performance").page

    page.get_by_role("checkbox", name="Select all of Query in a loop").check()
    page.locator(".st-key-issues-picked").get_by_role("button", name="Create enhancement").click()

    expect(page.get_by_text("stands on the board")).to_be_visible()
    linked = "SELECT count(DISTINCT enhancement_id) FROM ci_health_issues WHERE id = ANY (:ids) AND status = 'open'"
    assert checked.one(linked, ids=checked.seeded.issues["n_plus_one"]) == 1


def test_a_check_says_what_each_checker_looked_at(open_health: OpenHealth, checked: Checked) -> None:
    page = open_health(part="Checks").page
    page.locator(f".st-key-check-{checked.seeded.check_ids[-1]}").get_by_role("button", name="Details").click()

    expect(page.get_by_role("row", name="Tests")).to_contain_text("ran out of time")
    expect(page.get_by_role("row", name="Types")).to_contain_text("Install it: pip install mypy")
    page.get_by_text("Files that could not be read (1)").click()
    expect(page.get_by_text("line 3: invalid syntax")).to_be_visible()
    page.get_by_text("Left out, because it is not the team's own (4,600 files)").click()
    expect(page.get_by_text("a virtual environment that was checked in")).to_be_visible()
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_part_keeps_anybody_out(open_health: OpenHealth, checked: Checked, scheme: str) -> None:
    page = open_health(scheme=scheme)
    found = {"Score": serious_findings(page)}
    first = checked.seeded.issues["sql_injection"][0]

    for part, query in (
        ("Issues", {"issue": first}),
        ("Files", {}),
        ("Checks", {"check": checked.seeded.check_ids[-1]}),
    ):
        page.visit("health", repo=checked.seeded.repository_id, part=part, **query)
        found[part] = serious_findings(settled(page))

    assert {name: some for name, some in found.items() if some} == {}


@pytest.fixture
def worker(checked: Checked) -> Iterator[int]:
    """A worker of another machine, which takes what the test tells it to."""
    sidecar = Sidecar(checked.database)
    number = sidecar.worker("beta")
    sidecar.do("UPDATE ci_workers SET queues = '{elsewhere}' WHERE worker_id = :id", id=number)
    yield number
    sidecar.do("DELETE FROM ci_workers WHERE worker_id = :id", id=number)
    sidecar.do("DELETE FROM procrastinate_workers WHERE id = :id", id=number)


def test_a_check_is_asked_for_followed_and_cancelled(open_health: OpenHealth, checked: Checked, worker: int) -> None:
    page = open_health(part="Issues").page
    page.get_by_role("button", name="Check now").click()
    page.get_by_role("button", name="Check of security").click()
    running = page.get_by_role("region", name="Check of security")
    expect(running).to_contain_text("Waits for a free worker")
    expect(running).to_contain_text(f"asked for by {ACTOR}")
    expect(page.get_by_text("Nothing carries checks out at the moment")).to_be_visible()

    taken = checked.one("SELECT args FROM procrastinate_fetch_job_v2('{health}', :worker)", worker=worker)
    run_id = taken["run_id"]
    begun = checked.one(
        "INSERT INTO ci_health_checks (repository_id, run_id, check_type) VALUES (:of, :run, 'security_scan') "
        "RETURNING id",
        of=checked.seeded.repository_id,
        run=run_id,
    )
    checked.one(
        "INSERT INTO ci_health_checkers (check_id, name, status, started_at, findings) VALUES "
        "(:id, 'lint', 'completed', now(), 12), (:id, 'flows', 'running', now(), 0) RETURNING id",
        id=begun,
    )
    expect(running).to_contain_text("1 of 2 checkers done")
    expect(running.get_by_role("listitem").filter(has_text="Flows")).to_contain_text("looks")
    expect(running.get_by_role("listitem").filter(has_text="Lint")).to_contain_text("12 findings")

    page.locator(f".st-key-cancel-check-{run_id}").get_by_role("button").click()
    expect(running).to_contain_text("Is being cancelled")
    asked = "SELECT cancel_requested_by FROM ci_automation_runs WHERE id = :id"
    assert checked.one(asked, id=run_id) == ACTOR
    Sidecar(checked.database).end(run_id, "aborted")
    expect(running).to_have_count(0)
