"""Wishes that are headings, in many ways of dividing a document; every document is small and our own."""

from __future__ import annotations

from textwrap import dedent

from ci_core.backlog.wishlist.items import ParsedWishlist
from ci_core.backlog.wishlist.parser import parse_wishlist
from db.enums import Priority


def read(text: str, **kwargs: str) -> ParsedWishlist:
    return parse_wishlist(dedent(text), **kwargs)


def titles(text: str) -> list[str]:
    return [item.title for item in read(text).items]


def test_headings_with_codes_and_code_blocks_that_hold_headings() -> None:
    parsed = read(
        """
        # Brewery Tools - Future Wishlist

        ## Sensors

        ### SN-001: Gravity Probe

        **Description**: Reads gravity.

        ````python
        # ## Not a heading
        ```
        1. **Not an item**
        ````

        ### SN-002: Heater Alarm
        **Dependencies**: SN-001, a siren (loud, cheap)
        """
    )

    assert [(item.identifier, item.title) for item in parsed.items] == [
        ("SN-001", "Gravity Probe"),
        ("SN-002", "Heater Alarm"),
    ]
    assert "# ## Not a heading\n```\n1. **Not an item**\n````" in parsed.items[0].description
    assert parsed.items[1].dependencies == ("SN-001", "a siren (loud, cheap)")


def test_sub_headings_that_describe_a_wish_are_part_of_it() -> None:
    text = """
        # Library Wishlist

        ## Loan Reminders

        ### Current State
        None.

        ### Desired State
        One per week.

        ### Implementation
        1. Cron
        2. Mail

        ### Priority: High
        ### Estimated Effort: 3 weeks

        ## Shelf Map

        ### Current State
        Paper.

        ### Desired State
        Screen.

        ### Ladder Needs
        Some.
        """

    items = read(text).items

    assert [item.title for item in items] == ["Loan Reminders", "Shelf Map"]
    assert items[0].priority is Priority.HIGH
    assert items[0].estimated_hours == 120
    assert items[0].description.startswith("### Current State\nNone.")
    assert items[1].description.endswith("### Ladder Needs\nSome.")


def test_a_numbered_heading_with_deeper_numbers_is_a_section() -> None:
    text = """
        # Plan
        ## 1. Overview
        Words.
        ## 2. High-Priority Features
        ### 2.1 Boat Rental
        **Priority:** High | **Effort:** 2 days | **Status:** Planned
        #### Step 1
        Buy boats.
        ### 2.2 Canoe Rental
        **Priority:** Low | **Effort:** 1 week | **Status:** ✅ Completed
        ## 3. Success Metrics
        - 50 rentals
        ## 4. Conclusion
        Bye.
        """

    parsed = read(text)

    assert [(item.title, item.completed, item.priority) for item in parsed.items] == [
        ("Boat Rental", False, Priority.HIGH),
        ("Canoe Rental", True, Priority.LOW),
    ]
    assert [part.title for part in parsed.skipped] == ["Overview", "Success Metrics", "Conclusion"]


def test_numbered_chapters_of_plain_headings_hold_those_as_wishes() -> None:
    text = """
        # Kitchen
        ## 1. Oven Improvements
        ### Pizza mode
        Hotter.
        ### Steam
        Wetter.
        ## 2. Fridge Improvements
        ### Door alarm
        - beep
        ### Level 2 cooling
        - colder
        """

    assert titles(text) == ["Pizza mode", "Steam", "Door alarm", "Level 2 cooling"]


def test_plain_headings_with_bullets_below_a_section_are_one_wish_each() -> None:
    text = """
        # Tram Wishlist
        ## Stops
        ### 1.1 Shelters
        **Effort**: Low
        ## Debt & Cleanup
        ### Rails
        - Grind rails
        - Oil switches
        ### Signals
        - Replace bulbs
        """

    assert titles(text) == ["Shelters", "Rails", "Signals"]


