"""Whatever a site does, its source ends with a clear status, in time, and with what came before."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ci_core.research.sources import SourceReading
from db.enums import SourceHealth
from tests.ci_core.research.sources.reading import EACH, KINDS, ids, read
from tests.sites import Fault, Sites

LABELS = {
    "reddit": "Reddit",
    "github": "GitHub",
    "arxiv": "arXiv",
    "hacker_news": "Hacker News",
    "stack_overflow": "Stack Exchange",
}
ENDS = {
    "401": "401",
    "403": "403",
    "404": "404",
    "500": "500",
    "503": "503",
    "418": "did not accept",
    "hang": "no answer within 0.3 s",
    "drip": "no answer within 0.3 s",
    "huge": "larger than 16 MiB",
    "bomb": "larger than 16 MiB",
    "redirect_scheme": "redirect",
    "cut_short": "cut off",
    "empty": "",
    "shape": "",
}


@pytest.mark.parametrize("site", KINDS)
@pytest.mark.parametrize("fault", ENDS)
def test_a_fault_is_a_status_of_the_source(sites: Sites, site: str, fault: str) -> None:
    sites.break_site(site, fault)
    begun = time.monotonic()

    reading = read(sites, site, site_timeout_seconds=0.3 if fault in {"hang", "drip"} else 10)

    assert reading.items == ()
    assert reading.health is SourceHealth.FAILED
    assert reading.message is not None
    assert reading.message.startswith(LABELS[site])
    assert ENDS[fault] in reading.message
    assert reading.message.isprintable()
    assert reading.newest_item_at is None
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("site", KINDS)
def test_a_redirect_to_a_private_address_is_never_followed(sites: Sites, site: str) -> None:
    sites.break_site(site, "redirect_private")

    reading = read(sites, site)

    assert reading.health is SourceHealth.FAILED
    assert "redirects" in (reading.message or "")


@pytest.mark.parametrize("site", [kind for kind in KINDS if kind != "reddit"])
def test_a_circle_of_redirects_ends(sites: Sites, site: str) -> None:
    sites.break_site(site, "redirect_loop")

    reading = read(sites, site)

    assert "redirects more than 5 times" in (reading.message or "")


@pytest.mark.parametrize("site", KINDS)
def test_the_site_says_when_to_come_again(sites: Sites, site: str) -> None:
    sites.break_site(site, "429", retry_after="3600")

    reading = read(sites, site)

    assert reading.retry_at is not None
    assert 3_500 < (reading.retry_at - sites.now).total_seconds() < 3_700
    assert f"{LABELS[site]}: 429, next try" in (reading.message or "")
    assert sites.asked[site] <= 2  # asked once, besides for a token


@pytest.mark.parametrize("site", KINDS)
@pytest.mark.parametrize("fault", ["cut_off", "malformed"])
def test_what_is_cut_off_or_malformed_is_told(sites: Sites, site: str, fault: str) -> None:
    sites.break_site(site, fault)

    reading = read(sites, site)

    assert reading.health is not SourceHealth.OK
    assert reading.message
    if site == "arxiv" and fault == "cut_off":  # what can be read of a feed is worth having
        assert reading.health is SourceHealth.DEGRADED
        assert reading.items
    else:
        assert reading.items == ()


@pytest.mark.parametrize("site", KINDS)
def test_a_wrong_charset_is_read_with_a_remark(sites: Sites, site: str) -> None:
    sites.break_site(site, "charset")

    reading = read(sites, site)

    assert len(reading.items) >= 3
    assert reading.health is SourceHealth.DEGRADED
    assert "charset" in (reading.message or "")


@pytest.mark.parametrize("site", KINDS)
@pytest.mark.parametrize("fault", ["500", "reset", "429", "cut_off", "hang", "shape"])
def test_what_came_before_a_fault_is_kept(sites: Sites, site: str, fault: str) -> None:
    known = len(read(sites, site).items)
    sites.break_site(site, Fault(fault, after=1))

    # One item a page, so that the second page is the broken one.
    reading = read_page_by_page(sites, site, seconds=0.3 if fault == "hang" else 10)

    assert 1 <= len(reading.items) < known
    assert reading.health is SourceHealth.DEGRADED
    assert reading.newest_item_at is None  # the next reading begins where this one did


@pytest.mark.parametrize("site", KINDS)
def test_a_short_outage_is_waited_out(sites: Sites, site: str) -> None:
    whole = ids(read(sites, site))
    sites.break_site(site, "503", times=2)

    reading = read(sites, site)

    assert reading.health is SourceHealth.OK
    assert ids(reading) == whole


@pytest.mark.parametrize("site", KINDS)
def test_nobody_listens_there(sites: Sites, site: str) -> None:
    nowhere = {
        "reddit_url": "http://127.0.0.1:9",
        "github_api_url": "http://127.0.0.1:9",
        "arxiv_api_url": "http://127.0.0.1:9",
        "hacker_news_api_url": "http://127.0.0.1:9",
        "stackexchange_api_url": "http://127.0.0.1:9",
    }

    reading = read(sites, site, **nowhere)

    assert reading.message == f"{LABELS[site]}: no connection to 127.0.0.1:9"


def read_page_by_page(sites: Sites, site: str, *, seconds: float) -> SourceReading:
    source = EACH[site]
    if site == "reddit":
        sites.limits("reddit", page=1)
        sites.break_site(site, replace(sites.fault(site), after=2))  # the token comes first
    elif site == "arxiv":
        sites.limits("arxiv", page=1)
    elif site == "github":
        source = replace(source, search_filters={"topics": ["quantitative-finance", "trading-platform"]})
    else:
        source = replace(source, search_queries=("option", "volatility", "trading"))
    return read(sites, source, site_timeout_seconds=seconds)
