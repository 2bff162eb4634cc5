"""Wishlists in many styles of writing, each small and our own, with the items that a reader would list."""

from __future__ import annotations

from textwrap import dedent

from ci_core.backlog.wishlist.items import ParsedWishlist
from ci_core.backlog.wishlist.parser import parse_wishlist
from db.enums import Complexity, Priority


def read(text: str, **kwargs: str) -> ParsedWishlist:
    return parse_wishlist(dedent(text), **kwargs)


def titles(text: str) -> list[str]:
    return [item.title for item in read(text).items]


def reasons(text: str) -> dict[str, str]:
    return {part.title: part.reason for part in read(text).skipped}


def test_numbered_bold_entries_below_group_headings() -> None:
    parsed = read(
        """
        # Garden Planner Wishlist

        ## 🌱 Planting Enhancements

        ### HIGH PRIORITY - Calendar (4 hours total)

        1. **Frost Dates** (90 min) - frost.py:10
           - per region
           - `zone` lookup
        2. **Seed Stock** (2 hours)

        ### MEDIUM PRIORITY - Harvest

        3. **Yield Log** (1 day)
        """
    )

    assert [(item.identifier, item.title, item.estimated_hours, item.priority) for item in parsed.items] == [
        ("1", "Frost Dates", 1.5, Priority.HIGH),
        ("2", "Seed Stock", 2, Priority.HIGH),
        ("3", "Yield Log", 8, Priority.MEDIUM),
    ]
    assert parsed.items[0].description == "frost.py:10\n- per region\n- `zone` lookup"
    assert parsed.items[0].section == ("Planting Enhancements", "HIGH PRIORITY - Calendar")
    assert {item.feature_area for item in parsed.items} == {"Planting"}


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


def test_bullets_below_a_heading_that_announces_several_are_the_wishes() -> None:
    text = """
        # Zoo Wishlist
        ## Technical Debt
        - Refactor cages.py
        - Add type hints
        ## Nice to Have
        * Penguins
        ## Known Issues
        + Lions escape (2 h)
        """

    assert titles(text) == ["Refactor cages.py", "Add type hints", "Penguins", "Lions escape"]


def test_setext_headings_loose_indentation_and_checklists() -> None:
    parsed = read(
        """
        Choir Ideas
        ===========

        High Priority
        -------------

        10. **Sheet scanner** (3 hours)
           - under-indented
        11. **Metronome**
        - not indented
        - at all
        12. **Tuner**

            ```python
            ## Not a heading
            ```

        Low Priority
        ------------

        + [ ] Robes
        + [x] Lamps
        + [ ] Stage: repaint (30 min)
        """
    )

    assert parsed.title == "Choir Ideas"
    assert [(item.title, item.completed) for item in parsed.items] == [
        ("Sheet scanner", False),
        ("Metronome", False),
        ("Tuner", False),
        ("Robes", False),
        ("Lamps", True),
        ("Stage", False),
    ]
    assert parsed.items[0].description == "- under-indented"
    assert parsed.items[1].description == "- not indented\n- at all"
    assert parsed.items[2].description == "```python\n## Not a heading\n```"
    assert parsed.items[5].description == "repaint (30 min)"


def test_windows_line_ends_tabs_front_matter_and_comments() -> None:
    text = (
        "---\r\ntitle: Lighthouse\r\ntags: [sea]\r\n---\r\n\r\n<!-- ## Hidden -->\r\n\r\n## Ideas\r\n\r\n"
        "1.\t**Fog horn** (1 h)\r\n\t- louder\r\n\t\t- much\r\n2.\t**Lens**\r\n"
    )

    parsed = parse_wishlist(text)

    assert parsed.title == "Lighthouse"
    assert [(item.title, item.description, item.line) for item in parsed.items] == [
        ("Fog horn", "- louder\n\t- much", 10),
        ("Lens", "", 13),
    ]


