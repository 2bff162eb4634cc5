"""What ruff sees, by our rules and none of the repository's."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_core.health.checkers import lint
from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.tools import ToolRun, binary, run_tool
from ci_core.settings.health import HealthSettings
from tests.ci_core.health.repositories import Repository

MakeWorkbench = Callable[..., Workbench]


def test_a_defect_is_seen_with_its_place_and_whether_a_tool_can_repair_it(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    target = repository.write({"pkg/a.py": "import os\n\nx = 1\n", "b.md": "import os\n"}).target()

    report = lint.check(target, make_workbench())

    (sighting,) = report.sightings
    assert (sighting.rule, sighting.path, sighting.line, sighting.column) == ("F401", "pkg/a.py", 1, 8)
    assert sighting.details == {"fix": "safe"}
    assert report.seen == {"pkg/a.py"}
    assert report.version.startswith("ruff 0.")


def test_a_file_that_cannot_be_read_is_named_and_its_defect_told_once(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    files = {
        "broken.py": "import os\ndef (:\n  )(\n",
        "latin.py": b"# -*- coding: latin-1 -*-\nx = '\xe4'\n",
        "fine.py": "x = 1\n",
    }
    report = lint.check(repository.write(files).target(), make_workbench())

    assert report.seen == {"fine.py"}
    assert {one.path: one.reason.split(":")[0] for one in report.unseen} == {
        "broken.py": "syntax error in line 2",
        "latin.py": "it is not UTF-8",
    }
    assert [(one.rule, one.path) for one in report.sightings if one.rule == lint.SYNTAX] == [(lint.SYNTAX, "broken.py")]


def test_the_newest_grammar_is_read(repository: Repository, make_workbench: MakeWorkbench) -> None:
    code = "type Pair[T] = tuple[T, T]\n\n\ndef shown(x: dict[str, int]) -> str:\n    return f'{x['a']}'\n"

    report = lint.check(repository.write({"new.py": code}).target(), make_workbench())

    assert report.seen == {"new.py"}
    assert report.sightings == ()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("ruff.toml", '[lint]\nselect = ["E501"]\n'),
        ("pyproject.toml", '[tool.ruff]\nextend-exclude = ["*.py"]\n'),
        (".gitignore", "*.py\n"),
        ("a.py", "# ruff: noqa\nimport os\n"),
        ("a.py", "# flake8: noqa\nimport os\n"),
    ],
)
def test_nothing_in_the_repository_hides_a_whole_file(
    repository: Repository, make_workbench: MakeWorkbench, path: str, content: str
) -> None:
    repository.write({"a.py": "import os\n"}).commit()
    repository.write({path: content})

    report = lint.check(repository.target(), make_workbench())

    assert "F401" in {one.rule for one in report.sightings}


def test_a_line_that_says_why_it_is_as_it_is_is_left_in_peace(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    target = repository.write({"a.py": "import os  # noqa: F401 - others import it from here\n"}).target()

    assert lint.check(target, make_workbench()).sightings == ()


def test_thresholds_come_from_the_settings(repository: Repository, make_workbench: MakeWorkbench) -> None:
    branches = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(4))
    target = repository.write(
        {"a.py": f"def f(x):\n{branches}    return 'a text that is more than long enough'\n"}
    ).target()

    def seen(**settings: int) -> set[str]:
        return {one.rule for one in lint.check(target, make_workbench(settings=HealthSettings(**settings))).sightings}

    assert seen(max_complexity=10, max_line_length=120) == set()
    assert seen(max_complexity=3, max_line_length=40) == {"C901", "E501"}


def test_tests_may_assert_and_other_code_may_not(repository: Repository, make_workbench: MakeWorkbench) -> None:
    code = "def test_it():\n    assert 1 + 1\n"
    target = repository.write({"tests/x/test_a.py": code, "app/check.py": code, "app/test_b.py": code}).target()

    assert [one.path for one in lint.check(target, make_workbench()).sightings if one.rule == "S101"] == [
        "app/check.py"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_odd_names_are_looked_at_too(repository: Repository, make_workbench: MakeWorkbench) -> None:
    names = [b"-x.py", b"new\nline.py", b"b\xe4d.py", b"twin\xe4.py", b"twin\xe5.py"]
    for name in names:
        Path(os.fsdecode(os.fsencode(repository.root) + b"/" + name)).write_bytes(b"import os\n")

    report = lint.check(repository.target(), make_workbench())

    assert {os.fsencode(path) for path in report.seen} == set(names[:3])
    assert {os.fsencode(one.path or "") for one in report.sightings} == set(names[:3])
    assert {os.fsencode(one.path) for one in report.unseen} == set(names[3:])


@pytest.mark.parametrize("said", ["", "{}", "not json", '[{"filename": "/elsewhere.py"}]'])
def test_an_answer_that_is_none_is_an_error_or_empty(
    repository: Repository, make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    target = repository.write({"a.py": "import os\n"}).target()

    def answer(argv: list[str], **more: object) -> ToolRun:
        return run_tool(argv, **more) if "--version" in argv else ToolRun(said, "", 0)  # type: ignore[arg-type]

    monkeypatch.setattr(lint, "run_tool", answer)

    if said.startswith(("{", "not")):
        with pytest.raises(CheckerFailed, match="ruff wrote what is no answer"):
            lint.check(target, make_workbench())
    else:
        assert lint.check(target, make_workbench()).sightings == ()


def test_every_rule_of_the_file_is_one_that_ruff_knows(make_workbench: MakeWorkbench, repository: Repository) -> None:
    workbench = make_workbench()
    repository.write({"a.py": ""})
    argv = [*binary("ruff"), "check", *lint._options(workbench), "a.py"]

    done = run_tool(argv, cwd=repository.root, workbench=workbench)

    assert done.stderr == ""
    rules = tomllib.loads(lint.RULES.read_text(encoding="utf-8"))["lint"]
    assert len(rules["select"]) == len(set(rules["select"]))
