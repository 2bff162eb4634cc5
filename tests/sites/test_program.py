"""The stand-in sites as a program, and how their faults are written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.sites.faults import Fault, parsed
from tests.sites.server import Sites

PROJECT = Path(__file__).resolve().parents[2]


def test_it_says_where_it_stands_and_answers_there() -> None:
    command = [sys.executable, "-m", "tests.sites", "--fault", "arxiv=404"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            told = dict(program.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(9))
            with urllib.request.urlopen(f"{told['CI_HACKER_NEWS_API_URL']}/search_by_date") as answer:  # noqa: S310
                assert b"hits" in answer.read()
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{told['CI_ARXIV_API_URL']}/query?search_query=x")  # noqa: S310
        finally:
            program.send_signal(signal.SIGINT)
    assert program.returncode == 0
    assert set(told) == {
        "CI_REDDIT_URL", "CI_GITHUB_API_URL", "CI_ARXIV_API_URL", "CI_HACKER_NEWS_API_URL", "CI_STACKEXCHANGE_API_URL",
        "CI_OSV_URL", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "GITHUB_TOKEN",
    }  # fmt: skip


def test_a_fault_is_written_with_its_options() -> None:
    assert parsed("reddit=429:after=2:times=3:retry_after=60") == (
        "reddit",
        Fault("429", after=2, times=3, retry_after="60"),
    )
    assert parsed("arxiv=hang") == ("arxiv", Fault("hang"))


@pytest.mark.parametrize("written", ["reddit=nonsense", "reddit"])
def test_a_fault_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        parsed(written)


def test_a_site_that_is_none_is_refused(standing_sites: Sites) -> None:
    with pytest.raises(ValueError, match="no such site"):
        standing_sites.break_site("usenet", "500")


def test_the_settings_lead_nowhere_else(standing_sites: Sites) -> None:
    settings = standing_sites.settings(github_token=None)

    names = [name for name in type(settings).model_fields if name.endswith(("_api_url", "reddit_url"))]
    addresses = [getattr(settings, name) for name in names]
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    assert settings.github_token is None
    assert os.environ.get("CI_REDDIT_URL") != settings.reddit_url
