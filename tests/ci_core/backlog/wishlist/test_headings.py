from __future__ import annotations

import pytest

from ci_core.backlog.wishlist.headings import group_of, is_aspect, names_many
from ci_core.backlog.wishlist.not_wishes import no_wishes
from db.enums import Priority


@pytest.mark.parametrize(
    ("title", "priority"),
    [
        ("High Priority", Priority.HIGH),
        ("HIGH PRIORITY - Pumps", Priority.HIGH),
        ("Priority: MEDIUM", Priority.MEDIUM),
        ("🔴 Critical Fixes", Priority.CRITICAL),
        ("URGENT - Pumps", Priority.CRITICAL),
        ("Must Have", Priority.CRITICAL),
        ("Should-Have Features", Priority.HIGH),
        ("Could Have", Priority.MEDIUM),
        ("Nice-to-Have Enhancements", Priority.LOW),
        ("P0 - Blockers", Priority.CRITICAL),
        ("P2", Priority.MEDIUM),
        ("Priority 1: Critical Enhancements (Next Sprint)", Priority.CRITICAL),
        ("Priority 3: Nice-to-Have", Priority.LOW),
        ("Quick Wins (< 1 Hour Each)", Priority.HIGH),
        ("Long-term Vision", Priority.LOW),
        ("Short-term (1-3 months)", Priority.HIGH),
        ("High-Impact Enhancements", Priority.HIGH),
        ("Stretch Goals", Priority.LOW),
        ("Low Priority / Future", Priority.LOW),
        ("WISHLIST - Far Ideas", Priority.LOW),
    ],
)
def test_headings_that_give_a_priority(title: str, priority: Priority) -> None:
    group = group_of(title)

    assert group is not None
    assert group.priority is priority


@pytest.mark.parametrize("title", ["Priority 2: Pumps", "Tier 1", "Level 3: Pumps"])
def test_counted_priorities_give_a_rank(title: str) -> None:
    group = group_of(title)

    assert group is not None
    assert group.rank == int(next(char for char in title if char.isdigit()))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Phase 2: Growth", "time"),
        ("Q3 2026", "time"),
        ("This Month", "time"),
        ("v2.1", "time"),
        ("Next 3 Months", "time"),
        ("Completed ✅", "state"),
        ("Recently Implemented Features", "state"),
        ("In Progress", "state"),
        ("Future Enhancements", "container"),
        ("Community-Requested Features", "container"),
        ("Ideas / Brainstorm", "container"),
    ],
)
def test_other_groups(title: str, kind: str) -> None:
    group = group_of(title)

    assert group is not None
    assert group.kind == kind


@pytest.mark.parametrize(
    "title",
    [
        "Critical Path Analysis",
        "High-frequency feed",
        "Low latency mode",
        "Level 2 quotes",
        "Medium-term trend",
        "Done Button",
        "Security Enhancements",
        "Immediate or cancel orders",
        "Fixed income",
        "",
    ],
)
def test_headings_that_name_something(title: str) -> None:
    assert group_of(title) is None


def test_the_area_beside_a_priority() -> None:
    group = group_of("URGENT - Water Pumps")

    assert group is not None
    assert group.area == "Water Pumps"


@pytest.mark.parametrize(
    "title",
    [
        "Overview", "Table of Contents", "Priority Legend", "Complexity Legend", "Implementation Roadmap",
        "Recommended Timeline", "Success Metrics", "Technical Stack for Future Features",
        "Risk Considerations", "Contact & Feedback", "Conclusion", "Next Steps", "Priority Ranking",
        "Code Quality Observations", "Notes", "Resources", "References", "Executive Summary",
        "How to Contribute", "Change Log", "Dependencies & Prerequisites", "Vision & Goals",
        "Implementation Priority Matrix", "Performance Targets", "Current State", "Estimated Timeline",
        "Total Effort: 6 weeks", "Appendix: Charts", "Rollout Strategy", "🎯 KPIs", "Summary Table",
        "Budget & Resources", "Monitoring and Success Metrics", "Executive Vision", "Strategic Goals",
        "Key Objectives",
    ],
)  # fmt: skip
def test_sections_that_hold_no_wishes(title: str) -> None:
    rule = no_wishes(title)

    assert rule is not None
    assert rule.reason


@pytest.mark.parametrize(
    "title",
    [
        "Long-term Vision", "Feedback Widget", "Team Collaboration Features", "Performance Metrics Dashboard",
        "Risk Features", "Known Issues", "Timeline View", "Contact Import", "Budget Tracking",
        "Proposed Features", "Notes Export", "Roadmap Editor", "Integration Wishlist", "Monetization Features",
        "Support Chat", "Goal Tracking", "Overview Map Improvements",
    ],
)  # fmt: skip
def test_sections_that_only_sound_like_it(title: str) -> None:
    assert no_wishes(title) is None


@pytest.mark.parametrize(
    "title", ["Risk Analysis", "Risk Assessment", "Cost Analysis", "Custom Metrics", "Market Analysis"]
)
def test_deep_in_a_document_such_titles_are_wishes(title: str) -> None:
    assert no_wishes(title, deep=True) is None


@pytest.mark.parametrize(
    "title",
    [
        "Description", "Key Features", "Current State", "Benefits", "Implementation Details", "API Endpoints",
        "Why", "User Story", "Acceptance Criteria", "Technical Requirements", "Database Schema", "Use Cases",
        "🎯 Expected Benefits", "Risks",
    ],
)  # fmt: skip
def test_sides_of_a_wish(title: str) -> None:
    assert is_aspect(title)


@pytest.mark.parametrize("title", ["Dark Mode", "Pump Control", "Security", "Steam"])
def test_no_sides_of_a_wish(title: str) -> None:
    assert not is_aspect(title)


def test_titles_that_announce_several_wishes() -> None:
    assert names_many("UI/UX Improvements")
    assert names_many("Technical Debt (ongoing)")
    assert not names_many("Pump Control")
