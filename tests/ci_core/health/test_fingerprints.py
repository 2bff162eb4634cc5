"""Which defect of now is which of then, after edits of every kind."""

from __future__ import annotations

import random

import pytest

from ci_core.health.fingerprints import STEPS, Marked, fingerprint, keys_of, match
from ci_core.health.places import SourceText
from ci_core.health.syntax import parse

BEFORE = """\
import os


class Scanner:
    def scan(self, ticker):
        found = run(f"SELECT {ticker}")
        for row in found:
            print(row)
        return found

    def rescan(self, ticker):
        found = run(f"SELECT {ticker}")
        return found


def total(orders):
    total = 0
    for order in orders:
        total = total + eval(order.formula, {"a": 1})
    return total
"""


def marked(source: str, *words: str, path: str = "scanner.py", weak: bool = False, rule: str = "R1") -> list[Marked]:
    """The lines with one of the words, as a checker would point at them."""
    text = SourceText(source, parse(source))
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        for word in words:
            if word in line:
                place = text.place(number, line.index(word) + 1)
                found.append(Marked(number, rule, path, number, keys_of(place, f"use of {word}", weak=weak)))
    return found


def same(before: str, after: str, *words: str, weak: bool = False) -> dict[int, int]:
    return dict(match(marked(before, *words, weak=weak), marked(after, *words, weak=weak)).pairs)


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        ("a header", "# Copyright\n# of somebody\n\n" + BEFORE),
        (
            "another layout",
            BEFORE.replace('run(f"SELECT {ticker}")', "run(\n            f'SELECT {ticker}',\n        )"),
        ),
        ("a local variable renamed", BEFORE.replace("ticker", "symbol").replace("found", "rows")),
        ("a line put in between", BEFORE.replace("        for row", "        log(found)\n        for row")),
        ("a comment at the line", BEFORE.replace('"SELECT {ticker}")', '"SELECT {ticker}")  # by ticker')),
        ("the class renamed", BEFORE.replace("Scanner", "Looker")),
        ("the functions renamed", BEFORE.replace("def scan", "def look").replace("def rescan", "def relook")),
    ],
)
def test_an_edit_around_a_defect_keeps_it(edit: str, after: str) -> None:
    pairs = same(BEFORE, after, "run(")

    expected = [number for number, line in enumerate(after.splitlines(), 1) if "run(" in line]
    assert [pairs[line] for line in (6, 12)] == expected, edit


def test_functions_in_another_order_keep_their_defects() -> None:
    head, scan, rescan = BEFORE.partition("\n\n\ndef total")[0].split("    def ")
    after = f"{head}    def {rescan.strip()}\n\n    def {scan.strip()}\n"

    assert same(BEFORE, after, "run(") == {6: 10, 12: 6}


def test_a_repaired_defect_leaves_its_twin_alone() -> None:
    after = BEFORE.replace(
        '        found = run(f"SELECT {ticker}")\n        for', "        found = safe(ticker)\n        for"
    )

    assert same(BEFORE, after, "run(") == {12: 12}


def test_twins_in_one_function_keep_their_order_and_the_missing_one_is_the_one_that_went() -> None:
    before = "def f(x):\n    pass\n" + "".join(
        f"    a{number}()\n    eval(x)\n    b{number}()\n" for number in range(5)
    )
    after = before.replace("    a2()\n    eval(x)\n", "")

    pairs = same(before, after, "eval(")

    assert pairs == {4: 4, 7: 7, 13: 11, 16: 14}


def test_twins_with_equal_neighbours_move_as_little_as_possible() -> None:
    before = "def f(x):\n" + "    eval(x)\n" * 3 + "    other()\n" * 10 + "    eval(x)\n" * 3
    lines = before.splitlines()
    after = "\n".join(lines[:1] + lines[3:]) + "\n"

    pairs = same(before, after, "eval(")

    assert [pairs.get(line) for line in (15, 16, 17)] == [13, 14, 15]


def test_a_statement_edited_around_what_is_pointed_at_keeps_it() -> None:
    after = BEFORE.replace("total = total + eval", "total = float(total) + eval")

    assert same(BEFORE, after, "eval(") == {19: 19}


def test_a_new_defect_does_not_pass_for_an_old_one_of_its_function_where_that_matters() -> None:
    after = BEFORE.replace('eval(order.formula, {"a": 1})', "eval(input())")

    assert same(BEFORE, after, "eval(", weak=False) == {}
    assert same(BEFORE, after, "eval(", weak=True) == {19: 19}


def test_renames_join_across_files_and_so_does_a_function_that_was_moved() -> None:
    old = marked(BEFORE, "run(", path="scanner.py")
    moved = marked(BEFORE, "run(", path="looks/scanner.py")

    assert len(match(old, moved, {"scanner.py": "looks/scanner.py"}).pairs) == 2
    assert set(match(old, moved).steps.values()) == {"elsewhere"}


