"""Every Python file is read, also one for a newer Python than ours, and what cannot be read says where and why."""

from __future__ import annotations

import ast
import warnings
from itertools import pairwise

import pytest

from ci_core.health import newer_syntax, syntax

# Written for a newer Python → the same in the words of ours.
SAME = {
    "quotes in a field": ("x = f'{a['b']}'\n", "x = f\"{a['b']}\"\n"),
    "a backslash in a field": ("x = f'{'\\n'.join(a)}'\n", "x = f'{0}'\n".replace("0", "NL.join(a)")),
    "strings side by side": ("x = ('a' f'{b['c']}' 'd')\n", "x = ('a' f\"{b['c']}\" 'd')\n"),
    "a field over lines with a remark": ("x = f'{\n a # why\n}'\n", "x = f'''{\n a\n}'''\n"),
    "nested three times": ("x = f'{f'{f'{a}'}'}'\n", "x = f'''{f\"\"\"{f'{a}'}\"\"\"}'''\n"),
    "layout with a field": ("x = f'{a['b']:>{w}}'\n", "x = f\"{a['b']:>{w}}\"\n"),
    "conversion": ("x = f'{a['b']!r:>10}'\n", "x = f\"{a['b']!r:>10}\"\n"),
    "the name before the value": ("x = f'{a=}{b['c']}'\n", "x = f\"{a=}{b['c']}\"\n"),
    "braces and odd escapes": (r"x = f'{{\d}}{a['b']}\x41'" "\n", "x = f\"{{\\\\d}}{a['b']}A\"\n"),
    "raw": (r"x = rf'\d{a['b']}\{c}'" "\n", 'x = "\\\\d" f"{a[\'b\']}" "\\\\" f"{c}"\n'),
    "comparison in a field": ("x = f'{a['b'] != c}{d == e}'\n", "x = f\"{a['b'] != c}{d == e}\"\n"),
    "a dict in a field": ("x = f'{ {'a': 1}['a'] }'\n", "x = f\"{ {'a': 1}['a'] }\"\n"),
    "a template string": ("x = t'a{b}'\n", "x = f'a{b}'\n"),
    "a type statement": ("type X[T] = list[T]\n", "X = list[T]\n"),
    "type parameters": ("def f[T: int = str](x: T): pass\n", "def f(x: T): pass\n"),
    "a class with type parameters": ("class A[T, *Ts, **P](B[T]): pass\n", "class A(B[T]): pass\n"),
    "except without parentheses": (
        "try: pass\nexcept A, b.C, D[0]: pass\n",
        "try: pass\nexcept (A, b.C, D[0]): pass\n",
    ),
}


def shape(tree: ast.AST) -> str:
    return ast.dump(tree).replace("Constant(value='\\n')", "Name(id='NL', ctx=Load())")


@pytest.mark.parametrize("name", SAME)
def test_newer_syntax_means_the_same_as_older(name: str) -> None:
    newer, older = SAME[name]

    assert shape(syntax.parse(newer)) == shape(ast.parse(older))


@pytest.mark.parametrize("name", SAME)
def test_the_running_python_and_the_lowering_agree(name: str) -> None:
    """Where our Python reads the newer words itself, both ways must come to the same."""
    newer, _ = SAME[name]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lowered = newer_syntax.parse(newer)

    assert lowered is not None
    assert shape(lowered) == shape(syntax.parse(newer))


SOURCE = '''\
"""Ü"""
def f(ä, w):
    a = f'{ä['ö']}'; b = 1
    c = (f"""{
        ä
    :>{w}} ß""" 'd'), 2
    try:
        return f'{g(f'{w['x']}', ä)}', b
    except A, B:
        e = 3
type X = (
    int)
z = 4
'''


