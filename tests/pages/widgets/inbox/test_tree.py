"""Markdown becomes a tree of harmless nodes, whatever it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.widgets.inbox.tree import LONGEST, TAGS, Node, markdown_tree, safe_href


def elements(nodes: list[Node]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if isinstance(node, dict):
            yield node
            yield from elements(node["c"])


def text(nodes: list[Node]) -> str:
    return "".join(node if isinstance(node, str) else text(node["c"]) for node in nodes)


def depth(nodes: list[Node]) -> int:
    return 1 + max((depth(node["c"]) for node in nodes if isinstance(node, dict)), default=0)


def test_what_people_write_becomes_elements() -> None:
    tree = markdown_tree("# Head\n\nA **bold** and *soft* `word`\n\n- one\n- two\n\n```py\nx = 1\n```")

    assert tree == [
        {"t": "h1", "c": ["Head"]},
        {
            "t": "p",
            "c": [
                "A ",
                {"t": "strong", "c": ["bold"]},
                " and ",
                {"t": "em", "c": ["soft"]},
                " ",
                {"t": "code", "c": ["word"]},
            ],
        },
        {"t": "ul", "c": [{"t": "li", "c": ["one"]}, {"t": "li", "c": ["two"]}]},
        {"t": "pre", "c": [{"t": "code", "c": ["x = 1\n"]}]},
    ]


def test_a_list_keeps_where_it_starts_and_a_line_its_end() -> None:
    (first, second) = markdown_tree("3. three\n\nline  \nnext")

    assert first["start"] == 3
    assert second["c"] == ["line", {"t": "br", "c": []}, "next"]


def test_tables_and_struck_text_are_there() -> None:
    tags = [node["t"] for node in elements(markdown_tree("| a |\n| - |\n| ~~b~~ |"))]

    assert tags == ["table", "thead", "tr", "th", "tbody", "tr", "td", "s"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "text <b onmouseover=alert(1)>bold</b>",
        "<iframe src='https://example.org'></iframe>",
        "<style>body{display:none}</style>",
        "<!-- comment -->",
    ],
)
def test_html_stays_text(hostile: str) -> None:
    tree = markdown_tree(hostile)

    assert text(tree) == hostile
    assert {node["t"] for node in elements(tree)} == {"p"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "/relative",
        "//example.org/path",
        "",
    ],
)
def test_only_harmless_addresses_are_links(address: str) -> None:
    assert safe_href(address) is None
    assert [node for node in elements(markdown_tree(f"[x](<{address}>)")) if node["t"] == "a"] == []


@pytest.mark.parametrize("address", ["https://example.org/a?b=c", "http://example.org", "mailto:ada@example.org"])
def test_the_others_are(address: str) -> None:
    (link,) = [node for node in elements(markdown_tree(f"[x]({address})")) if node["t"] == "a"]

    assert link == {"t": "a", "c": ["x"], "href": address}


def test_a_picture_is_a_link_and_never_loaded() -> None:
    (link,) = [node for node in elements(markdown_tree("![chart](https://example.org/a.png)")) if node["t"] == "a"]

    assert link == {"t": "a", "href": "https://example.org/a.png", "c": ["picture: chart"]}
    assert text(markdown_tree("![x](javascript:alert(1))")).startswith("![x]") or "picture: x" in text(
        markdown_tree("![x](javascript:alert(1))")
    )


def test_a_very_long_text_is_cut_and_says_so() -> None:
    shown = text(markdown_tree("word " * LONGEST))

    assert len(shown) <= LONGEST + 5
    assert shown.endswith("…")


def test_an_address_that_cannot_be_read_is_no_link() -> None:
    assert safe_href("http://[broken") is None


def test_what_is_nested_without_end_has_an_end() -> None:
    assert depth(markdown_tree("> " * 3000 + "deep")) < 50
    assert depth(markdown_tree("**_" * 3000 + "deep" + "_**" * 3000)) < 50


@given(st.text(alphabet=st.sampled_from("ab <>[]()!*_`~#>-+|:/\\\n\"'&;=.1")))
def test_whatever_is_written_only_known_nodes_come_out(written: str) -> None:
    tree = markdown_tree(written)

    assert all(node["t"] in TAGS for node in elements(tree))
    assert all(set(node) <= {"t", "c", "href", "start"} for node in elements(tree))
    assert json.loads(json.dumps(tree)) == tree
