"""What is imported is compared with what is named; the repository's own settings for the tool count for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from ci_core.health.checkers.dependencies import check, is_strong_copyleft
from ci_core.health.checkers.kinds import NotApplicable
from ci_core.health.values import Report
from tests.ci_core.health.targets import target_of, workbench_in

FILES = {
    "requirements.txt": "PyYAML\nflask>=2  # web\nsome-unused==1.0\ngunicorn\n",
    "requirements-dev.txt": "some-linter-plugin\npytest\n",
    "pyproject.toml": '[tool.deptry]\nignore = ["DEP001", "DEP002"]\nexclude = [".*"]\n',
    "app/main.py": (
        "import yaml\nfrom flask import Flask\nfrom app import own\nimport lacking.part\nimport pytest\n"
        "try:\n    import optional_one\nexcept ImportError:\n    optional_one = None\n"
    ),
    "app/own.py": "import json\n\nimport lacking\n",
    "app/__init__.py": "",
    "tests/test_main.py": "import pytest\nimport made_by_the_test\n",
}


def told(found: Report, rule: str) -> list[tuple[str | None, str | None, int | None]]:
    return [(one.subject, one.path, one.line) for one in found.sightings if one.rule == rule]


def environment(folder: Path, **licences: str) -> Path:
    for name, licence in licences.items():
        metadata = folder / f"lib/python3.11/site-packages/{name}-1.0.dist-info/METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{licence}\n")
    return folder / "bin/python"


def test_missing_unused_and_misplaced_packages_and_licences_are_found(tmp_path: Path, httpserver: HTTPServer) -> None:
    """One run for all: starting the tool takes a second."""
    files = [{"filename": f"flask-{version}.tar.gz"} for version in ("1.0", "3.1.0", "4.0rc1")]
    files.append({"filename": "flask-9.0.tar.gz", "yanked": True})
    httpserver.expect_request("/simple/flask/").respond_with_json({"files": files})
    httpserver.expect_request("/simple/some-unused/").respond_with_data("none", status=404)
    python = environment(tmp_path / "env", flask="License: GPLv3", some_unused="License-Expression: MIT", other="")
    index = httpserver.url_for("/simple").rstrip("/")

    found = check(target_of(tmp_path / "repo", FILES), workbench_in(tmp_path, python=python, package_index=index))

    assert told(found, "missing-dependency") == [("lacking", "app/main.py", 4)]
    assert [one.details["also_in"] for one in found.sightings if one.subject == "lacking"] == [["app/own.py:3"]]
    assert told(found, "unused-dependency") == [("some-unused", "requirements.txt", 3)]
    assert told(found, "misplaced-development-dependency") == [("pytest", "app/main.py", 5)]
    assert told(found, "copyleft-licence") == [("flask", "requirements.txt", 2)]
    assert told(found, "outdated-package") == [("flask", "requirements.txt", 2)]
    assert found.metrics["licences"] == {"GPLv3": 1, "MIT": 1}
    assert (found.metrics["packages_looked_up"], found.metrics["outdated_packages"]) == (1, 1)
    assert found.looked_at_whole
    assert "app/own.py" in found.seen


def test_a_repository_that_names_no_packages_is_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NotApplicable):
        check(target_of(tmp_path / "repo", {"main.py": "import yaml"}), workbench_in(tmp_path))


@pytest.mark.parametrize(
    ("licence", "strong"),
    [
        ("GPL-3.0-or-later", True), ("GNU General Public License v3 (GPLv3)", True), ("AGPL-3.0", True),
        ("GNU Affero General Public License v3", True), ("LGPL-2.1", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False), ("MIT", False), ("MIT OR GPL-2.0", False),
        ("BSD License; GNU General Public License v2 (GPLv2)", False), ("GPL-2.0 WITH Classpath-exception-2.0", False),
        ("Simple GPLike", False),
    ],
)  # fmt: skip
def test_licences_that_oblige(licence: str, strong: bool) -> None:
    assert is_strong_copyleft(licence) is strong