def test_another_rule_is_another_defect() -> None:
    assert match(marked(BEFORE, "run("), marked(BEFORE, "run(", rule="R2")).pairs == {}


def test_each_known_one_is_used_once() -> None:
    after = BEFORE + "\n\n" + BEFORE.replace("import os", "")

    pairs = same(BEFORE, after, "run(", weak=True)

    assert len(pairs) == len(set(pairs.values())) == 2


def test_what_concerns_the_whole_repository_is_known_by_its_subject() -> None:
    text = SourceText("")
    old = [Marked(1, "R1", None, 0, keys_of(text.place(None), "requests 2.1 is vulnerable", subject="requests"))]
    new = [
        Marked(7, "R1", None, 0, keys_of(text.place(None), "flask 1.0 is vulnerable", subject="flask")),
        Marked(8, "R1", None, 0, keys_of(text.place(None), "requests 2.2 is vulnerable", subject="requests")),
    ]

    assert match(old, new).pairs == {1: 8}


def test_figures_in_a_message_may_change() -> None:
    place = SourceText(BEFORE, parse(BEFORE)).place(5, 5)

    assert keys_of(place, "complexity 12, limit 10") == keys_of(place, "complexity 14, limit 10")


def test_a_line_without_anything_goes_by_what_is_around_it() -> None:
    before = "def f():\n    a()\n \n    b()\n\n\ndef g():\n    c()\n \n    d()\n"
    one, other = before.split("\n\n\n")
    after = f"{other.rstrip()}\n\n\n{one}\n"
    old, new = (SourceText(text, parse(text)) for text in (before, after))
    marks = [
        [Marked(line, "W293", "a.py", line, keys_of(text.place(line, 1), "blank line")) for line in (3, 9)]
        for text in (old, new)
    ]

    assert match(marks[0], marks[1]).pairs == {3: 9, 9: 3}


def test_a_message_with_the_files_own_name_goes_with_it() -> None:
    place = SourceText(BEFORE, parse(BEFORE)).place(1)

    said = [keys_of(place, f"The module {name} says nothing", path=f"a/{name}") for name in ("one.py", "two.py")]

    assert said[0] == said[1]


def test_a_file_that_is_no_python_goes_by_its_lines() -> None:
    before, after = SourceText("a = 1\nkey = 2\nb = 3\n"), SourceText("# top\na  =  1\nkey = 2\nb = 3\n")
    old = [Marked(1, "R1", "a.ini", 2, keys_of(before.place(2), "said"))]

    found = match(old, [Marked(1, "R1", "a.ini", 3, keys_of(after.place(3), "said"))])

    assert found.steps == {1: "neighbours"}


def test_a_fingerprint_is_32_digits_that_number_and_path_change() -> None:
    keys = marked(BEFORE, "run(")[0].keys

    several = {fingerprint("R1", path, keys, number) for path in ("a.py", "b.py") for number in range(3)}

    assert len(several) == 6
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in several)


@pytest.mark.parametrize("seed", range(8))
def test_pairs_are_of_one_rule_and_used_once_whatever_the_keys(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311

    def some(first: int) -> list[Marked]:
        return [
            Marked(first + number, dice.choice("AB"), dice.choice(["a", "b", None]), dice.randrange(90),
                   [dice.choice(["", "x", "y", "z"]) for _ in STEPS])
            for number in range(40)
        ]  # fmt: skip

    old, new = some(0), some(1000)
    pairs = match(old, new).pairs

    assert len(set(pairs.values())) == len(pairs) > 0
    rules = {one.id: one.rule for one in [*old, *new]}
    assert all(rules[one] == rules[other] for one, other in pairs.items())


def test_nesting_without_end_is_read() -> None:
    source = "def f(x):\n    return " + " + ".join(["x"] * 800) + "\n" + "x = 1\n"
    text = SourceText(source, parse(source))

    assert text.place(2, 12).expression
    assert text.place(3).scope == ""


def test_a_twin_that_went_and_one_that_came_change_nothing_for_the_others() -> None:
    before = "def f(x):\n    eval(x)\n    a()\n    eval(x)\n    b()\n    c()\n    d()\n"
    after = "def f(x):\n    a()\n    eval(x)\n    b()\n    c()\n    eval(x)\n    d()\n"

    assert same(before, after, "eval(")[4] == 3


def test_handlers_of_different_tries_are_no_twins() -> None:
    block = "    try:\n        {0}()\n    except ValueError:\n        pass\n"
    before = "def f():\n" + "".join(block.format(name) for name in "abcd")
    after = "def f():\n" + "".join(block.format(name) for name in "bcda")

    pairs = same(before, after, "except")

    assert pairs == {4: 16, 8: 4, 12: 8, 16: 12}
