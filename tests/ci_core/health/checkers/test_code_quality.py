"""Complexity, documentation, dead code: what they see, and what they could not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType

import pytest

from ci_core.health.checkers import asking, complexity, dead_code, documentation, duplication, types
from ci_core.health.checkers.asking import ask, split
from ci_core.health.checkers.kinds import CheckerFailed, ToolMissing, Workbench
from ci_core.health.checkers.tools import ToolRun
from ci_core.health.values import Sighting, SourceFile
from db.enums import CheckType
from tests.ci_core.health.repositories import Repository

MakeWorkbench = Callable[..., Workbench]
ODD: dict[str, str | bytes] = {
    "broken.py": "def (:\n",
    "odd.py": b"x = '\x80'\n",
    "newer.py": "type Name = str\n\n\ndef shown(x: dict[str, int]) -> str:\n    return f'{x['a']}'\n",
    "latin.py": b"# -*- coding: latin-1 -*-\nx = '\xe4'\n",
}
HARD = "def hard(x):\n" + "".join(f"{'    ' * (n + 1)}if x > {n}:\n" for n in range(7)) + "    " * 8 + "return x\n"


class Memory:
    """A cache that lasts as long as a test."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], tuple[Sighting, ...]] = {}
        self.asked: list[str] = []

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:
        return {file.path: self.held[version, file.blob] for file in files if (version, file.blob) in self.held}

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        self.asked += found
        self.files = found


@pytest.mark.parametrize("checker", [complexity, documentation, dead_code, duplication, types])
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_looked_at(
    repository: Repository, make_workbench: MakeWorkbench, checker: ModuleType
) -> None:
    target = repository.write({**ODD, "fine.py": "x = 1\n"}).target()

    report = checker.check(target, make_workbench())

    unseen = {one.path: one.reason for one in report.unseen}
    assert report.seen | unseen.keys() == {*ODD, "fine.py"}
    assert not report.seen & unseen.keys()
    assert {"fine.py", "newer.py"} <= report.seen
    assert "odd.py" in unseen
    assert ("broken.py" in unseen) == (checker is not duplication)  # which reads lines
    assert ("latin.py" in unseen) == (checker is types)
    assert all(unseen.values())


