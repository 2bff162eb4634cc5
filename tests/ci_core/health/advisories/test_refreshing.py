"""Advisories are fetched in parts, gone on with after a failure, and never half in use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from ci_core.errors import SiteAnswerUnusable, SiteError, SiteUnreachable
from ci_core.health.advisories import (
    AdvisoriesMissing,
    advisories_dir,
    advisories_state,
    open_advisories,
    vulnerabilities,
)
from ci_core.health.advisories.refreshing import Refreshed, RefreshUnderWay, refresh_advisories
from tests.sites.server import Sites

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SMALL = 700


def refresh(sites: Sites, folder: Path, now: datetime = NOW, part_bytes: int = SMALL) -> Refreshed:
    return refresh_advisories(folder, sites.url("osv"), now=lambda: now, part_bytes=part_bytes, timeout_seconds=10)


def test_advisories_are_fetched_and_looked_up(sites: Sites, tmp_path: Path) -> None:
    done = refresh(sites, tmp_path)

    assert done.changed
    assert (done.state.advisories, done.state.packages, done.state.unreadable) == (4, 3, 0)
    assert (done.state.fetched_at, done.state.age_days, done.state.too_old) == (NOW, 0, False)
    assert sites.asked["osv"] > 3  # in parts
    with open_advisories(tmp_path) as known:
        (hole,) = vulnerabilities(known.of_package("PILLOW"), "10.1.0")
        assert (hole.advisory.known_as, hole.fixed_in, hole.advisory.cvss) == ("CVE-2023-50447", "10.2.0", 8.1)
        assert vulnerabilities(known.of_package("pillow"), "10.2.0") == ()
        assert known.of_package("requests")[0][0].id == "PYSEC-2023-74"
        assert known.of_package("nothing") == ()
        assert known.of_package("reqeusts")[0][0].malicious
    assert sorted(path.name for path in advisories_dir(tmp_path).iterdir() if "lock" not in path.name) == [
        "pypi.etag", "pypi.sqlite3",
    ]  # fmt: skip


def test_what_is_the_newest_is_not_fetched_again_but_its_age_begins_anew(sites: Sites, tmp_path: Path) -> None:
    refresh(sites, tmp_path)
    sites.asked.clear()

    again = refresh(sites, tmp_path, LATER)

    assert (again.changed, again.downloaded_bytes, sites.asked["osv"]) == (False, 0, 1)
    assert again.state.fetched_at == LATER


def test_new_advisories_take_the_place_of_the_old_ones(sites: Sites, tmp_path: Path) -> None:
    refresh(sites, tmp_path)
    package = {"ecosystem": "PyPI", "name": "flask"}
    sites.items("osv").append({"id": "GHSA-new", "affected": [{"package": package, "versions": ["1.0"]}]})

    again = refresh(sites, tmp_path, LATER)

    assert (again.changed, again.state.advisories) == (True, 5)


def test_a_download_that_breaks_off_goes_on_where_it_was(sites: Sites, tmp_path: Path) -> None:
    sites.break_site("osv", "reset", after=2)
    with pytest.raises(SiteError):
        refresh(sites, tmp_path)
    assert not advisories_state(tmp_path, NOW).present
    sites.mend()

    done = refresh(sites, tmp_path)

    assert done.state.advisories == 4
    assert 0 < done.downloaded_bytes < (advisories_dir(tmp_path) / "pypi.sqlite3").stat().st_size
    assert "Range: bytes=1400-" in "\n".join(f"Range: {headers.get('Range')}" for _, _, headers in sites.requests)


def test_a_file_that_changes_meanwhile_is_fetched_from_its_beginning(sites: Sites, tmp_path: Path) -> None:
    sites.break_site("osv", "reset", after=2)
    with pytest.raises(SiteError):
        refresh(sites, tmp_path)
    sites.mend()
    sites.items("osv").pop()

    assert refresh(sites, tmp_path).state.advisories == 3


@pytest.mark.parametrize("limit", ["whole", "no_etag"])
def test_a_site_that_knows_no_parts_or_no_versions_is_read_all_the_same(
    sites: Sites, tmp_path: Path, limit: str
) -> None:
    sites.limits("osv", **{limit: True})

    assert refresh(sites, tmp_path).state.advisories == 4
    assert refresh(sites, tmp_path, LATER).state.fetched_at == LATER


@pytest.mark.parametrize("fault", ["500", "404", "shape", "empty", "cut_off", "malformed", "redirect_private"])
def test_a_broken_site_leaves_what_was_there_in_use(sites: Sites, tmp_path: Path, fault: str) -> None:
    refresh(sites, tmp_path)
    sites.items("osv").pop()
    sites.break_site("osv", fault)

    with pytest.raises(SiteError, match=r"^OSV"):
        refresh(sites, tmp_path, LATER)

    assert advisories_state(tmp_path, LATER).advisories == 4
    assert advisories_state(tmp_path, LATER).age_days == 1


def test_a_site_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SiteUnreachable, match="no connection"):
        refresh_advisories(tmp_path, "http://127.0.0.1:9", now=lambda: NOW, timeout_seconds=2)


def test_single_broken_entries_are_counted_and_many_refuse_the_file(sites: Sites, tmp_path: Path) -> None:
    sites.items("osv").extend({**sites.items("osv")[0], "id": f"GHSA-{number}"} for number in range(40))
    sites.items("osv").append({"name": "broken.json", "raw": "{"})

    assert refresh(sites, tmp_path).state.unreadable == 1

    sites.items("osv").extend({"name": f"broken{number}.json", "raw": '{"id": 7}'} for number in range(5))
    with pytest.raises(SiteAnswerUnusable, match="6 of its 51 advisories cannot be read"):
        refresh(sites, tmp_path, LATER)
    assert advisories_state(tmp_path, LATER).unreadable == 1


def test_two_do_not_refresh_at_once(sites: Sites, tmp_path: Path) -> None:
    advisories_dir(tmp_path).mkdir()
    with FileLock(advisories_dir(tmp_path) / "refresh.lock"), pytest.raises(RefreshUnderWay):
        refresh(sites, tmp_path)


def test_none_at_all_is_said_with_the_remedy(tmp_path: Path) -> None:
    state = advisories_state(tmp_path, NOW)

    assert not state.present
    assert "ci health advisories refresh" in str(state.problem)
    with pytest.raises(AdvisoriesMissing), open_advisories(tmp_path):
        pass


def test_old_ones_are_said_to_be_too_old(sites: Sites, tmp_path: Path) -> None:
    refresh(sites, tmp_path)

    state = advisories_state(tmp_path, NOW + timedelta(days=15))

    assert (state.age_days, state.too_old) == (15, True)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    advisories_dir(tmp_path).mkdir()
    (advisories_dir(tmp_path) / "pypi.sqlite3").write_bytes(content)

    state = advisories_state(tmp_path, NOW)

    assert not state.present
    assert "cannot be read" in str(state.problem)
