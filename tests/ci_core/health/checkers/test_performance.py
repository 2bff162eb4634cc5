"""Each part of the performance is measured by itself, and what was not measured is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci_core.health.checkers import performance
from ci_core.health.checkers.kinds import CheckerFailed, NotApplicable, Workbench
from ci_core.health.checkers.performance import check
from ci_core.health.measuring.imports import ImportTime
from ci_core.health.measuring.pages import PageTime, PageTimes
from ci_core.health.measuring.queries import SlowQuery
from ci_core.health.values import Target
from tests.ci_core.health.targets import target_of, workbench_in
from tests.ci_core.health.trials.environment import small_environment

ANY = Path("/an/interpreter")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures as the parts would give them."""
    times = (
        PageTime("http://a/", 1500, 20, 200), PageTime("http://a/slow", 2500, 20, 200),
        PageTime("http://a/worst", 6100, 20, 200), PageTime("http://a/gone", 10, 10, 404),
    )  # fmt: skip
    queries = (SlowQuery("SELECT a", 1200, 340.0, 408_000.0),)
    imports = (ImportTime("app", 4200.0, 700.0, (("torch", 3900.0),)), ImportTime("other", 0.0, None, problem="no"))
    monkeypatch.setattr(performance, "measure_pages", lambda *_: PageTimes(times, "browser"))
    monkeypatch.setattr(performance, "slow_queries", lambda *_: queries)
    monkeypatch.setattr(performance, "measure_imports", lambda *_: imports)


def test_what_is_slower_than_the_settings_allow_is_told(tmp_path: Path, measured: None) -> None:
    target = target_of(tmp_path / "repo", {"app/__init__.py": ""})

    found = check(target, workbench_in(tmp_path, app_url="http://a", database_url="postgresql://x", python=ANY))

    assert [(one.rule, one.subject, one.details["severity"], one.path) for one in found.sightings] == [
        ("slow-page", "/slow", "medium", None),
        ("slow-page", "/worst", "high", None),
        ("broken-page", "/gone", "high", None),
        ("slow-query", SlowQuery("SELECT a", 1, 1, 1).name, "high", None),
        ("slow-import", "app", "low", "app/__init__.py"),
        ("memory-hungry-import", "app", "low", "app/__init__.py"),
    ]
    assert found.sightings[3].message == "This takes 340 ms on average (1,200 times): SELECT a"
    assert (found.metrics["page_load_ms"], found.metrics["slowest_query_ms"], found.metrics["import_ms"]) == (
        6100,
        340,
        4200,
    )
    assert found.metrics["imports_not_measured"] == ["other: no"]
    assert found.looked_at_whole


def test_a_part_that_fails_leaves_the_others_and_resolves_nothing(
    tmp_path: Path, measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> PageTimes:
        raise CheckerFailed("The app is down.", remedy="Start it.")

    monkeypatch.setattr(performance, "measure_pages", fails)
    target = target_of(tmp_path / "repo", {"app/__init__.py": ""})

    found = check(target, workbench_in(tmp_path, app_url="http://a", python=ANY))

    assert found.metrics["not_measured"] == ["The app is down."]
    assert not found.looked_at_whole
    with pytest.raises(CheckerFailed, match="The app is down") as failed:
        check(target_of(tmp_path / "none", {"a.py": ""}), workbench_in(tmp_path, app_url="http://a"))
    assert failed.value.remedy == "Start it."


def test_with_nothing_to_measure_it_says_what_to_configure(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable) as skipped:
        check(target_of(tmp_path / "repo", {"app/__init__.py": ""}), workbench_in(tmp_path))

    assert "CI_HEALTH_APP_URL" in str(skipped.value.remedy)


def test_packages_are_imported_in_their_own_environment(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "import decimal\nprint('noise')\n",
        "src/lib/__init__.py": "import nothing_there\n",
    }
    python = small_environment(tmp_path / "environment", packages=())
    target: Target = target_of(tmp_path / "repo", files)
    workbench: Workbench = workbench_in(tmp_path, python=python)

    found = check(target, workbench)

    (one,) = found.metrics["imports"]
    assert (one["package"], one["ms"] > 0, one["slowest"][0][0]) == ("app", True, "decimal")
    assert found.metrics["imports_not_measured"] == ["lib: ModuleNotFoundError: No module named 'nothing_there'"]
