from __future__ import annotations

from dataclasses import replace

import pytest

from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.parser import parse_wishlist
from ci_core.backlog.wishlist.render import render_wishlist
from db.enums import Category, Complexity, Priority

FULL = WishlistItem(
    title="1.1 Fix *all* pumps (2 hours) - DONE #",
    description="Text\n\n#### Part\n- a\n    - b\n\n```sh\n# 1\n```",
    completed=True,
    priority=Priority.HIGH,
    category=Category.BUG_FIX,
    complexity=Complexity.EPIC,
    estimated_hours=2.5,
    feature_area="Pumps & more",
    tags=("a, b", "c"),
    dependencies=("ML-001", "- odd"),
    identifier="43",
    section=("High Priority", "3. Pumps"),
    line=1,
)


def again(*items: WishlistItem) -> list[WishlistItem]:
    return [replace(item, line=1) for item in parse_wishlist(render_wishlist(items, title="All")).items]


def test_every_field_comes_back() -> None:
    assert again(FULL) == [FULL]


def test_a_person_can_read_it() -> None:
    text = render_wishlist([FULL], title="All")

    assert "# All" in text
    assert "## High Priority" in text
    assert "- **Priority**: high" in text
    assert "- **Effort**: 2.5 hours" in text


@pytest.mark.parametrize(
    "description",
    [
        "```\nnever closed",
        "<!-- never closed",
        "<!-- /wish -->\n# Heading",
        "    indented code first",
        "- list first",
        "# Heading",
        "Setext\n===",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "> quote\nlazy",
        "[a]: https://example.org",
        "<div>\nhtml",
        "~~~~\n```\n~~~",
        "trailing \\",
        "1. one\n\n   ```\n   open",
    ],
)
def test_hostile_descriptions_come_back_and_hide_nothing(description: str) -> None:
    first, second = replace(FULL, description=description), WishlistItem(title="Second", description="safe")

    assert again(first, second) == [first, second]


def test_sections_open_and_close() -> None:
    paths: list[tuple[str, ...]] = [
        (),
        ("A",),
        ("A", "B"),
        ("A",),
        ("A", "B", "C", "D", "E", "F"),
        ("B",),
        (),
        ("B", "A"),
        ("A", "A"),
    ]
    items = [WishlistItem(title=f"t{number}", section=path) for number, path in enumerate(paths)]

    assert [item.section for item in again(*items)] == paths


def test_what_a_person_adds_to_an_export_is_read_too() -> None:
    text = render_wishlist([FULL], title="All")
    text = (
        text.replace("- **Priority**: high", "- **Priority**: Low")
        + "\n## Later\n### 7. New wish\n**Effort**: 2 days\n"
    )

    parsed = parse_wishlist(text)

    assert [(item.title, item.priority, item.estimated_hours) for item in parsed.items] == [
        (FULL.title, Priority.LOW, 2.5),
        ("New wish", None, 16),
    ]


def test_tags_on_one_line_may_be_parted_by_commas() -> None:
    text = render_wishlist([replace(FULL, tags=("x",))], title="All").replace(
        "- **Tags**:\n    - x", "- **Tags**: x, y"
    )

    assert parse_wishlist(text).items[0].tags == ("x", "y")


def test_an_export_without_items() -> None:
    parsed = parse_wishlist(render_wishlist([], title="Nothing yet"))

    assert (parsed.title, parsed.items, parsed.skipped) == ("Nothing yet", (), ())


def test_the_markers_in_a_code_block_make_no_export() -> None:
    text = "# Doc\n## Ideas\n### 1. Format\n```\n<!-- wishlist export -->\n<!-- wish -->\n### X\n<!-- /wish -->\n```\n"

    assert [item.title for item in parse_wishlist(text).items] == ["Format"]