def places(tree: ast.AST) -> dict[str, str]:
    """Names and numbers with where they stand."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[f"{node.id}@{node.lineno}"] = ast.get_source_segment(SOURCE, node) or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            found[f"{node.value}"] = f"line {node.lineno}: {ast.get_source_segment(SOURCE, node)}"
    return found


def test_lines_and_columns_are_those_of_the_source() -> None:
    found = places(syntax.parse(SOURCE))

    assert {name: text for name, text in found.items() if "@" in name and name != "X@11"} == {
        name: name.split("@")[0] for name in found if "@" in name and name != "X@11"
    }
    assert {"ä@3", "ä@5", "w@6", "g@8", "w@8", "ä@8", "b@8", "A@9", "B@9"} <= found.keys()
    assert [found[number] for number in "1234"] == ["line 3: 1", "line 6: 2", "line 10: 3", "line 13: 4"]


def test_a_string_with_fields_stands_where_it_stood() -> None:
    tree = syntax.parse(SOURCE)

    joined = [ast.get_source_segment(SOURCE, node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]

    assert "f'{ä['ö']}'" in joined
    assert "f'{g(f'{w['x']}', ä)}'" in joined
    assert "f'{w['x']}'" in joined


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("x = 1\nprint 'a'\n", 2, "print"),
        ("x = f'{a['b']}'\ny = = 2\n", 2, "invalid syntax"),
        ("x = f'{a['b'] +}'\n", 1, ""),
        ("\n\nx = f'{a['b'}'\n", 3, ""),
        ("x = '\n", 1, "unterminated string"),
        ("x = f'{}'\n", 1, "empty expression"),
        ("x = f'{a['b']'\n", 1, ""),
        ("x = (\n", 1, "never closed"),
    ],
)
def test_what_is_wrong_in_every_python_says_where_and_why(source: str, line: int, reason: str) -> None:
    with pytest.raises(syntax.Unparsable) as raised:
        syntax.parse(source, "a/b.py")

    assert raised.value.line == line
    assert reason in raised.value.reason
    assert str(raised.value).startswith(f"a/b.py, line {line} cannot be read as Python: ")


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "-" * 200_000 + "1",
        "a" + ".b" * 100_000,
        "x = f'{a['b']}'\ny = " + "-" * 200_000 + "1",
        "x = " + "f'{" * 5_000 + "1" + "}'" * 5_000,
        "x = f'{a['b']" + ":{c" * 5_000,
        "x = f'{a['b']}" + "{" * 5_000,
        "def f[" * 3_000,
        "x\0y",
        "9" * 10_000,
    ],
    ids=range(10),
)
def test_hostile_source_is_refused_not_a_crash(source: str) -> None:
    with pytest.raises(syntax.Unparsable):
        syntax.parse(source)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("# coding: latin-1\nä = 1\n".encode("latin-1"), "ä"),
        (b"\xef\xbb\xbfx = 1\n", "x"),
        ("# coding: latin-1\nä = f'{ö['ü']}'\n".encode("latin-1"), "ä"),
        (b"x = 1\r\ny = f'{a['b']}'\r\n", "x"),
        (b"x = 1\ry = 2\r", "x"),
    ],
)
def test_the_declared_encoding_and_any_line_end_are_read(source: bytes, name: str) -> None:
    (first, *_) = syntax.parse(source).body

    assert isinstance(first, ast.Assign)
    assert ast.unparse(first.targets[0]) == name


@pytest.mark.parametrize("source", [b"x = '\xff'\n", b"# coding: no-such-thing\n", b"# coding: utf-8\nx = '\xe4'\n"])
def test_a_wrong_encoding_is_told(source: bytes) -> None:
    with pytest.raises(syntax.Unparsable, match="encoding"):
        syntax.parse(source, "a.py")


def test_odd_escapes_in_the_source_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        syntax.parse("x = '\\d'\ny = f'\\d{a['b']}'\n")


def test_many_strings_take_time_in_proportion() -> None:
    """Each f-string is looked up, not searched for: doubling the source may not make it four times as much work."""
    source = "x = [" + "f'{a['b']}', " * 2_000 + "]\n"

    tree = syntax.parse(source)

    starts = [node.col_offset for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    assert len(starts) == 2_000
    assert {after - before for before, after in pairwise(sorted(starts))} == {len("f'{a['b']}', ")}
