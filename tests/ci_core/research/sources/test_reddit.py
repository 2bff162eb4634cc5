"""Reddit by praw, against the stand-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ci_core.errors import InvalidInput
from ci_core.research.sources import SourceConfig
from ci_core.research.sources.reddit import _praw, place
from ci_core.settings import Settings
from ci_core.web import WebClient
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import ids, read
from tests.sites import Sites


def options(*queries: str, **filters: Any) -> SourceConfig:
    return SourceConfig("reddit", "r/options", search_queries=queries, search_filters=filters)


def test_a_post_is_read_whole(sites: Sites) -> None:
    post = read(sites, options("wheel strategy screener")).items[0]

    assert post.external_id == "t3_r1001"
    assert post.url == "https://www.reddit.com/r/options/comments/r1001/post/"
    assert post.title == "Wheel strategy screener that ranks strikes by premium per day of risk"
    assert post.markup == "markdown"
    assert post.author == "thetafarmer"
    assert post.published_at == (sites.now - timedelta(hours=3)).replace(microsecond=0)
    assert post.engagement == {"score": 184, "comments": 41}
    assert post.links == ("https://github.com/strikewise/wheel-screener",)


def test_a_post_that_links_elsewhere_names_that_first(sites: Sites) -> None:
    source = SourceConfig(
        "reddit", "Algo", search_queries=("event queue",), search_filters={"subreddit": "algotrading"}
    )

    assert read(sites, source).items[0].links[0] == "https://github.com/pgdesk/order-queue"


def test_queries_take_turns_and_nothing_comes_twice(sites: Sites) -> None:
    reading = read(sites, options("wheel strategy", "covered call", "cash secured put"), limit=4)

    assert len(set(ids(reading))) == 4
    assert "t3_r1002" in ids(reading)  # of the second query, though the first has more


def test_pages_are_turned_up_to_the_limit(sites: Sites) -> None:
    sites.limits("reddit", page=2)

    assert len(read(sites, options(), limit=5).items) == 5
    assert sites.asked["reddit"] == 1 + 3  # the token, and three pages


def test_only_what_is_new_is_read(sites: Sites) -> None:
    sites.limits("reddit", page=1)

    reading = read(sites, options(), sites.now - timedelta(hours=1))  # and the day of overlap

    assert ids(reading) == ["t3_r1001", "t3_r1002", "t3_r1003"]
    assert sites.asked["reddit"] <= 6  # the pages behind are not asked for


def test_a_pinned_old_post_does_not_end_the_reading(sites: Sites) -> None:
    sites.add("reddit", {"id": "r0", "subreddit": "options", "age_hours": 0.1, "title": "Rules", "stickied": True})
    sites.items("reddit")[-1]["raw"] = {"created_utc": 1_000_000.0}

    assert "t3_r1001" in ids(read(sites, options(), sites.now - timedelta(hours=1)))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"min_score": 90}, {"t3_r1001", "t3_r1002"}),
        ({"min_comments": 50}, {"t3_r1002", "t3_r1005"}),
        ({"flairs": ["Tools"]}, {"t3_r1001"}),
    ],
)
def test_filters_keep_what_fits(sites: Sites, filters: dict[str, Any], found: set[str]) -> None:
    assert set(ids(read(sites, options(**filters)))) == found


def test_a_subreddit_that_is_not_there_is_said_so(sites: Sites) -> None:
    reading = read(sites, SourceConfig("reddit", "r/nothing_here"))

    assert reading.message == "Reddit: r/nothing_here is not there (it redirects elsewhere)"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (SourceConfig("reddit", "r/options"), "options"),
        (SourceConfig("reddit", "Python", "https://www.reddit.com/r/Python/"), "Python"),
        (SourceConfig("reddit", "x", "https://old.reddit.com/r/a_b/new?x=1"), "a_b"),
        (SourceConfig("reddit", "r/one", search_filters={"subreddit": "two+three"}), "two+three"),
    ],
)
def test_the_subreddit_is_named_in_one_of_three_places(source: SourceConfig, name: str) -> None:
    assert place(source) == name


def test_a_source_without_a_subreddit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Say which subreddit"):
        place(SourceConfig("reddit", "Everything", "https://www.reddit.com/"))


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"reddit_client_id": None}, "REDDIT_CLIENT_ID is not set"),
        (
            {"reddit_client_id": None, "reddit_client_secret": ""},
            "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET are not set",
        ),
    ],
)
def test_missing_credentials_are_named_with_where_to_get_them(
    sites: Sites, missing: dict[str, Any], named: str
) -> None:
    reading = read(sites, options(), **missing)

    assert (reading.message or "").startswith(f"Reddit API authentication failed: {named}. Create an app")
    assert "https://www.reddit.com/prefs/apps" in (reading.message or "")
    assert sites.asked["reddit"] == 0


def test_wrong_credentials_are_said_so_and_not_shown(sites: Sites) -> None:
    reading = read(sites, options(), reddit_client_secret="very-wrong")

    assert (reading.message or "").startswith(
        "Reddit API authentication failed: 401 (Unauthorized). Check REDDIT_CLIENT"
    )
    assert "very-wrong" not in (reading.message or "")
    assert sites.asked["reddit"] == 1


def test_it_never_sleeps_over_the_headers_of_the_limit(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    sites.limits("reddit", remaining=0, reset_seconds=500, page=1)

    reading = read(sites, options(), limit=3)

    assert len(reading.items) == 3
    assert slept == []  # waiting is the business of the gate


def test_odd_posts_are_left_out_and_the_others_kept(sites: Sites) -> None:
    odd: list[dict[str, Any]] = [
        {"title": None}, {"permalink": ""}, {"created_utc": "yesterday"}, {"score": "many"}, {"author": "[deleted]"},
        {"selftext": None}, {"title": "nul \x00 and half \ud800 pair"}, {"url": "javascript:alert(1)"},
    ]  # fmt: skip
    for number, raw in enumerate(odd):
        sites.add("reddit", {"id": f"odd{number}", "subreddit": "oddities", "title": "A post", "raw": raw})

    reading = read(sites, SourceConfig("reddit", "r/oddities"))

    assert set(ids(reading)) == {f"t3_odd{number}" for number in (2, 3, 4, 5, 6, 7)}
    assert reading.health is SourceHealth.DEGRADED
    for item in reading.items:
        (item.title + item.text).encode()
        assert "\x00" not in item.title
        assert not any(link.startswith("javascript") for link in item.links)


def test_a_post_that_praw_cannot_take_ends_the_reading_clearly(sites: Sites) -> None:
    sites.items("reddit")[0]["raw"] = {"author": None}

    reading = read(sites, options())

    assert reading.message == "Reddit: the answer is not what praw expects (TypeError)"


def test_the_site_itself_has_another_address_for_its_interface() -> None:
    public = Settings(_env_file=None, REDDIT_CLIENT_ID="id", REDDIT_CLIENT_SECRET="secret")

    with WebClient("Reddit", public.reddit_url) as web:
        reddit = _praw(public, "id", "secret", web)

    assert reddit.config.oauth_url == "https://oauth.reddit.com/"
    assert reddit.config.reddit_url == "https://www.reddit.com"
    assert reddit.read_only
