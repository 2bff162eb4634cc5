"""The pictures of the documentation: every page has one, and what a text shows is there."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.pictures import PARTS, addresses
from pages.widgets.navigation import PAGE_LINKS

PROJECT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"!\[[^\]]*\]\(((?:docs/)?images/[^)]+)\)")


def test_every_page_and_part_has_its_picture() -> None:
    found = addresses()

    assert set(found.values()) == {link.path for link in PAGE_LINKS} | set(PARTS.values())
    assert {path.partition("?")[0] for path in PARTS.values()} <= {link.path for link in PAGE_LINKS}


def test_single_ones_can_be_taken_anew() -> None:
    assert addresses(["overview", "agents-next"]) == {"overview": "", "agents-next": "agents?part=Next"}


def test_what_the_documentation_shows_is_there() -> None:
    texts = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]

    missing = [
        (text.name, picture)
        for text in texts
        for picture in SHOWN.findall(text.read_text(encoding="utf-8"))
        if not (text.parent / picture).is_file()
    ]

    assert missing == []
