"""Scores and ranks at a shell: set, given back, computed anew, explained, and the order that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ci_core.health.proposals import attach_issues
from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.ci_core.health.proposals.conftest import Platform

Add = Callable[..., dict[str, Any]]


def test_health_issues_behind_an_enhancement_are_shown(ci: Ci, add: Add, backlog: Database) -> None:
    item = add("Bind the parameters of the scanner")
    with backlog.transaction("tess") as session:
        platform = Platform(session)
        issue, other = platform.issue(), platform.issue(line_number=50)
        attach_issues(session, [issue, other], item["id"], actor="tess")
        platform.fix(other)

    shown = ci("enhancements", "show", item["id"]).out
    document = ci("enhancements", "show", item["id"], "--json").document["issues_behind"]

    assert "health issues: 1 to be repaired of 2" in shown.lower()
    assert "scanner/db.py:40" in shown
    assert (document["total"], document["active"], document["fixed"]) == (2, 1, 1)
    assert [one["id"] for one in document["issues"]] == [issue, other]
    assert document["issues"][0]["rule"] == "sql-injection"


def test_own_score_stands_above_the_scorer_until_it_is_cleared(ci: Ci, add: Add) -> None:
    item = add("Score me")

    own = ci("enhancements", "score", item["id"], "--override", "total=99", "--reason", "I know", "--json").document
    back = ci("enhancements", "score", item["id"], "--clear", "total", "--json").document

    assert own["ai_priority_score"] == 99
    assert own["score_overrides"]["total"]["by"] == "tess"
    assert back["ai_priority_score"] == item["ai_priority_score"]


def test_score_table_names_who_set_a_score(ci: Ci, add: Add) -> None:
    item = add("Explain me")

    shown = ci("enhancements", "score", item["id"], "--override", "user_impact=90").out

    (line,) = [line for line in shown.splitlines() if line.startswith("user_impact")]
    assert line.split()[:4] == ["user_impact", "90", "+18.0", "tess"]


@pytest.mark.parametrize(
    "options", [[], ["1", "--all"], ["--all", "--override", "total=3"], ["1", "--override", "total=much"]]
)
def test_wrong_use_of_score_is_status_2(ci: Ci, options: list[str]) -> None:
    outcome = ci("enhancements", "score", *options)

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1


def test_scores_of_all_are_computed_with_the_weights_of_today(
    ci: Ci, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = add("Weigh me")
    monkeypatch.setenv("CI_WEIGHT_IMPLEMENTATION_RISK", "0.3")
    monkeypatch.setenv("CI_WEIGHT_BUSINESS_VALUE", "0.05")

    changed = ci("enhancements", "score", "--all", "--json").document["changed"]

    assert changed > 0
    now = ci("enhancements", "show", item["id"], "--json").document
    assert now["ai_priority_score"] != item["ai_priority_score"]


def test_changes_of_rank_are_told_with_their_reason(ci: Ci, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    item = add("Dark mode for the evening")
    monkeypatch.setenv("CI_WEIGHT_USER_IMPACT", "0.0")
    monkeypatch.setenv("CI_WEIGHT_BUSINESS_VALUE", "0.45")

    outcome = ci("enhancements", "score", "--all", "--limit", "1")

    assert "→" in outcome.out
    assert "changes of rank are shown" in outcome.out.splitlines()[-1]
    monkeypatch.setenv("CI_WEIGHT_USER_IMPACT", "0.2")
    monkeypatch.setenv("CI_WEIGHT_BUSINESS_VALUE", "0.25")
    document = ci("enhancements", "score", "--all", "--json").document
    assert list(document) == ["scored", "changed", "ranks"]
    (told,) = [one for one in document["ranks"] if one["id"] == item["id"]]
    assert told["score_after"] == pytest.approx(item["ai_priority_score"])
    assert "User impact" in told["why"]
    assert "weight 0% → 20%" in told["why"]


def test_order_puts_what_is_waited_for_first_and_says_so(ci: Ci, add: Add) -> None:
    low, high = add("Tidy the attic"), add("SQL injection in the attic", "--priority", "critical")
    ci("enhancements", "depend", high["id"], "--on", low["id"])

    everything = ci("enhancements", "order", "--limit", "1000", "--json").document
    shown = ci("enhancements", "order", "--limit", "1000").out

    place = {one["id"]: one for one in everything["order"]}
    assert everything["total"] == len(place)
    assert place[low["id"]]["rank"] < place[high["id"]]["rank"]
    assert (place[low["id"]]["lifted_by"], place[high["id"]]["lifted_by"]) == (high["id"], None)
    assert f"#{high['id']} waits for it" in shown
