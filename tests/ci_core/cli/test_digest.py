"""`ci digest`: the overview in an e-mail's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]


def test_the_digest_tells_what_needs_me_and_what_changed(ci: Ci, add: Add) -> None:
    mine = add("Cache the chain", "--assignee", "tess")
    ci("enhancements", "edit", mine["id"], "--priority", "high", "--as", "grace")

    outcome = ci("digest")

    assert outcome.status == 0
    assert f"* #{mine['id']} Cache the chain" in outcome.out
    assert "grace changed priority from medium to high" in outcome.out
    assert f"http://127.0.0.1:8501/?item={mine['id']}" in outcome.out


def test_links_lead_to_the_configured_address(ci: Ci, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = add("Roll earlier", "--assignee", "tess")
    monkeypatch.setenv("CI_APP_URL", "https://magnus.example.org/")

    assert f"https://magnus.example.org/?item={mine['id']}" in ci("digest", "--html").out
    assert f"(<https://magnus.example.org/?item={mine['id']}>)" in ci("digest", "--markdown").out


def test_json_holds_everything_the_page_shows(ci: Ci, add: Add) -> None:
    mine = add("Skew chart", "--assignee", "Vera")

    document = ci("digest", "--since", "7d", "--as", "vera", "--json").document

    assert document["subject"].startswith("Magnus, ")
    assert document["overview"]["period"]["key"] == "7d"
    assigned = next(block for block in document["overview"]["needs"] if block["key"] == "assigned")
    assert [line["enhancement_id"] for line in assigned["lines"]] == [mine["id"]]


def test_a_time_that_cannot_be_is_refused_with_what_would_do(ci: Ci) -> None:
    outcome = ci("digest", "--since", "soon")

    assert outcome.status == 1
    assert "Use 12h, 7d, 2w" in outcome.err


def test_one_form_at_a_time(ci: Ci) -> None:
    assert ci("digest", "--html", "--json").status == 2
