"""What importing costs is read from what Python says, whatever else a package prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_core.health.measuring.imports import MARK, own_packages, read_import, slowest_imports
from tests.ci_core.health.targets import target_of

WRITTEN = """\
import time: self [us] | cumulative | imported package
import time:       100 |      90000 | json
import time:       200 |        300 |     numpy.core
import time:       500 |     800000 |   numpy
import time:       100 |       2000 |     re
import time:       300 |       9000 |   app.inner
import time:        50 |       7000 |   yaml
import time:      1000 |     900000 | app
a line of somebody else
import time:        10 |         10 | resource
"""


def test_the_outermost_modules_from_elsewhere_are_told_the_slowest_first() -> None:
    assert slowest_imports(WRITTEN, "app") == (("numpy", 800.0), ("yaml", 7.0), ("re", 2.0))
    assert slowest_imports(WRITTEN, "none") == ()


def test_the_figures_are_found_among_what_the_package_prints() -> None:
    said = json.dumps({"ms": 123.44, "memory_mib": 50.06, "problem": ""})

    one = read_import("app", f"hello\n{MARK}{said}\n", WRITTEN)

    assert (one.ms, one.memory_mib, one.problem) == (123.4, 50.1, None)


@pytest.mark.parametrize("out", ["", "hello", f"{MARK}nonsense", f"{MARK}[]", f'{MARK}{{"ms": null}}'])
def test_a_process_without_figures_was_ended(out: str) -> None:
    assert read_import("app", out, "").problem == "it ended the interpreter"


def test_only_packages_that_others_import_are_measured(tmp_path: Path) -> None:
    names = (
        "app/__init__.py",
        "app/inner/__init__.py",
        "src/lib/__init__.py",
        "tests/__init__.py",
        "a-b/__init__.py",
        "x.py",
    )

    assert own_packages(target_of(tmp_path, dict.fromkeys(names, ""))) == ("app", "lib")
