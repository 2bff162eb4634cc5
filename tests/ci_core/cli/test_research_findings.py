"""Findings at a shell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.research.found import add_finding

Find = Callable[..., int]
FIELDS = {
    "id", "source_type", "source_name", "source_url", "source_title", "status", "relevance_score", "novelty_score",
    "applicability_score", "implementation_difficulty", "reason", "scored_by", "duplicate_of", "related_to",
    "discovered_at",
}  # fmt: skip


@pytest.fixture
def find(backlog: Database) -> Find:
    def added(title: str, **fields: Any) -> int:
        with backlog.transaction("agent:research") as session:
            return add_finding(session, title, **fields)

    return added


def listed(ci: Ci, *options: object) -> dict[str, Any]:
    outcome = ci("research", "findings", *options, "--json")
    assert outcome.status == 0, outcome.err
    return dict(outcome.document)


def test_findings_are_listed_with_every_field_that_scripts_read(ci: Ci, find: Find) -> None:
    find("Low listing", source_type="listing", relevance_score=61)
    high = find("High listing", source_type="listing", relevance_score=90)
    find("Set aside", source_type="listing", relevance_score=10, status="rejected", decided_by="agent:research")

    document = listed(ci, "--source-type", "listing")

    assert document["total"] == 2
    assert [one["source_title"] for one in document["findings"]] == ["High listing", "Low listing"]
    first = document["findings"][0]
    assert set(first) >= FIELDS
    assert (first["id"], first["relevance_score"], first["duplicate_of"], first["related_to"]) == (high, 90, None, [])
    assert listed(ci, "--source-type", "listing", "--min-relevance", 80)["total"] == 1
    assert listed(ci, "--source-type", "listing", "--status", "rejected")["total"] == 1
    assert listed(ci, "--source-type", "listing", "--status", "set_aside")["total"] == 1
    assert listed(ci, "--source-type", "listing", "--status", "everything")["total"] == 3
    assert listed(ci, "--source-type", "listing", "--status", "analyzed,rejected")["total"] == 3
    paged = listed(ci, "--source-type", "listing", "--limit", 1, "--offset", 1)
    assert (paged["total"], [one["source_title"] for one in paged["findings"]]) == (2, ["Low listing"])


def test_people_read_a_table(ci: Ci, find: Find) -> None:
    find("Evil \x1b[31m title", source_type="tabled", uncertain=True)

    outcome = ci("research", "findings", "--source-type", "tabled")

    assert outcome.out.splitlines()[0].split() == ["ID", "SCORE", "SITE", "STATUS", "FOUND", "TITLE"]
    assert "70?" in outcome.out
    assert "\x1b" not in outcome.out
    assert "1–1 of 1; ? marks" in outcome.err


def test_a_state_that_is_none_is_wrong_usage(ci: Ci) -> None:
    outcome = ci("research", "findings", "--status", "lost")

    assert outcome.status == 2
    assert "'lost' is no state. Allowed are: new, analyzed" in outcome.err
    assert ci("research", "findings", "--min-relevance", 300).status == 1


def test_one_finding_is_shown_whole(ci: Ci, find: Find) -> None:
    item = find("Whole", author="kim")
    again = find("Whole again", status="duplicate", canonical_finding_id=item, duplicate_reason="same address")

    shown = ci("research", "show", item)
    document = ci("research", "show", again, "--json").document

    for words in ("Whole", "kim", "Near to your interest", "QUOTATION", "REPEATED BY", "same address", "HISTORY"):
        assert words in shown.out
    assert document["duplicate_of"] == item
    assert document["duplicate_of_finding"]["reason"] == "same address"
    missing = ci("research", "show", 999_999)
    assert (missing.status, missing.err) == (1, "error: There is no finding 999999.\n")


def test_every_decision_can_be_made_and_undone_at_a_shell(ci: Ci, find: Find) -> None:
    items = [find(f"Decide {number}") for number in range(6)]
    target = ci("enhancements", "add", "--title", "Target", "--json").document["id"]
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"

    made = ci("research", "convert", items[0], "--priority", "critical", "--title", "Better", "--json").document
    assert made["enhancement"]["priority"] == "critical"
    assert made["enhancement"]["title"] == "Better"
    assert f"is #{made['enhancement_id']} now" not in ci("research", "attach", items[1], target).out
    assert "is rejected: Old" in ci("research", "reject", items[2], "--reason", "Old").out
    assert "is back in the feed" in ci("research", "reopen", items[2]).out
    assert f"until {day} 09:00" in ci("research", "snooze", items[3], "--until", day).out
    assert f"repeats finding {items[5]}" in ci("research", "merge", items[4], items[5]).out
    assert "stands for itself" in ci("research", "split", items[4], "--related").out
    states = [ci("research", "show", item, "--json").document["status"] for item in items]

    assert states == ["converted_to_enhancement", "converted_to_enhancement", *["analyzed"] * 4]
    refused = ci("research", "reject", items[0])
    assert refused.status == 1
    assert "Undo that first" in refused.err
    assert ci("research", "convert", items[5], "--category", "nonsense").status == 1
    assert ci("research", "reject", items[5], "--expected-version", 9).status == 1
    assert ci("research", "snooze", items[5], "--until", "someday").status == 2