def test_other_scripts_and_emoji_numbers() -> None:
    parsed = read(
        """
        # 希望

        ## 1️⃣ Überlappende Termine
        **Priority**: High

        日本語の説明。

        ## 2️⃣ Ελληνικά 🎉
        **Priority**: Low
        """
    )

    assert [(item.identifier, item.title) for item in parsed.items] == [
        ("1", "Überlappende Termine"),
        ("2", "Ελληνικά"),
    ]
    assert "日本語の説明。" in parsed.items[0].description


def test_fields_above_a_rule_are_not_taken_for_a_heading() -> None:
    parsed = read(
        """
        # Pier
        ## Wishes
        ### Lamp posts
        **Priority**: High
        **Effort**: 2 days
        ---
        ### Benches
        **Priority**: Low
        ---
        """
    )

    assert [(item.title, item.description) for item in parsed.items] == [
        ("Lamp posts", "**Priority**: High\n**Effort**: 2 days"),
        ("Benches", "**Priority**: Low"),
    ]


def test_a_given_area_counts_for_every_item() -> None:
    text = """
        # Radio Feature Wishlist
        ## Antenna
        - **Mast**: taller
        """

    assert read(text).items[0].feature_area == "Antenna"
    assert read(text, default_feature_area="radio").items[0].feature_area == "radio"


def test_a_text_above_boxes_makes_the_heading_the_wish() -> None:
    text = """
        # Radar
        ## Research
        ### Storm overlay
        > As a sailor I want to see storms.

        - [ ] Source A
        - [ ] Source B
        ### Bird filter
        Birds are no storms.

        - **Size**: small ones out
        - **Speed**: slow ones out
        """

    assert titles(text) == ["Storm overlay", "Bird filter"]


def test_stages_of_one_wish_are_part_of_it() -> None:
    text = """
        # Rail
        ## Trains
        ### 1. Night train
        #### Phase 1: One line
        **Effort**: 4 weeks
        #### Phase 2: All lines
        **Effort**: 9 weeks
        ### 2. Dining car
        #### Menu
        - soup
        """

    assert titles(text) == ["Night train", "Dining car"]


def test_a_wish_called_one_keeps_its_sub_headings() -> None:
    text = """
        # Rail
        ## Feature 1: Night train
        ### Beds
        Soft.
        ### Lamps
        Dim.
        ## Feature 2: Dining car
        ### Stove
        Hot.
        ### Tables
        Flat.
        """

    assert titles(text) == ["Night train", "Dining car"]


def test_topics_that_sound_like_sides_are_wishes_below_a_section() -> None:
    text = """
        # Rail
        ## Data
        ### Data Sources
        - timetable
        ### Visualizations
        - map
        """

    assert titles(text) == ["Data Sources", "Visualizations"]


def test_a_heading_that_announces_several_among_plain_ones() -> None:
    text = """
        # Mill
        ## UI Improvements
        ### Visual Enhancements
        - Dark mode
        - Big buttons
        ### Sounds
        - Bell
        """

    assert titles(text) == ["Dark mode", "Big buttons", "Bell"]


def test_fields_of_work_beside_one_that_announces_several_are_lists_as_well() -> None:
    text = """
        # Bakery Wishlist

        ## Technical Debt and Improvements

        ### Code Quality

        - Type hints for all functions
        - Linting in the pipeline

        ### Performance Tuning

        - Pool the connections

        ### Security Enhancements

        - Rate limiting per customer
        """

    assert titles(text) == [
        "Type hints for all functions",
        "Linting in the pipeline",
        "Pool the connections",
        "Rate limiting per customer",
    ]


def test_goals_of_the_document_and_targets_among_wishes_are_none() -> None:
    text = """
        # Bakery Wishlist

        ## Executive Vision

        One place for every oven.

        ### Strategic Goals

        1. **Every Oven**: All brands in one interface
        2. **No Burnt Bread**: Alarms everywhere

        ## Oven Control

        ### Remote Start

        - From the phone

        ### Performance Targets

        - Start: < 1 second

        ### Recipe Scheduling

        - By weekday
        """

    assert titles(text) == ["Remote Start", "Recipe Scheduling"]
