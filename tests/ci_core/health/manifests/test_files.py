"""Every kind of file that names packages is read, with the line that does it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.health.manifests.setup_files import read_setup_cfg, read_setup_py
from ci_core.health.manifests.toml_files import (
    poetry_constraint,
    read_pipfile,
    read_pipfile_lock,
    read_pyproject,
    read_toml_lock,
)
from ci_core.health.manifests.values import Declared, UnreadableManifest, Use

PYPROJECT = """\
[project]
dependencies = [
    "requests>=2,<3",
    "pillow==9.5.0",
]
[project.optional-dependencies]
excel = ["openpyxl"]
test = ["pytest>=7"]
[dependency-groups]
lint = ["ruff==0.4.0", {include-group = "test"}]
[tool.uv]
dev-dependencies = ["mypy"]
[tool.pdm.dev-dependencies]
more = ["tox"]
"""
POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
flask = "^2.1"
"ruamel.yaml" = {version = "0.17.21", optional = true}
[tool.poetry.group.dev.dependencies]
black = "*"
"""
SETUP_PY = """\
from setuptools import setup
needed = ["requests>=2", compute()]
setup(
    name="x",
    install_requires=needed,
    extras_require={"socks": ["PySocks==1.7.1"], "test": ("pytest",)},
)
"""


def rows(found: object) -> list[tuple[str, str | None, int, bool]]:
    assert hasattr(found, "__iter__")
    return [(one.name, one.version, one.line, one.use is Use.DEVELOPMENT) for one in found]


def test_pyproject() -> None:
    assert rows(read_pyproject(PYPROJECT, "pyproject.toml")) == [
        ("requests", None, 3, False), ("pillow", "9.5.0", 4, False), ("openpyxl", None, 7, False),
        ("pytest", None, 8, True), ("ruff", "0.4.0", 10, True), ("tox", None, 14, True), ("mypy", None, 12, True),
    ]  # fmt: skip


def test_poetry() -> None:
    assert rows(read_pyproject(POETRY, "pyproject.toml")) == [
        ("flask", None, 3, False), ("ruamel-yaml", "0.17.21", 4, False), ("black", None, 6, True),
    ]  # fmt: skip


def test_pipfile_and_its_lock() -> None:
    pipfile = '[packages]\nflask = "==2.0.1"\n[dev-packages]\npytest = "*"\n'
    develop = '{"pytest": {"version": "==7.0"}, "own": {"path": "."}}'
    lock = '{"default": {\n"flask": {"version": "==2.0.1"}},\n"develop": ' + develop + "}"

    assert rows(read_pipfile(pipfile, "Pipfile")) == [("flask", "2.0.1", 2, False), ("pytest", None, 4, True)]
    found = list(read_pipfile_lock(lock, "Pipfile.lock"))
    assert rows(found) == [("flask", "2.0.1", 2, False), ("pytest", "7.0", 3, True)]
    assert all(one.locked for one in found)


def test_toml_locks_leave_out_the_repository_itself() -> None:
    lock = (
        'version = 1\n[[package]]\nname = "Jinja2"\nversion = "3.1.2"\nsource = { registry = "https://index" }\n'
        '[[package]]\nname = "own"\nversion = "0.1"\nsource = { editable = "." }\n[[package]]\nname = "odd"\n'
    )

    assert rows(read_toml_lock(lock, "uv.lock")) == [("jinja2", "3.1.2", 3, False)]


def test_setup_cfg() -> None:
    text = (
        "[metadata]\nname = x\n[options]\ninstall_requires =\n    requests>=2  # http\n    pytz\n"
        "[options.extras_require]\ntest =\n    pytest==7.0\n"
    )

    assert rows(read_setup_cfg(text, "setup.cfg")) == [
        ("requests", None, 5, False), ("pytz", None, 6, False), ("pytest", "7.0", 9, True),
    ]  # fmt: skip


def test_setup_py_is_read_and_not_executed() -> None:
    assert rows(read_setup_py(SETUP_PY, "setup.py")) == [
        ("requests", None, 2, False), ("pysocks", "1.7.1", 6, False), ("pytest", None, 6, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (read_pyproject, "[project"),
        (read_toml_lock, "= 1"),
        (read_pipfile_lock, "{"),
        (read_setup_cfg, "no section"),
        (read_setup_py, "def ("),
        (read_setup_py, "\0"),
    ],
)
def test_a_broken_file_is_said_to_be_unreadable(reader: object, text: str) -> None:
    assert callable(reader)
    with pytest.raises(UnreadableManifest, match="it is no"):
        list(reader(text, "file"))


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_and_no_version_makes_a_lock_fail(name: str, version: str) -> None:
    written = f"[[package]]\nname = {json.dumps(name)}\nversion = {json.dumps(version)}\n"

    try:
        found = list(read_toml_lock(written, "uv.lock"))
    except UnreadableManifest:
        return

    assert [one.version for one in found] == [version]


@pytest.mark.parametrize(
    "text",
    [
        "project = 1", "[project]\ndependencies = 'requests'", "[tool]\npoetry = 7", "dependency-groups = 3",
        "[project]\noptional-dependencies = []", "[tool.poetry]\ndependencies = {flask = 7}",
    ],
)  # fmt: skip
def test_values_of_another_shape_do_no_harm(text: str) -> None:
    found: list[Declared] = list(read_pyproject(text, "pyproject.toml"))

    assert all(one.version is None for one in found)


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9"], ["1.2.2", "2.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^1", ["1.0", "1.99"], ["2.0"]),
        ("^0", ["0.9"], ["1.0"]),
        ("~1.2.3", ["1.2.9"], ["1.3.0"]),
        ("~1.2", ["1.2.9"], ["1.3"]),
        ("~1", ["1.9"], ["2.0"]),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
        ("1.2.*", ["1.2.9"], ["1.3"]),
        (">=1,<3", ["2.9"], ["3.0"]),
        ("*", ["0.1", "99"], []),
        ("^1.0 || ^2.0", ["0.1", "99"], []),
        ("nonsense here", ["1.0"], []),
    ],
)
def test_constraints_of_poetry(written: str, inside: list[str], outside: list[str]) -> None:
    allowed = poetry_constraint(written)

    assert [version for version in inside if version not in allowed] == []
    assert [version for version in outside if version in allowed] == []
