"""GitHub by PyGithub, against the stand-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ci_core.research.sources import SourceConfig
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import ids, read
from tests.sites import Sites

ENGINE = "optlab/backtesting-engine"


def finance(*queries: str, **filters: Any) -> SourceConfig:
    return SourceConfig("github", "Finance", search_queries=queries, search_filters=filters)


def test_a_repository_is_read_whole(sites: Sites) -> None:
    found = read(sites, finance(topics=["options-trading"], min_stars=50)).items

    assert [item.external_id for item in found] == ["repo:501"]
    assert found[0].title.startswith("strikewise/wheel-screener: Screener for the wheel strategy")
    assert found[0].url == "https://github.com/strikewise/wheel-screener"
    assert found[0].author == "strikewise"
    assert found[0].engagement == {"stars": 420, "forks": 3, "open_issues": 2}
    assert found[0].links == ("https://strikewise.example.org",)
    assert "Topics: trading-platform, options-trading." in found[0].text


@pytest.mark.parametrize(
    ("queries", "filters", "found"),
    [
        ((), {"topics": ["quantitative-finance"]}, {502, 503, 505, 507}),
        ((), {"topics": ["quantitative-finance"], "language": "python"}, {502, 503, 505}),
        ((), {"topics": ["quantitative-finance"], "min_stars": 1000}, {502, 507}),
        (("wheel strategy",), {}, {501}),
        (("wheel strategy",), {"topics": ["python-finance"]}, {501, 503}),
        (("wheel strategy",), {"min_stars": 500}, set()),
    ],
)
def test_filters_keep_what_fits(
    sites: Sites, queries: tuple[str, ...], filters: dict[str, Any], found: set[int]
) -> None:
    assert set(ids(read(sites, finance(*queries, **filters)))) == {f"repo:{number}" for number in found}


def test_the_first_time_the_best_come_first_and_then_the_latest(sites: Sites) -> None:
    first = read(sites, finance(topics=["quantitative-finance"]))
    later = read(sites, finance(topics=["quantitative-finance"]), sites.now - timedelta(hours=10))

    assert ids(first)[0] == "repo:507"
    assert ids(later) == ["repo:502", "repo:503"]
    assert later.newest_item_at == sites.now  # the next reading goes on from here, whenever they were made


def test_pages_are_turned_up_to_the_limit(sites: Sites) -> None:
    for number in range(230):
        sites.add(
            "github",
            {"kind": "repository", "id": 1000 + number, "name": f"many/r{number}", "stars": number, "topics": ["many"]},
        )

    assert len(read(sites, finance(topics=["many"]), limit=150).items) == 150
    assert sites.asked["github"] == 2


def test_a_named_repository_gives_issues_discussions_and_releases(sites: Sites) -> None:
    reading = read(sites, finance(repositories=[ENGINE]))

    assert set(ids(reading)) == {"issue:9001", "issue:9002", "release:8001", "release:8002", "discussion:7001"}
    by_id = {item.external_id: item for item in reading.items}
    assert by_id["release:8001"].title == f"{ENGINE} v2.4.0: Early assignment"
    assert by_id["release:8002"].title == f"{ENGINE} v2.3.0"
    assert by_id["issue:9001"].title == f"{ENGINE}: Early assignment before ex-dividend date is ignored"
    assert by_id["issue:9001"].engagement == {"comments": 6, "reactions": 4}
    assert by_id["discussion:7001"].engagement == {"comments": 8, "votes": 11}


def test_only_the_parts_that_are_wanted(sites: Sites) -> None:
    reading = read(sites, finance(repositories=[ENGINE], include=["issues"], min_comments=10))

    assert ids(reading) == ["issue:9002"]


def test_only_what_is_new_is_read(sites: Sites) -> None:
    reading = read(sites, finance(repositories=[ENGINE]), sites.now - timedelta(hours=1))

    assert set(ids(reading)) == {"issue:9001", "release:8001", "discussion:7001"}


def test_it_runs_without_a_token(sites: Sites) -> None:
    reading = read(sites, finance(repositories=[ENGINE]), github_token=None)

    assert reading.health is SourceHealth.OK
    assert not any(number.startswith("discussion") for number in ids(reading))
    assert not any("Authorization" in headers for _, _, headers in sites.requests)


def test_discussions_that_were_asked_for_need_one(sites: Sites) -> None:
    reading = read(sites, finance(repositories=[ENGINE], include=["discussions", "releases"]), github_token=None)

    assert reading.health is SourceHealth.DEGRADED
    assert "GITHUB_TOKEN" in (reading.message or "")


def test_a_wrong_token_is_said_so_and_not_shown(sites: Sites) -> None:
    reading = read(sites, finance("wheel"), github_token="gh-very-wrong")

    assert reading.message == (
        "GitHub API authentication failed: 401 (Bad credentials). Check GITHUB_TOKEN: a token without any scope will "
        "do (https://github.com/settings/tokens)."
    )


def test_a_spent_limit_says_until_when_instead_of_sleeping(sites: Sites) -> None:
    sites.limits("github", remaining=0, reset_seconds=1_800)

    reading = read(sites, finance("wheel"))

    assert (reading.message or "").startswith("GitHub: 403, next try ")
    assert reading.retry_at is not None
    assert 1_700 < (reading.retry_at - sites.now).total_seconds() < 1_900
    assert sites.asked["github"] == 1


def test_a_repository_that_is_gone_is_said_so(sites: Sites) -> None:
    reading = read(sites, finance(repositories=["gone/gone"]))

    assert reading.message == "GitHub: 404, not there (any more) (Not Found)"


def test_nothing_is_asked_beyond_the_lists(sites: Sites) -> None:
    sites.items("github")[0]["raw"] = {"description": None, "topics": None, "language": None, "homepage": ""}

    read(sites, finance("wheel strategy", topics=["options-trading"]))

    assert sites.asked["github"] == 2


def test_forks_archives_and_drafts_are_left_out(sites: Sites) -> None:
    sites.items("github")[0]["raw"] = {"fork": True}
    sites.items("github")[1]["raw"] = {"archived": True}
    for item in sites.items("github"):
        if item["kind"] == "release":
            item["raw"] = {"draft": True}

    found = ids(
        read(sites, finance("wheel strategy", "backtesting engine", repositories=[ENGINE], include=["releases"]))
    )

    assert found == []


def test_a_repository_with_nothing_but_pull_requests_is_not_read_to_its_end(sites: Sites) -> None:
    pull = {"pull_request": {"url": "https://api.github.com/x"}}
    for number in range(1_500):
        sites.add("github", {"kind": "issue", "id": number, "repository": ENGINE, "title": "A change", "raw": pull})

    reading = read(sites, finance(repositories=[ENGINE], include=["issues"]), sites.now - timedelta(hours=1))

    assert sites.asked["github"] <= 11
    assert reading.newest_item_at is None  # older ones may wait behind them
