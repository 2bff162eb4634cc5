"""`ci health` at a shell: issues as a list, in groups and one by one, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.health.seeds import Seeded, seed_platform

REPO = ("--repo", "team/magnus")
FIELDS = [
    "id", "fingerprint", "issue_type", "severity", "rule", "title", "description", "file_path", "line_number", "status",
    "auto_fixable", "first_detected_at", "last_seen_at", "occurrence_count", "enhancement_id",
]  # fmt: skip


@pytest.fixture(scope="module")
def seeded(backlog: Database) -> Seeded:
    with backlog.transaction("agent:health") as session:
        return seed_platform(session, datetime.now(UTC), weeks=3, issues=80, files=20)


def test_the_list_has_exactly_the_promised_fields(ci: Ci, seeded: Seeded) -> None:
    listed = ci("health", "issues", *REPO, "--limit", 5, "--json").document

    assert list(listed) == ["total", "issues"]
    assert [list(one) for one in listed["issues"]] == [FIELDS] * 5
    assert listed["issues"][0]["severity"] == "critical"


def test_without_a_state_what_still_harms_is_listed(ci: Ci, seeded: Seeded) -> None:
    standing = ci("health", "issues", *REPO, "--limit", 1000, "--json").document
    everything = ci("health", "issues", *REPO, "--status", "everything", "--limit", 1000, "--json").document

    assert {one["status"] for one in standing["issues"]} <= {"open", "acknowledged", "fixing"}
    assert everything["total"] > standing["total"]


@pytest.mark.parametrize(
    ("options", "field", "allowed"),
    [
        (("--severity", "critical,high"), "severity", {"critical", "high"}),
        (("--severity", "critical", "--severity", "HIGH"), "severity", {"critical", "high"}),
        (("--status", "fixed"), "status", {"fixed"}),
        (("--type", "security"), "issue_type", {"security"}),
    ],
)
def test_options_narrow_the_list(
    ci: Ci, seeded: Seeded, options: tuple[str, ...], field: str, allowed: set[str]
) -> None:
    found = ci("health", "issues", *REPO, *options, "--limit", 1000, "--json").document["issues"]

    assert found
    assert {one[field] for one in found} <= allowed


def test_a_rule_and_a_path_narrow_as_well(ci: Ci, seeded: Seeded) -> None:
    one = ci("health", "issues", *REPO, "--type", "code_quality", "--limit", 1, "--json").document["issues"][0]

    found = ci("health", "issues", *REPO, "--rule", one["rule"], "--path", f"./{one['file_path']}", "--json").document[
        "issues"
    ]

    assert one["id"] in [other["id"] for other in found]
    assert {(other["rule"], other["file_path"]) for other in found} == {(one["rule"], one["file_path"])}


def test_people_read_a_table(ci: Ci, seeded: Seeded) -> None:
    told = ci("health", "issues", *REPO, "--limit", 3)

    assert told.out.splitlines()[0].split() == ["ID", "SEVERITY", "STATUS", "RULE", "WHERE", "WHAT"]
    assert len(told.out.splitlines()) == 4
    assert "in team/magnus" in told.err


def test_groups_are_counted(ci: Ci, seeded: Seeded) -> None:
    groups = ci("health", "issues", *REPO, "--group", "severity", "--json").document

    assert [one["key"] for one in groups["groups"]][:2] == ["critical", "high"]
    assert sum(one["count"] for one in groups["groups"]) == ci("health", "issues", *REPO, "--json").document["total"]


def test_one_issue_is_shown_with_code_and_history(ci: Ci, seeded: Seeded) -> None:
    one = ci("health", "issues", *REPO, "--type", "security", "--limit", 1, "--json").document["issues"][0]

    told = ci("health", "issue", one["id"]).out
    document = ci("health", "issue", one["id"], "--json").document

    assert "CODE" in told
    assert list(document)[: len(FIELDS)] == FIELDS
    assert document["snippet"]
    assert {"why", "remedy", "cwe", "introduced_commit"} <= set(document)


def test_hostile_text_does_not_reach_the_terminal(ci: Ci, seeded: Seeded) -> None:
    told = ci("health", "issues", *REPO, "--status", "everything", "--limit", 1000).out

    assert "\x1b" not in told
    assert "\u202e" not in told


def test_decisions_are_stored_told_and_taken_back(ci: Ci, seeded: Seeded) -> None:
    ids = [
        one["id"]
        for one in ci("health", "issues", *REPO, "--status", "open", "--severity", "low", "--json").document["issues"][
            :2
        ]
    ]

    dismissed = ci(
        "health", "dismiss", *ids, "--reason", "only in tests", "--as-what", "false_positive", "--until", "2027-03-01",
        "--json",
    ).document  # fmt: skip
    shown = ci("health", "issue", ids[0], "--json").document

    assert {one["status"] for one in dismissed["issues"]} == {"false_positive"}
    assert (shown["status_reason"], shown["status_by"]) == ("only in tests", "tess")
    assert shown["status_until"].startswith("2027-03-01")
    undone = ci("enhancements", "undo", "--transaction", dismissed["transaction_id"])
    assert undone.status == 0, undone.err
    assert {ci("health", "issue", one, "--json").document["status"] for one in ids} == {"open"}


def test_acknowledging_and_reopening(ci: Ci, seeded: Seeded) -> None:
    one = ci("health", "issues", *REPO, "--status", "open", "--limit", 1, "--json").document["issues"][0]["id"]

    assert "acknowledged" in ci("health", "ack", one, "--reason", "next month").out
    assert ci("health", "issue", one, "--json").document["status"] == "acknowledged"
    assert "open again" in ci("health", "reopen", one).out
    assert ci("health", "issue", one, "--json").document["status"] == "open"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("issues", "--severity", "terrible"), 1, "no severity"),
        (("issues", "--status", "gone"), 1, "no status"),
        (("issues", "--group", "colour", "--repo", "team/magnus"), 1, "no group"),
        (("issues", "--repo", "nobody/nothing"), 1, "team/magnus"),
        (("issue", "999999999"), 1, "no issue"),
        (("dismiss", "1"), 2, "reason"),
        (("dismiss", "1", "--reason", "x", "--as-what", "fixed"), 1, "wont_fix"),
        (("ack", "999999999"), 1, "999999999"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    ci: Ci, seeded: Seeded, arguments: tuple[str, ...], status: int, told: str
) -> None:
    refused = ci("health", *arguments)

    assert (refused.status, refused.out) == (status, "")
    assert told in refused.err
    assert len(refused.err.strip().splitlines()) == 1
