"""The schedule keeps known vulnerabilities up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci_core.errors import SiteUnreachable
from ci_core.health.advisories import advisories_state
from ci_core.jobs.tasks.advisories import refresh
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW
from tests.sites.server import Sites


def test_a_run_fetches_what_is_new_and_says_what_there_is(begin: Begin, sites: Sites, tmp_path: Path) -> None:
    settings = sites.settings(data_dir=tmp_path)

    run = begin("health_advisories", settings=settings)

    first = refresh(run)
    again = refresh(begin(again=run))

    assert (first["changed"], first["advisories"], first["packages"]) == (1, 4, 3)
    assert (again["changed"], again["downloaded_mib"]) == (0, 0)
    assert advisories_state(tmp_path, NOW).present


def test_a_site_that_is_down_ends_the_attempt_with_its_own_error(begin: Begin, sites: Sites, tmp_path: Path) -> None:
    sites.break_site("osv", "503")

    with pytest.raises(SiteUnreachable):
        refresh(begin("health_advisories", settings=sites.settings(data_dir=tmp_path)))
