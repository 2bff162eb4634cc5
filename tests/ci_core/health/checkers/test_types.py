"""Contradictions of types, and what must not stop mypy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ci_core.health.checkers import types
from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.modules import module_names
from ci_core.health.values import Report
from db.enums import CheckType
from tests.ci_core.health.repositories import Repository

MakeWorkbench = Callable[..., Workbench]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of Python's own library, which costs seconds to find out."""
    root, folder = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("kept")
    question = {"root": str(root), "paths": [], "tests": [], "python_version": types.PYTHON, "cache_dir": str(folder)}
    program = [sys.executable, "-m", types.PROGRAM]
    asked = json.dumps({**question, "cwd": str(root)}).encode()
    subprocess.run(program, input=asked, check=True, capture_output=True)
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, kept: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    shutil.copytree(kept, folder)
    monkeypatch.setattr(types, "_cache_folder", lambda *_: folder)
    return folder


def seen(report: Report) -> list[tuple[str, str | None, int | None]]:
    return [(one.rule, one.path, one.line) for one in report.sightings]


def test_contradictions_are_seen_also_between_files_and_without_annotations(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    target = repository.write(
        {
            "app/__init__.py": "",
            "app/a.py": "def size(text: str) -> int:\n    return len(text)\n",
            "app/b.py": "from app.a import size\n\n\ndef f():\n    return size(3)\n",
            "script.py": "import nowhere\n\nnowhere.call()\nx: int = 'a'\nempty = []\n",
        }
    ).target()

    report = types.check(target, make_workbench())

    assert seen(report) == [("arg-type", "app/b.py", 5), ("assignment", "script.py", 4)]
    assert report.seen == set(target.files)
    assert report.version.startswith("mypy 2.")


def test_a_wrong_call_is_one_and_a_class_that_a_library_makes_anew_is_called_rightly(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    source = """
import strawberry
from dataclasses import dataclass

@strawberry.type
class Made:
    id: int

@dataclass
class Plain:
    id: int

class Shop:
    def find(self, name): ...

Made(id=1)
Plain(id=1, name=2, size=3)
Shop().find(name=1, size=2, colour=3)
Shop().find(1, 2)
"""
    target = repository.write({"a.py": source}).target()

    found = types.check(target, make_workbench()).sightings

    assert [(one.rule, one.line) for one in found] == [("call-arg", 17), ("call-arg", 18), ("call-arg", 19)]


@pytest.mark.parametrize(
    ("message", "guessed"),
    [
        ('"object" has no attribute "append"', True),
        ('"None" has no attribute "cursor"', True),
        ('"Sequence[str]" has no attribute "append"', True),
        ('"Callable[[], None]" has no attribute "cache"', True),
        ('Module "urllib.request" has no attribute "proxy_bypass"', True),
        ('"Shop" has no attribute "find_all"; maybe "find"?', False),
        ('"type[Shop]" has no attribute "find_all"', False),
        ('Module "src.shop" has no attribute "Shop"', False),
        ('"ObjectStore" has no attribute "get"', False),
        ('"strategy" has no attribute "run"', False),
    ],
)
def test_what_a_guessed_type_lacks_the_value_may_have(message: str, guessed: bool) -> None:
    assert types.is_guessed(message) is guessed


def test_stand_ins_of_tests_are_no_contradictions(repository: Repository, make_workbench: MakeWorkbench) -> None:
    code = "import sys\n\n\nclass Thing:\n    def setup(self):\n        self.find = 1\n        self.call.value = 2\n"
    typed = "\n\ndef f() -> int:\n    return ''\n\n\nsys.stdout.reconfigure(encoding='utf-8')\n"
    target = repository.write({"tests/test_a.py": code + typed, "app.py": code + typed}).target()

    report = types.check(target, make_workbench())

    assert seen(report) == [
        ("attr-defined", "app.py", 7), ("return-value", "app.py", 11), ("return-value", "tests/test_a.py", 11)
    ]  # fmt: skip


def test_what_begins_as_none_is_no_contradiction_and_what_may_be_none_is(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    code = (
        "import re\n\n\nclass Store:\n    connection = None\n\n    def open(self, to):\n"
        "        self.connection.cursor()\n        self.connection[0] = 1\n        self.connection()\n\n\n"
        "def year(text):\n    return re.match('[0-9]+', text).group()\n"
    )

    report = types.check(repository.write({"app.py": code}).target(), make_workbench())

    assert seen(report) == [("union-attr", "app.py", 14)]


def test_the_second_time_says_the_same(repository: Repository, make_workbench: MakeWorkbench) -> None:
    target = repository.write({"a.py": "x: int = 'a'\n", "b.py": "import a\n\ny: str = a.x\n"}).target()

    first = types.check(target, make_workbench())
    second = types.check(target, make_workbench())
    changed = types.check(repository.write({"a.py": "x: str = 'a'\n"}).target(), make_workbench())

    assert seen(first) == seen(second) == [("assignment", "a.py", 1), ("assignment", "b.py", 3)]
    assert seen(changed) == []


def test_a_file_that_moved_is_told_of_where_it_is_now(repository: Repository, make_workbench: MakeWorkbench) -> None:
    types.check(repository.write({"a.py": "x: int = 'a'\n"}).target(), make_workbench())
    (repository.root / "src").mkdir()
    (repository.root / "a.py").rename(repository.root / "src" / "a.py")

    report = types.check(repository.target(), make_workbench())

    assert seen(report) == [("assignment", "src/a.py", 1)]


def test_what_was_kept_and_is_broken_costs_time_only(
    repository: Repository, make_workbench: MakeWorkbench, quick: Path
) -> None:
    target = repository.write({"a.py": "x: int = 'a'\n"}).target()
    files = [path for path in quick.rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(b"broken")

    report = types.check(target, make_workbench())

    assert files
    assert seen(report) == [("assignment", "a.py", 1)]


def test_the_repository_s_own_configuration_is_not_read(repository: Repository, make_workbench: MakeWorkbench) -> None:
    ini = "[mypy]\nplugins = evil.py\nignore_errors = True\n"
    repository.write(
        {
            "a.py": "x: int = 'a'\n",
            "evil.py": "open('was-run', 'w')\n",
            "mypy.ini": ini,
            "setup.cfg": ini,
            "pyproject.toml": "[tool.mypy]\nplugins = ['evil.py']\nignore_errors = true\n",
            ".venv/bin/python": "#!/bin/sh\ntouch was-run\n",
            ".venv/bin/python3": "#!/bin/sh\ntouch was-run\n",
        }
    )
    for name in ("python", "python3"):
        (repository.root / ".venv" / "bin" / name).chmod(0o755)

    report = types.check(repository.target(), make_workbench())

    assert seen(report) == [("assignment", "a.py", 1)]
    assert list(repository.root.rglob("was-run")) == []


def test_files_that_would_stop_mypy_are_named_and_the_others_looked_at(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    target = repository.write(
        {
            "a.py": "import stops\nimport broken\n\nx: int = 'a'\n",
            "stops.py": "break\n",
            "broken.py": "def (:\n",
            "typing.py": "x: int = 'a'\n",
            "my-scripts/a.py": "x: int = 'a'\n",
            "my-scripts/b.py": "x: int = 'a'\n",
            "sub/a.py": "x: int = 'a'\n",
            "stubbed.py": "x = 1\n",
            "stubbed.pyi": "x: int\n",
        }
    ).target()

    report = types.check(target, make_workbench())

    assert {one.path: one.reason.split(":")[0] for one in report.unseen} == {
        "stops.py": "mypy cannot read it",
        "broken.py": "syntax error in line 1",
        "stubbed.py": "its types are told by the .pyi beside it",
    }
    assert [path for _, path, _ in seen(report)] == [
        "a.py", "my-scripts/a.py", "my-scripts/b.py", "sub/a.py", "typing.py"
    ]  # fmt: skip


def test_only_what_is_looked_at_is_told_and_all_is_read(repository: Repository, make_workbench: MakeWorkbench) -> None:
    repository.write({"a/x.py": "y: int = ''\n", "b/z.py": "from a.x import y\n\nz: str = y\n"})
    target = repository.target(CheckType.FEATURE_SPECIFIC, paths=("b",))

    report = types.check(target, make_workbench())

    assert (seen(report), report.seen) == ([("assignment", "b/z.py", 3)], {"b/z.py"})


def test_what_is_kept_is_kept_for_each_repository_and_version(
    repository: Repository, make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    target = repository.write({"a.py": ""}).target()
    workbench = make_workbench()

    folders = {types._cache_folder(target, workbench, tool) for tool in ("2.4.1", "2.4.2")}

    assert len(folders) == 2
    assert all(folder.is_dir() and folder.parent == workbench.data_dir / types.CACHE for folder in folders)


def test_a_tool_that_fails_twice_is_told(
    repository: Repository, make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fails(module: str, question: Mapping[str, object], workbench: Workbench) -> object:
        tried.append(str(question["cache_dir"]))
        raise CheckerFailed("types failed with status 2: mypy could not begin: no reason.")

    monkeypatch.setattr(types, "ask", fails)

    with pytest.raises(CheckerFailed, match="mypy could not begin"):
        types.check(repository.write({"a.py": ""}).target(), make_workbench())

    assert len(set(tried)) == 2
    assert Path(tried[1]).is_relative_to(make_workbench().scratch)


def test_modules_are_named_as_imports_name_them() -> None:
    paths = [
        "app/__init__.py", "app/a.py", "src/lib_a/b.py", "setup.py", "my-dir/c.py", "class/d.py", "json.py",
        "__init__.py",
    ]  # fmt: skip

    names = module_names(paths)

    assert {path: name for path, name in names.items() if not name.startswith("file_")} == {
        "app/__init__.py": "app", "app/a.py": "app.a", "src/lib_a/b.py": "lib_a.b", "setup.py": "setup",
    }  # fmt: skip
    assert len(set(names.values())) == len(paths)
    assert module_names(["src/a.py"], frozenset({"src"})) == {"src/a.py": "src.a"}
    assert module_names(["src/__init__.py", "src/a.py"])["src/a.py"] == "src.a"


def test_two_files_of_one_name_get_two() -> None:
    names = module_names(["src/a.py", "a.py"])

    assert sorted(name.startswith("file_") for name in names.values()) == [False, True]
