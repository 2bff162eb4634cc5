"""Priority, effort, category and the like, read from whole small documents."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.parser import parse_wishlist
from db.enums import Category, Complexity, Priority


def items(text: str) -> list[WishlistItem]:
    return list(parse_wishlist(dedent(text)).items)


def one(text: str) -> WishlistItem:
    (item,) = items(text)
    return item


def test_the_legend_of_the_document_gives_signs_and_sizes_their_meaning() -> None:
    found = items(
        """
        # Dock
        ## Priority Legend
        - 🔴 **Critical**: now
        - 🟡 **High**: soon
        - 🟢 **Medium**: nice
        - 🔵 **Low**: some day
        ## Size Legend
        - **S**: Small (< 1 day)
        - **L**: Large (1-2 weeks)
        ## 1. Cranes
        ### 1.1 Hook 🟡 [L]
        **Description**: x
        ### 1.2 Cable 🔵 [S]
        **Description**: y
        """
    )

    assert [(item.priority, item.estimated_hours, item.complexity) for item in found] == [
        (Priority.HIGH, 60, Complexity.COMPLEX),
        (Priority.LOW, 4, Complexity.SIMPLE),
    ]


def test_a_legend_on_one_line() -> None:
    found = items(
        """
        # Dock
        **Legend**: 🔴 Critical | 🟡 High | 🟢 Medium
        ## Features
        - 🔴 **Hook** (S)
        - 🟢 **Cable** — ⏱️ 3 days
        """
    )

    assert [item.priority for item in found] == [Priority.CRITICAL, Priority.MEDIUM]


def test_signs_of_progress_are_no_priority() -> None:
    found = items(
        """
        # Dock
        Legend: 🔴 Not started, 🟡 In progress, 🟢 Done
        ## Features
        ### 1. Hook 🟢
        text
        ### 2. Cable
        **Status**: 🔴 Not Started
        """
    )

    assert [(item.completed, item.priority) for item in found] == [(True, None), (False, None)]


def test_the_own_priority_outweighs_that_of_the_section() -> None:
    found = items(
        """
        # Dock
        ## Low Priority
        ### 1. Hook
        **Priority**: P0
        ### 2. Cable
        text
        """
    )

    assert [item.priority for item in found] == [Priority.CRITICAL, Priority.LOW]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (3, [Priority.HIGH, Priority.MEDIUM, Priority.LOW]),
        (4, [Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW]),
    ],
)
def test_counted_priorities_spread_over_the_levels(levels: int, expected: list[Priority]) -> None:
    text = "# Dock\n" + "".join(f"## Priority {n}: Pier {n}\n### {n}.1 Hook {n}\ntext\n" for n in range(1, levels + 1))

    assert [item.priority for item in items(text)] == expected


@pytest.mark.parametrize(
    ("field", "hours", "complexity"),
    [
        ("**Effort**: Medium", None, Complexity.MODERATE),
        ("**Effort**: 2-3 weeks", 100, Complexity.EPIC),
        ("**Estimated Time**: 2 days", 16, Complexity.MODERATE),
        ("**Effort**: L", 60, Complexity.COMPLEX),
        ("- **Effort**: Small (2-4 hours)", 3, Complexity.SIMPLE),
        ("*Effort*: 30 min", 0.5, Complexity.TRIVIAL),
        ("Complexity: High", None, Complexity.COMPLEX),
        ("**Status**: Planned | **Effort:** 1 day", 8, Complexity.MODERATE),
        ("#### Estimated Effort\n4 hours", 4, Complexity.SIMPLE),
        ("- **Estimated Hours**: 12", 12, Complexity.MODERATE),
    ],
)
def test_effort_fields(field: str, hours: float | None, complexity: Complexity) -> None:
    item = one(f"# Dock\n## Ideas\n### 1. Hook\n{field}\n")

    assert (item.estimated_hours, item.complexity) == (hours, complexity)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("**Dependencies**: WebSocket server", ("WebSocket server",)),
        ("**Dependencies**: None", ()),
        ("**Depends on**: ML-001, the harbour (north, south)", ("ML-001", "the harbour (north, south)")),
        ("**Dependencies**:\n- Crane\n- Rope", ("Crane", "Rope")),
        ("#### Dependencies\n- Crane\n- Rope", ("Crane", "Rope")),
        ("Needs thought. Requires #12 and #13.", ("#12", "#13")),
        ("Blocked by ML-001", ("ML-001",)),
        ("Requires 2FA confirmation", ()),
        ("- see #12", ()),
    ],
)
def test_dependencies(field: str, expected: tuple[str, ...]) -> None:
    assert one(f"# Dock\n## Ideas\n### 1. Hook\n{field}\n").dependencies == expected


@pytest.mark.parametrize(
    ("status", "completed"),
    [
        ("Done", True),
        ("✅ Completed (v2)", True),
        ("Implemented", True),
        ("Partially done", False),
        ("Not started", False),
        ("🟡 WIP", False),
    ],
)
def test_the_status_field_tells_what_is_completed(status: str, completed: bool) -> None:
    assert one(f"# Dock\n## Ideas\n### 1. Hook\n**Status**: {status}\n").completed is completed


@pytest.mark.parametrize(
    ("section", "title", "category"),
    [
        ("Security Enhancements", "Badges", Category.SECURITY),
        ("Performance Optimizations", "Pagination", Category.PERFORMANCE),
        ("Testing & Quality", "Load tests", Category.TESTING),
        ("Documentation Needs", "Harbour map", Category.DOCUMENTATION),
        ("Technical Debt", "Split cranes.py", Category.REFACTORING),
        ("Technical Debt", "Unit tests for cranes", Category.TESTING),
        ("Critical Fixes", "SQL injection in search", Category.SECURITY),
        ("Critical Fixes", "Wrong tide", Category.BUG_FIX),
        ("Major Features", "Ferry sales", Category.NEW_FEATURE),
        ("UI/UX Improvements", "Bigger buttons", Category.ENHANCEMENT),
        ("Harbour", "Fix broken tide table", Category.BUG_FIX),
        ("Harbour", "Whatever", None),
    ],
)
def test_categories(section: str, title: str, category: Category | None) -> None:
    assert one(f"# Dock\n## {section}\n1. **{title}**\n   - more\n").category is category


def test_a_stated_category_counts() -> None:
    assert one("# Dock\n## Ideas\n### 1. Hook\n**Category**: Bug\n").category is Category.BUG_FIX


def test_tags_are_topics_of_the_text_and_its_section() -> None:
    item = one("# Dock\n## Harbour Office\n1. **Redis cache for the API**\n   - see docs\n")

    assert item.tags == ("redis", "caching", "api", "harbour-office")


def test_stated_tags_count() -> None:
    assert one("# Dock\n## Ideas\n### 1. Hook\n**Tags**: steel, Heavy\n").tags == ("steel", "heavy")


@pytest.mark.parametrize(
    ("section", "area"),
    [
        ("Water Pumps Enhancements", "Water Pumps"),
        ("Monetization (If Applicable)", "Monetization"),
        ("Security Enhancements", None),
        ("High Priority", None),
    ],
)
def test_areas_come_from_sections_that_name_a_part_of_the_product(section: str, area: str | None) -> None:
    assert one(f"# Dock\n## {section}\n1. **Hook**\n   - more\n").feature_area == area


def test_the_title_of_the_document_is_the_last_resort_for_an_area() -> None:
    assert one("# Tide Tables - Wishlist\n## High Priority\n1. **Hook**\n   - more\n").feature_area == "Tide Tables"
