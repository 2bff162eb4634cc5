"""The environment of a repository is found and read without starting anything in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ci_core.health.environments import PROJECT, find_python, installed_packages
from ci_core.settings.health import HealthSettings

NONE_SAID = HealthSettings(_env_file=None)


def interpreter(place: Path, mode: int = 0o755) -> Path:
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\ntouch started\n")
    place.chmod(mode)
    return place


def package(environment: Path, name: str, metadata: str, **files: str) -> None:
    folder = environment / "lib/python3.12/site-packages" / f"{name}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(metadata)
    for file, text in files.items():
        (folder / file.replace("_txt", ".txt")).write_text(text)


def test_the_settings_decide_then_the_environment_of_the_repository(tmp_path: Path) -> None:
    assert find_python(tmp_path, NONE_SAID) is None
    inside = interpreter(tmp_path / "venv/bin/python")
    assert find_python(tmp_path, NONE_SAID) == inside
    first = interpreter(tmp_path / ".venv/bin/python")
    assert find_python(tmp_path, NONE_SAID) == first
    assert find_python(tmp_path, HealthSettings(_env_file=None, python=Path("/else"))) == Path("/else")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes")
def test_one_that_cannot_run_here_is_passed_over(tmp_path: Path) -> None:
    interpreter(tmp_path / "venv/Scripts/python.exe", mode=0o644)

    assert find_python(tmp_path, NONE_SAID) is None


def test_ours_is_taken_for_this_product_alone() -> None:
    assert find_python(PROJECT, NONE_SAID) is not None


def test_packages_are_read_from_what_lies_there(tmp_path: Path) -> None:
    python = interpreter(tmp_path / "bin/python")
    head = "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n"
    package(
        tmp_path,
        "Py_YAML-1.0",
        head.format("Py_YAML") + "License: MIT\n\nLicense: fake\n",
        top_level_txt="yaml\n_yaml\n",
    )
    said = "License: see file\nClassifier: License :: OSI Approved :: BSD License\n"
    record = "two/__init__.py,x,1\nsingle.py,,\nnative.cpython-312.so,,\n../bin/two,,\ntwo-1.0.dist-info/METADATA,,\n"
    package(tmp_path, "two-1.0", head.format("two") + said, RECORD=record)
    package(tmp_path, "three-1.0", head.format("three") + "License-Expression: Apache-2.0\n")
    package(tmp_path, "four-1.0", head.format("four") + f"License: {'very long ' * 20}\n")
    package(tmp_path, "broken-1.0", "nonsense")
    os.mkfifo(tmp_path / "lib/python3.12/site-packages/broken-1.0.dist-info/other")

    found = installed_packages(python)

    assert {name: (one.licence, one.modules) for name, one in found.items()} == {
        "py-yaml": ("MIT", ("_yaml", "yaml")),
        "two": ("BSD License", ("native", "single", "two")),
        "three": ("Apache-2.0", ()),
        "four": (None, ()),
    }
    assert not (tmp_path / "started").exists()
    assert installed_packages(tmp_path / "nowhere/bin/python") == {}
