"""What tests run is summed up by line, over several runs, and for what is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_core.health.trials.coverage_figures import (
    FileCoverage,
    joined,
    of_new_code,
    percent,
    read_coverage,
    total_percent,
)


def of(executed: set[int], missing: set[int]) -> FileCoverage:
    return FileCoverage(frozenset(executed | missing), frozenset(executed))


def test_a_share_is_never_rounded_up_to_a_whole() -> None:
    assert [percent(2, 3), percent(9999, 10_000), percent(0, 5), percent(5, 5), percent(0, 0)] == [
        66.6,
        99.9,
        0,
        100,
        None,
    ]


def test_coverage_is_read_by_path_below_its_roots(tmp_path: Path) -> None:
    files = {
        str(tmp_path / "copy/app/a.py"): {"executed_lines": [1, 2], "missing_lines": [3]},
        "/original/app/a.py": {"executed_lines": [3], "missing_lines": []},
        "b.py": {"executed_lines": [1, "x", -2], "missing_lines": None},
        "c.py": 7,
    }
    (tmp_path / "c.json").write_text(json.dumps({"files": files}))

    found = read_coverage(tmp_path / "c.json", [tmp_path / "copy", Path("/original")])

    assert found == {"app/a.py": of({1, 2, 3}, set()), "b.py": of({1}, set())}


@pytest.mark.parametrize("text", ["", "[]", '{"files": []}', "{" * 9])
def test_what_is_no_report_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)

    assert read_coverage(tmp_path / "c.json", []) == {}
    assert read_coverage(tmp_path / "none.json", []) == {}


def test_runs_are_added_up_by_line() -> None:
    both = joined([{"a.py": of({1}, {2, 3})}, {"a.py": of({2}, {1, 3}), "b.py": of(set(), {1, 2})}])

    assert both == {"a.py": of({1, 2}, {3}), "b.py": of(set(), {1, 2})}
    assert total_percent(both, ["a.py", "b.py", "none.py"]) == 40.0
    assert total_percent(both, ["none.py"]) is None


def test_of_new_code_only_lines_that_can_run_count() -> None:
    files = {"a.py": of({1, 2}, {4, 6}), "b.py": of({1}, set())}

    new = of_new_code(files, {"a.py": {2, 3, 4, 5}, "b.py": {1}, "notes.md": {1}})

    assert (new.lines, new.covered, new.uncovered, new.percent) == (3, 2, {"a.py": (4,)}, 66.6)
    assert of_new_code(files, {}).percent is None