def test_a_table_with_titles_and_facts_is_a_list_of_wishes() -> None:
    parsed = read(
        """
        # Ski School
        ## Ideas
        | # | Feature | Priority | Effort | Notes |
        |---|---------|----------|--------|-------|
        | 1 | Night lessons | High | 2 days | lamps |
        | 2 | **Sledges** | P3 | 4h | |
        | 3 | ~~Snow~~ | Low | - | |
        """
    )

    assert [(i.identifier, i.title, i.priority, i.estimated_hours, i.completed) for i in parsed.items] == [
        ("1", "Night lessons", Priority.HIGH, 16, False),
        ("2", "Sledges", Priority.LOW, 4, False),
        ("3", "Snow", Priority.LOW, None, True),
    ]
    assert parsed.items[0].description == "- **Priority**: High\n- **Effort**: 2 days\n- **Notes**: lamps"


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


def test_bold_lines_as_titles() -> None:
    parsed = read(
        """
        # Theatre
        ## High Priority
        **1. Curtain motor** (2 days)
        - quiet

        **2. Trap door** [S]
        Opens down.

        ## Medium Priority
        **Better seats**
        - soft

        **Bars:**
        - Foyer bar
        - Balcony bar

        **Cloakroom** - with hooks.
        """
    )

    assert [(item.title, item.description) for item in parsed.items] == [
        ("Curtain motor", "- quiet"),
        ("Trap door", "Opens down."),
        ("Better seats", "- soft"),
        ("Foyer bar", ""),
        ("Balcony bar", ""),
        ("Cloakroom", "with hooks."),
    ]
    assert parsed.items[1].complexity is Complexity.SIMPLE


def test_a_file_without_any_heading() -> None:
    parsed = read(
        """
        - Dark paint
        - Export keys (2 hours)
        - **Bells**: ring at noon
        - ~~Moat~~
        """
    )

    assert parsed.title is None
    assert [(item.title, item.completed) for item in parsed.items] == [
        ("Dark paint", False),
        ("Export keys", False),
        ("Bells", False),
        ("Moat", True),
    ]


def test_completed_and_rejected_groups() -> None:
    parsed = read(
        """
        # Bakery
        ## ✅ Completed Features
        - ✅ Oven
        - **Mixer** - big
        ## Planned
        - [ ] Proofer
        ## Rejected Ideas
        - Microwave
        """
    )

    assert [(item.title, item.completed) for item in parsed.items] == [
        ("Oven", True),
        ("Mixer", True),
        ("Proofer", False),
    ]
    assert [(part.title, part.reason) for part in parsed.skipped] == [("Rejected Ideas", "marked as rejected")]


def test_placeholders_are_reported_and_not_imported() -> None:
    text = """
        # Hotel
        ## Requests
        - [ ] Request #1: (To be filled by guests)
        - [ ] Request #2:
        - [ ] Request #3: Bigger pool
        """

    assert titles(text) == ["Bigger pool"]
    assert sorted(reasons(text).values()) == ["a placeholder without a title", "a placeholder without content"]


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


def test_boxes_below_a_bare_heading_are_the_wishes() -> None:
    text = """
        # Radar
        ## Ideas
        ### Display
        - [ ] Night colours
        - [ ] Range rings
        """

    assert titles(text) == ["Night colours", "Range rings"]


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


def test_text_between_numbers_belongs_to_the_entry_above() -> None:
    parsed = read(
        """
        # Rail
        ## Yard
        1. **Switch heater**

        Gas or steam.

        1. **Water crane**

        ```
        pump
        ```

        1. **Coal**

        By ship.
        """
    )

    assert [(item.title, item.description) for item in parsed.items] == [
        ("Switch heater", "Gas or steam."),
        ("Water crane", "```\npump\n```"),
        ("Coal", "By ship."),
    ]


def test_facts_about_the_document_are_no_wishes() -> None:
    text = """
        # Rail
        - **Author**: Ann
        - **Version**: 1.0
        ## Ideas
        - **Whistle**: louder
        """

    assert titles(text) == ["Whistle"]


def test_unseen_characters_leave_the_title() -> None:
    assert titles("## Ideas\n- **A\u202eB\u200b**: x\n- **\ufeffC**: y\n") == ["AB", "C"]