def test_a_function_that_is_hard_to_follow_is_seen_with_its_figure(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    target = repository.write({"a.py": f"def easy():\n    return 1\n\n\n{HARD}", "b.py": ""}).target()

    report = complexity.check(target, make_workbench())

    (sighting,) = report.sightings
    assert (sighting.rule, sighting.path, sighting.line, sighting.end_line) == ("cognitive-complexity", "a.py", 5, 13)
    assert sighting.details == {"complexity": 28, "function": "hard"}
    assert report.file_metrics == {
        "a.py": {"complexity": 28.0, "functions": 2.0}, "b.py": {"complexity": 0.0, "functions": 0.0}
    }  # fmt: skip
    assert report.metrics["complex_functions"] == 1


def test_what_others_may_use_is_to_say_what_it_is_for(repository: Repository, make_workbench: MakeWorkbench) -> None:
    long = "".join(f"    x{n} = {n}\n" for n in range(12))
    code = (
        f'"""A module."""\n\n\ndef described():\n    """It is."""\n{long}\n\ndef bare():\n{long}\n\n'
        f"def short():\n    return 1\n\n\ndef _private():\n{long}\n\n"
        "class Bare:\n    @property\n    def size(self):\n        return 1\n\n"
        "    @size.setter\n    def size(self, value):\n        pass\n"
    )
    target = repository.write(
        {"README.md": "# It\n", "a.py": code, "b.py": long.replace("    ", ""), "tests/test_a.py": code}
    ).target()

    report = documentation.check(target, make_workbench())

    assert [(one.rule, one.path, one.message) for one in report.sightings] == [
        ("undescribed-function", "a.py", "The function bare does not say what it is for."),
        ("undescribed-class", "a.py", "The class Bare does not say what it is for."),
        ("undescribed-module", "b.py", "The module b.py does not say what it is for."),
    ]
    assert report.seen == {"a.py", "b.py", "tests/test_a.py"}
    assert report.file_metrics == {"a.py": {"documented_percent": 33.3}, "b.py": {"documented_percent": 0.0}}
    assert report.metrics == {"public": 7, "described": 2, "documented_percent": 28.6}


def test_a_repository_without_a_readme_is_told(repository: Repository, make_workbench: MakeWorkbench) -> None:
    target = repository.write({"a.py": '"""It."""\nx = 1\n', "docs/README.md": ""}).target()

    (sighting,) = documentation.check(target, make_workbench()).sightings

    assert (sighting.rule, sighting.path, sighting.subject) == ("no-readme", None, "README")


def test_documentation_of_unchanged_files_is_not_looked_at_again(
    repository: Repository, make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = repository.write({"README": "", "a.py": "class A:\n    pass\n", "b.py": "x = 1\n"}).target()
    memory = Memory()
    first = documentation.check(target, make_workbench(cache=memory))
    memory.held = {(documentation.VERSION, target.files[path].blob): found for path, found in memory.files.items()}
    asked: list[str] = []
    original = asking.ask

    def watched(module: str, question: Mapping[str, object], workbench: Workbench) -> object:
        asked.extend(question["paths"])  # type: ignore[arg-type]
        return original(module, question, workbench)

    monkeypatch.setattr(asking, "ask", watched)
    changed = repository.write({"b.py": "y = 2\n"}).target()

    second = documentation.check(changed, make_workbench(cache=memory))

    assert asked == ["b.py"]
    assert second.sightings == first.sightings
    assert second.metrics == first.metrics


def test_code_that_nothing_reaches_or_uses_is_seen(repository: Repository, make_workbench: MakeWorkbench) -> None:
    code = (
        "import os\n\n\ndef public(unused_argument):\n    return 1\n    print('never')\n\n\n"
        "def _nobody_calls():\n    return 2\n\n\ndef _called():\n    return 3\n\n\nx = _called()\n"
    )
    target = repository.write({"a.py": code, "b.py": "def elsewhere():\n    pass\n"}).target()

    report = dead_code.check(target, make_workbench())

    assert [(one.rule, one.line, one.details["name"]) for one in report.sightings] == [
        ("unused-variable", 4, "unused_argument"),
        ("unreachable-code", 6, "return"),
        ("unused-function", 9, "_nobody_calls"),
    ]


def test_what_others_call_for_by_its_shape_is_not_dead(repository: Repository, make_workbench: MakeWorkbench) -> None:
    code = (
        "class Context:\n    def __exit__(self, kind, value, trace):\n        return None\n\n\n"
        "class Tool(Context):\n    def _run(self, unused_one):\n        return 1\n\n\n"
        "@Tool.register\ndef _handler(unused_two):\n    return 2\n\n\n"
        "def stub(unused_three):\n    raise NotImplementedError\n"
    )
    tests = "def test_it(prepared):\n    assert True\n"

    report = dead_code.check(repository.write({"a.py": code, "tests/test_a.py": tests}).target(), make_workbench())

    assert report.sightings == ()


def test_a_name_that_another_file_uses_is_not_dead(repository: Repository, make_workbench: MakeWorkbench) -> None:
    repository.write({"a/x.py": "def _odd():\n    pass\n", "b.py": "from a.x import _odd\n\n_odd()\n"})
    target = repository.target(CheckType.FEATURE_SPECIFIC, paths=("a",))

    report = dead_code.check(target, make_workbench())

    assert (report.sightings, report.seen) == ((), {"a/x.py"})


def test_a_tool_that_is_not_installed_is_missing() -> None:
    with pytest.raises(ToolMissing, match="no-such-package is not installed here"):
        complexity.tool_version("no-such-package")


def test_files_are_shared_out_in_equal_parts_when_it_is_worth_while() -> None:
    def files(*sizes: int) -> list[SourceFile]:
        return [SourceFile(f"{n}.py", "", size, 1) for n, size in enumerate(sizes)]

    assert split([], 4) == []
    assert [len(shard) for shard in split(files(1, 1, 1), 4)] == [3]
    shards = split(files(900_000, 500_000, 400_000, 10), 2)
    assert [[file.path for file in shard] for shard in shards] == [["0.py", "3.py"], ["1.py", "2.py"]] or sorted(
        sum(file.size for file in shard) for shard in shards
    ) == [900_000, 900_010]


def test_shards_see_what_one_program_sees(
    repository: Repository, make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = repository.write({f"m{n}.py": HARD.replace("hard", f"hard_{n}") for n in range(4)}).target()
    whole = complexity.check(target, make_workbench())
    monkeypatch.setattr(asking, "SHARD_BYTES", 100)
    workbench = make_workbench()
    object.__setattr__(workbench, "processes", 3)

    shared = complexity.check(target, workbench)

    assert (shared.sightings, shared.seen) == (whole.sightings, whole.seen)


def test_a_program_that_answers_nonsense_is_told(
    make_workbench: MakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "run_tool", lambda *_, **__: ToolRun("not json", "", 0))

    with pytest.raises(CheckerFailed, match="complexity wrote what is no answer"):
        ask(complexity.PROGRAM, {}, make_workbench())
