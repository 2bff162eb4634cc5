"""Code that stands in several places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ci_core.health.checkers import duplication
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.checkers.programs.duplication import Text, Vocabulary, copies
from ci_core.health.values import Sighting
from db.enums import CheckType
from tests.ci_core.health.repositories import Repository

MakeWorkbench = Callable[..., Workbench]
BLOCK = [f"value_{n} = compute(first_{n}, second={n}) + other[{n}]" for n in range(12)]


def indented(lines: list[str], by: str = "    ") -> str:
    return "".join(f"{by}{line}\n" for line in lines)


def read(**files: str) -> tuple[list[Text], Vocabulary]:
    vocabulary = Vocabulary()
    return [vocabulary.read(name, source) for name, source in files.items()], vocabulary


def found(**files: str) -> list[tuple[str, int, str, int, int]]:
    texts, vocabulary = read(**files)
    return [(c.text.path, c.begin, c.other.path, c.other_begin, c.count) for c in copies(texts, vocabulary)]


def test_a_block_in_two_places_is_seen_whatever_its_layout(
    repository: Repository, make_workbench: MakeWorkbench
) -> None:
    spread = "# a remark\n\n".join(f"        {line.replace(' + ', '  +  ')}\n" for line in BLOCK)
    target = repository.write(
        {"a.py": f"def one():\n{indented(BLOCK)}", "b.py": f"class B:\n    def two(self):\n{spread}"}
    ).target()

    report = duplication.check(target, make_workbench())

    assert report.sightings == (
        Sighting(
            "duplication", "duplicated-code", "12 lines of code stand in a.py too.", "b.py", line=3, end_line=36,
            details={"lines": 12, "other_path": "a.py", "other_line": 2, "other_end_line": 13},
        ),
    )  # fmt: skip
    assert report.file_metrics == {"a.py": {"duplicated_lines": 12.0}, "b.py": {"duplicated_lines": 12.0}}
    assert report.metrics == {"duplicated_percent": pytest.approx(100 * 24 / 49, abs=0.01)}


def test_a_copy_in_the_same_file_is_seen_and_none_of_itself() -> None:
    text = indented(BLOCK, "")

    assert found(a=text + "between = 1\n" + text) == [("a", 13, "a", 0, 12)]
    assert found(a=text) == []


def test_of_three_places_two_are_told() -> None:
    text = indented(BLOCK, "")

    assert [(path, other) for path, _, other, _, _ in found(a=text, b=text, c=text)] == [("b", "a"), ("c", "a")]


def test_the_longest_of_several_is_taken() -> None:
    short, long = indented(BLOCK[:10], ""), indented(BLOCK, "")

    assert found(a=short, b="x = 12\n" + long, c=long) == [("b", 1, "a", 0, 10), ("c", 0, "b", 1, 12)]


@pytest.mark.parametrize(
    "text",
    [
        indented(BLOCK[:9], ""),
        "".join(f"x{n} = {n}\n" for n in range(20)),
        "".join(f'    ("name", {n % 3}, "some words of a table", 1.0, 2.0, 3.0, 4.0),\n' for n in range(40)),
        "".join(f"from somewhere.or_other.module_{n} import one, two, three, four\n" for n in range(40)),
        "".join(f"# said {n} times in words, and in words, and in words\n" for n in range(40)),
    ],
)
def test_what_is_short_or_a_table_or_imports_or_remarks_is_no_copy(text: str) -> None:
    assert found(a=text, b=text) == []


def test_a_file_of_one_line_repeated_is_read_in_no_time() -> None:
    assert found(a="the_same(line, of, code, each, time)\n" * 50_000) == []


def test_a_check_of_a_folder_knows_what_stands_elsewhere(repository: Repository, make_workbench: MakeWorkbench) -> None:
    repository.write({"a/x.py": indented(BLOCK, ""), "b/y.py": indented(BLOCK, ""), "tests/z.py": indented(BLOCK, "")})
    target = repository.target(CheckType.FEATURE_SPECIFIC, paths=("b",))

    report = duplication.check(target, make_workbench())

    assert [(one.path, one.details["other_path"]) for one in report.sightings] == [("b/y.py", "a/x.py")]
    assert report.seen == {"b/y.py"}
    assert set(report.file_metrics) == {"b/y.py"}
