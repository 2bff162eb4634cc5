"""What holds for any text and any items, not only for those that someone thought of."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.parser import parse_wishlist
from ci_core.backlog.wishlist.render import render_wishlist
from db.enums import Category, Complexity, Priority

MARKDOWN_PIECES = [
    "# ", "## ", "### ", "#### ", "1. ", "12. ", "- ", "* ", "+ ", "  - ", "    ", "\t", "> ", "**", "__",
    "~~", "`", "```\n", "~~~\n", "[ ] ", "[x] ", "✅ ", "🔴 ", "1️⃣", ":white_check_mark:", "---\n", "===\n",
    "|", "|-|-|\n", "<!-- ", "-->", "<img src=x onerror=y>", "(2 hours)", "(30 min)", "[L]", "[HIGH]",
    "ML-001: ", "1.1 ", "Phase 1", "High Priority", "Roadmap", "Overview", "Priority: High",
    "**Priority**: High", "**Effort**: 2-3 days", "Dependencies: #12", "Title", "text", " ", "\n", "\n\n",
    "\r\n", "\r", "\0", "\\", ":", "é", "日本", "\u2028", "\ufeff", "<!-- wish -->", "<!-- /wish -->",
    "<!-- wishlist export -->", "<!-- description -->",
]  # fmt: skip
markdown = st.lists(st.sampled_from(MARKDOWN_PIECES), max_size=60).map("".join)

# Letters that are no line ends or control characters; those have a test of their own.
line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]) | st.just(" "), min_size=1, max_size=40)
name = line.map(lambda text: " ".join(text.split())).filter(bool)
body = (st.lists(st.sampled_from(MARKDOWN_PIECES), max_size=25).map("".join) | st.text(max_size=80)).map(
    lambda text: text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
)
items = st.lists(
    st.builds(
        WishlistItem,
        title=name,
        description=body,
        completed=st.booleans(),
        priority=st.none() | st.sampled_from(Priority),
        category=st.none() | st.sampled_from(Category),
        complexity=st.none() | st.sampled_from(Complexity),
        estimated_hours=st.none() | st.floats(0, 1e6),
        feature_area=st.none() | name,
        tags=st.lists(name, max_size=3).map(tuple),
        dependencies=st.lists(name, max_size=3).map(tuple),
        identifier=st.none() | name,
        section=st.lists(name, max_size=7).map(tuple),
    ),
    max_size=5,
)
slow_is_fine = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@slow_is_fine
@given(markdown | st.text())
def test_no_text_makes_the_parser_fail(text: str) -> None:
    parsed = parse_wishlist(text)

    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= item.line <= lines for item in parsed.items)
    assert all(item.title and "\n" not in item.title and len(item.title) <= 200 for item in parsed.items)
    assert all(part.reason for part in parsed.skipped)


@slow_is_fine
@given(markdown | st.text())
def test_items_are_in_the_order_of_the_document(text: str) -> None:
    lines = [item.line for item in parse_wishlist(text).items]

    assert lines == sorted(lines)


@slow_is_fine
@given(items, name)
def test_written_items_are_read_back_the_same(wanted: list[WishlistItem], title: str) -> None:
    text = render_wishlist(wanted, title=title)

    parsed = parse_wishlist(text)

    assert [replace(item, line=1) for item in parsed.items] == [as_stored(item) for item in wanted]
    assert parsed.title == title
    assert parsed.skipped == ()


@slow_is_fine
@given(markdown)
def test_what_was_read_is_written_and_read_back_the_same(text: str) -> None:
    first = parse_wishlist(text)

    second = parse_wishlist(render_wishlist(first.items, title="Export"))

    assert [replace(item, line=1) for item in second.items] == [replace(item, line=1) for item in first.items]


def as_stored(item: WishlistItem) -> WishlistItem:
    """Blank lines around a description are no part of it."""
    lines = item.description.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return replace(item, description="\n".join(lines).rstrip(), line=1)


@pytest.mark.parametrize(
    "unit",
    [
        "## Section\n### 1. Title\n**Priority**: High\n- text\n\n",
        "1. **Title** (2 hours)\n- loose detail\n",
        "- [ ] Do something (1 h)\n",
        "## 1. Chapter\n### Plain one\ntext\n### Plain two\ntext\n\n",
        "- name\n\n",
        "> > > quote\n\n",
        "- **a *b",
        "# \n",
    ],
)
def test_time_grows_in_step_with_the_text(unit: str) -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        parse_wishlist(unit * count)
        return time.process_time() - start

    seconds(50)
    small, large = min(seconds(150) for _ in range(3)), min(seconds(1200) for _ in range(2))

    assert large < 0.05 + small * 8 * 3
