"""Wishes that are entries of lists, rows of tables or bold lines; every document is small and our own."""

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


def test_boxes_below_a_bare_heading_are_the_wishes() -> None:
    text = """
        # Radar
        ## Ideas
        ### Display
        - [ ] Night colours
        - [ ] Range rings
        """

    assert titles(text) == ["Night colours", "Range rings"]


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


def test_plain_lines_with_a_colon_group_what_follows() -> None:
    parsed = read(
        """
        Wishes for the mill

        Must have:
        - New wheel
        - Second stone

        Nice to have:
        - Paint
        """
    )

    assert [(item.title, item.priority, item.section) for item in parsed.items] == [
        ("New wheel", Priority.CRITICAL, ("Must have",)),
        ("Second stone", Priority.CRITICAL, ("Must have",)),
        ("Paint", Priority.LOW, ("Nice to have",)),
    ]


def test_ticked_rows_are_completed() -> None:
    parsed = read(
        """
        # Mill
        | Status | Item | Effort |
        |---|---|---|
        | ✅ | Wheel | 2h |
        | ⬜ | Stone | 1h |
        | [x] | Door | 3h |
        """
    )

    assert [(item.title, item.completed) for item in parsed.items] == [
        ("Wheel", True),
        ("Stone", False),
        ("Door", True),
    ]
