"""`ci health advisories` at a shell."""

from __future__ import annotations

import pytest

from tests.ci_core.cli.conftest import Ci
from tests.sites.fixtures import sites, standing_sites  # noqa: F401
from tests.sites.server import Sites

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"


def test_status_says_what_is_here_and_refresh_fetches_it(
    run: Ci,
    sites: Sites,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI_OSV_URL", sites.url("osv"))

    none = run(NO_DATABASE, "health", "advisories", "status")
    fetched = run(NO_DATABASE, "health", "advisories", "refresh", "--json")
    again = run(NO_DATABASE, "health", "advisories", "refresh")
    state = run(NO_DATABASE, "health", "advisories", "status", "--json")

    assert (none.status, "not known" in none.out) == (1, True)
    assert fetched.document["changed"] is True
    assert (again.status, again.out.splitlines()[0]) == (0, "Those that are here are the newest:")
    assert (state.status, state.document["advisories"], state.document["too_old"]) == (0, 4, False)


def test_a_site_that_is_down_is_one_line_on_stderr(run: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_OSV_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CI_SITE_TIMEOUT_SECONDS", "2")

    told = run(NO_DATABASE, "health", "advisories", "refresh")

    assert told.status == 1
    assert told.err.splitlines()[-1] == "error: OSV: no connection to 127.0.0.1:9"
