"""`ci research sources`, as a person types it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ci_core.cli.conftest import Ci
from tests.sites import Sites
from tests.sites.fixtures import sites, standing_sites  # noqa: F401


@pytest.fixture(autouse=True)
def at_the_stand_ins(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for name, value in sites.environment().items():
        monkeypatch.setenv(name, value)


def added(ci: Ci, name: str, *options: object) -> dict[str, Any]:
    outcome = ci("research", "sources", "add", name, "--type", "hacker_news", *options, "--json")
    assert outcome.status == 0, outcome.err
    return dict(outcome.document)


def test_a_source_is_added_after_its_newest_items_were_shown(ci: Ci) -> None:
    outcome = ci(
        "research", "sources", "add", "HN wheel", "-t", "hacker_news", "-q", "options trading", "-f", "min_points=50"
    )

    assert outcome.status == 0, outcome.err
    assert "Show HN: An options trading journal" in outcome.out
    assert "Added source" in outcome.out


def test_a_source_that_cannot_be_read_is_not_saved(ci: Ci, sites: Sites) -> None:  # noqa: F811
    sites.break_site("hacker_news", "404")

    outcome = ci("research", "sources", "add", "Nowhere", "-t", "hacker_news")
    listed = ci("research", "sources", "list", "--json").document["sources"]

    assert outcome.status == 1
    assert "Nothing was saved. Hacker News: 404" in outcome.err
    assert "Nowhere" not in [source["source_name"] for source in listed]


def test_untested_saves_it_anyhow(ci: Ci, sites: Sites) -> None:  # noqa: F811
    sites.break_site("hacker_news", "404")

    assert added(ci, "For later", "--untested")["enabled"]
    assert sites.asked["hacker_news"] == 0


def test_filters_are_typed_as_lists_and_numbers(ci: Ci) -> None:
    source = added(ci, "Asking", "-f", "kinds=ask_hn,show_hn", "-f", "min_points=3")

    assert source["search_filters"] == {"kinds": ["ask_hn", "show_hn"], "min_points": 3}


def test_an_edit_changes_what_is_named(ci: Ci) -> None:
    before = added(ci, "To edit", "-q", "options", "-f", "min_points=3")

    changed = ci(
        "research", "sources", "edit", "to edit", "--every", 6, "-f", "min_points=", "-f", "min_comments=2", "--json"
    ).document

    assert changed == {**before, "scan_frequency_hours": 6, "search_filters": {"min_comments": 2}}


def test_a_wrong_filter_names_those_that_there_are(ci: Ci) -> None:
    outcome = ci("research", "sources", "add", "Wrong", "-t", "hacker_news", "-f", "points=3")

    assert outcome.status == 1
    assert outcome.err.strip() == (
        "error: Filter “points” is not known for hacker_news. Known are: min_points, min_comments, kinds."
    )


def test_a_source_is_switched_off_and_on(ci: Ci) -> None:
    source = added(ci, "Switch")

    assert not ci("research", "sources", "disable", "Switch", "--json").document["enabled"]
    shown = ci("research", "sources", "show", source["id"], "--json").document
    assert shown["standing"] == "off"
    assert ci("research", "sources", "enable", source["id"], "--json").document["enabled"]


def test_a_test_shows_three_items(ci: Ci) -> None:
    added(ci, "To test")

    outcome = ci("research", "sources", "test", "To test", "--json")

    assert outcome.status == 0
    assert len(outcome.document["items"]) == 3


def test_a_test_that_fails_says_why_and_when_again(ci: Ci, sites: Sites) -> None:  # noqa: F811
    ci("research", "sources", "add", "Finance", "-t", "arxiv", "-f", "categories=q-fin.PM,q-fin.CP", "--untested")
    sites.break_site("arxiv", "429", retry_after="90")

    outcome = ci("research", "sources", "test", "Finance")

    assert outcome.status == 1
    assert outcome.err.splitlines()[-1].startswith("arXiv: 429, next try ")  # above it, the log says so too


def test_show_tells_the_filters_that_there_are(ci: Ci) -> None:
    added(ci, "To show", "-f", "min_points=3")

    outcome = ci("research", "sources", "show", "To show")

    assert "min_points  3" in outcome.out
    assert "Filters that Hacker News knows: min_points, min_comments, kinds" in outcome.err


def test_secrets_are_nowhere(ci: Ci, sites: Sites) -> None:  # noqa: F811
    sites.break_site("reddit", "401")

    outcome = ci("research", "sources", "add", "r/Python", "-t", "reddit")

    assert "Reddit API authentication failed: 401" in outcome.err
    assert "stand-in-secret" not in outcome.out + outcome.err
