from __future__ import annotations

import pytest

from ci_core.backlog.wishlist.titles import TITLE_LIMIT, priority_word, read_label
from db.enums import Category, Complexity, Priority


@pytest.mark.parametrize(
    ("markdown", "title", "identifier"),
    [
        ("43. Fix pumps", "Fix pumps", "43"),
        ("7) Fix pumps", "Fix pumps", "7"),
        ("#12 Fix pumps", "Fix pumps", "12"),
        ("1.1 Fix pumps", "Fix pumps", "1.1"),
        ("2.3.1: Fix pumps", "Fix pumps", "2.3.1"),
        ("ML-001: Fix pumps", "Fix pumps", "ML-001"),
        ("[TD-1] Fix pumps", "Fix pumps", "TD-1"),
        ("ER-001 Fix pumps", "Fix pumps", "ER-001"),
        ("Feature 3: Fix pumps", "Fix pumps", "3"),
        ("Feature Request #4 - Fix pumps", "Fix pumps", "4"),
        ("A. Fix pumps", "Fix pumps", "A"),
        ("IV. Fix pumps", "Fix pumps", "IV"),
        ("1️⃣ Fix pumps", "Fix pumps", "1"),
        ("Feature: Fix pumps", "Fix pumps", None),
        ("3D charts", "3D charts", None),
        ("GPT-4 summaries", "GPT-4 summaries", None),
        ("2FA login", "2FA login", None),
        ("2.5 % rule", "2.5 % rule", None),
        ("Q1-2025", "Q1-2025", None),
    ],
)
def test_numbering_leaves_the_title(markdown: str, title: str, identifier: str | None) -> None:
    label = read_label(markdown)

    assert (label.text, label.identifier) == (title, identifier)


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        ("🚀 **Solar** roof 🎉", "Solar roof"),
        ("Use `pool.get()` (fast)", "Use pool.get() (fast)"),
        ("Mobile app (React Native)", "Mobile app (React Native)"),
        ("Premium tier ($29/mo)", "Premium tier ($29/mo)"),
        ("[Guide](https://example.org) for [x]", "Guide for [x]"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("A<br>B <!-- note -->", "A B"),
        ("Solar (150 votes)", "Solar"),
        ("Solar:", "Solar"),
        ("Solar (Future)", "Solar"),
        ("High-frequency feed", "High-frequency feed"),
        ("Level 2 quotes", "Level 2 quotes"),
        ("Volume (High/Low)", "Volume (High/Low)"),
        ("Tom & Jerry \\*", "Tom & Jerry *"),
    ],
)
def test_markup_and_marks_leave_the_title_and_words_stay(markdown: str, title: str) -> None:
    assert read_label(markdown).text == title


@pytest.mark.parametrize(
    "markdown",
    [
        "✅ Solar",
        "Solar - DONE",
        "Solar (Completed)",
        "[x] Solar",
        "~~Solar~~",
        "DONE: Solar",
        ":white_check_mark: Solar",
    ],
)
def test_signs_of_completion(markdown: str) -> None:
    label = read_label(markdown)

    assert label.text == "Solar"
    assert label.completed


@pytest.mark.parametrize(
    "markdown", ["[ ] Solar", "🔴 Solar", "Solar (In Progress)", "Solar (partially done)", "🟢 Solar"]
)
def test_signs_that_do_not_mean_completion(markdown: str) -> None:
    label = read_label(markdown)

    assert label.text == "Solar"
    assert not label.completed


def test_notes_behind_a_title() -> None:
    label = read_label("1.2 Solar roof 🟡 [L] (2-3 hours, High Priority)")

    assert (label.text, label.identifier, label.size, label.hours) == ("Solar roof", "1.2", "L", 2.5)
    assert label.priority is Priority.HIGH
    assert label.signs == ("🟡",)


def test_marks_before_a_title() -> None:
    label = read_label("[HIGH] [Bug] Solar roof — 3 weeks")

    assert (label.text, label.priority, label.category, label.hours) == (
        "Solar roof",
        Priority.HIGH,
        Category.BUG_FIX,
        120,
    )


def test_the_sum_of_a_section_is_no_effort() -> None:
    label = read_label("Backend fixes (10 hours total)")

    assert (label.text, label.hours) == ("Backend fixes", None)


def test_an_effort_in_words() -> None:
    assert read_label("Solar (Effort: Very High)").complexity is Complexity.EPIC


def test_a_long_title_is_cut_between_words() -> None:
    title = read_label("word " * 100).text

    assert len(title) <= TITLE_LIMIT
    assert title.endswith("word…")


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("High", Priority.HIGH),
        ("🔴 Critical (blocks release)", Priority.CRITICAL),
        ("P0", Priority.CRITICAL),
        ("P2", Priority.MEDIUM),
        ("Must have", Priority.CRITICAL),
        ("Nice-to-have", Priority.LOW),
        ("8/10", None),
        ("unclear", None),
    ],
)
def test_priorities_in_words(text: str, priority: Priority | None) -> None:
    assert priority_word(text) == priority
