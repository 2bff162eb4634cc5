"""What is left out of a document, and what must not be; every document is small and our own."""

from __future__ import annotations

from textwrap import dedent

from ci_core.backlog.wishlist.items import ParsedWishlist
from ci_core.backlog.wishlist.parser import parse_wishlist


def read(text: str, **kwargs: str) -> ParsedWishlist:
    return parse_wishlist(dedent(text), **kwargs)


def titles(text: str) -> list[str]:
    return [item.title for item in read(text).items]


def reasons(text: str) -> dict[str, str]:
    return {part.title: part.reason for part in read(text).skipped}


def test_a_table_of_figures_is_no_list_of_wishes() -> None:
    text = """
        # Mill
        ## Ideas
        - **Sieve**: finer
        ## Speed
        | Feature | Current | Target | Improvement |
        |---|---|---|---|
        | Grinding | 1 t | 2 t | 2x |
        """

    assert titles(text) == ["Sieve"]
    assert reasons(text) == {"Speed": "figures in a table, no wishes"}


def test_a_summary_table_does_not_double_the_wishes() -> None:
    text = """
        # Port
        ## Features
        ### 1. Crane booking
        **Effort**: 2 days
        ### 2. Pilot roster
        **Effort**: 1 day
        ### 3. Tide table
        **Effort**: 1 hour
        ## Status board
        | Item | Status |
        |---|---|
        | Crane booking | 🔴 Not started |
        | Tide table | Done |
        """

    assert titles(text) == ["Crane booking", "Pilot roster", "Tide table"]


def test_roadmaps_name_wishes_again_and_are_left_out() -> None:
    text = """
        # Farm
        ## Wishes
        ### F-1: Milk robot
        **Effort**: Large
        ### F-2: Hen house
        **Effort**: Small
        ### F-3: Barn lights
        **Effort**: Small
        ## Implementation Roadmap
        ### Phase 1 (Q1)
        1. ✅ Milk robot MVP
        2. Hen house
        ### Phase 2 (Q2)
        - Barn lights
        - Something vague
        ## Next Steps
        1. Ask the vet
        """

    assert titles(text) == ["Milk robot", "Hen house", "Barn lights"]
    assert list(reasons(text)) == ["Implementation Roadmap", "Next Steps"]


def test_a_roadmap_that_is_the_only_place_of_its_wishes_is_read() -> None:
    text = """
        # Ferry Roadmap
        ## Phase 1: Deck (Q1 2030)
        ### 1. Benches
        - oak
        ### 2. Railings
        - steel
        ## Phase 2: Someday
        1. **Sails**
           - two
        2. **Oars**
           - ten
        """

    assert titles(text) == ["Benches", "Railings", "Sails", "Oars"]


def test_equal_titles_stay_two_wishes() -> None:
    text = """
        # Farmshop
        ## Web
        ### Search
        **Effort**: 1 day
        ### Cart
        **Effort**: 2 days
        ## Phone
        ### Search
        **Effort**: 3 days
        ### Scanner
        **Effort**: 3 days
        """

    assert titles(text) == ["Search", "Cart", "Search", "Scanner"]


def test_an_assessment_and_line_by_line_observations_are_no_wishes() -> None:
    text = """
        # Dam
        ## Ideas
        - **Turbine**: new
        ## Structure
        **Concrete**: 8/10
        - fine
        **Steel**: 6/10
        - rusty
        ## Remarks of the inspector
        **wall.py issues:**
        - Line 3: crack
        - Line 9-12: moss
        """

    assert titles(text) == ["Turbine"]


def test_the_closing_lines_belong_to_no_wish() -> None:
    parsed = read(
        """
        # Camp
        ## Ideas
        ### C-1: Tents
        - canvas

        This wishlist represents the view of the cooks.
        """
    )

    assert parsed.items[0].description == "- canvas"
    assert [part.reason for part in parsed.skipped] == ["closing lines about the document"]


def test_a_wish_under_an_unlikely_heading_is_not_lost() -> None:
    text = """
        # Quarry
        ## Notes
        ### Q7-01: Bigger drill
        **Priority**: High
        """

    assert titles(text) == ["Bigger drill"]


def test_an_empty_or_odd_document_has_no_items() -> None:
    for text in ("", "\n\n", "# Only a title", "Just prose.", "<!-- nothing -->", "***"):
        assert parse_wishlist(text).items == ()


def test_a_table_of_all_wishes_with_sections_for_some() -> None:
    parsed = read(
        """
        # Lab
        ## Top 2
        1. Bulk edit
        2. Offline mode
        ## All requests
        | ID | Request | Priority | Est. |
        |----|---------|----------|------|
        | R-1 | Bulk edit | High | 3d |
        | R-2 | Audit trail | Low | 1w |
        | R-3 | Offline mode | Low | 2 weeks |
        ## Details
        ### R-1 Bulk edit
        Many at once.
        ### R-4 Zoom
        Closer.
        """
    )

    assert [(item.identifier, item.title, item.estimated_hours) for item in parsed.items] == [
        ("R-2", "Audit trail", 40),
        ("R-3", "Offline mode", 80),
        ("R-1", "Bulk edit", None),
        ("R-4", "Zoom", None),
    ]


def test_periods_are_no_wishes() -> None:
    text = """
        # Mill
        ## Money
        - **Phase 1**: 50
        - **Phase 2**: 90
        - **Loan office**: open it
        """

    assert titles(text) == ["Loan office"]
