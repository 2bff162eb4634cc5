"""What is written out is read back the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci_core.backlog import create_enhancement
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.values import Enhancement, NewEnhancement
from ci_core.backlog.wishlist.exporter import export_wishlist
from ci_core.backlog.wishlist.importer import import_wishlists
from ci_core.backlog.wishlist.items import WishlistItem
from db.engine import Database
from db.enums import Category, Complexity, Priority
from tests.ci_core.backlog.wishlist.desk import (
    Import,
    blockers,
    by_title,
    counts,
    document,
)


def random_items(choose: random.Random) -> list[WishlistItem]:
    words = "quote wheel margin roll strike alert export cache journal risk #1 <b>bold</b> *star* `code` é 漢".split()  # noqa: SIM905
    body = [
        "- one\n- two",
        "```python\n# Not a heading\n```",
        "Some **bold** prose.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "",
    ]
    return [
        WishlistItem(
            title=" ".join(choose.choices(words, k=choose.randint(1, 6))),
            description=choose.choice(body),
            completed=choose.random() < 0.2,
            priority=choose.choice(list(Priority)),
            category=choose.choice(list(Category)),
            complexity=choose.choice([None, *Complexity]),
            estimated_hours=choose.choice([None, 0.5, 8.0, 120.0]),
            feature_area=choose.choice([None, "Alerts", "Options Flow"]),
            tags=tuple(dict.fromkeys(choose.choices(["a", "b", "c"], k=choose.randint(0, 3)))),
            identifier=choose.choice([None, str(choose.randint(1, 99))]),
            section=choose.choice([(), ("One",), ("One", "Deep"), ("Two",)]),
        )
        for _ in range(choose.randint(1, 12))
    ]


@pytest.mark.parametrize("seed", range(6))
def test_any_written_wishlist_imports_twice_to_the_same_thing(run_import: Import, wishlist: Path, seed: int) -> None:
    items = random_items(random.Random(seed))  # noqa: S311 - texts, no secrets
    wishlist.write_text(document(*items), encoding="utf-8")

    assert counts(run_import()) == (len(items), 0, 0)
    assert counts(run_import()) == (0, 0, len(items))


def test_an_export_imports_to_the_same_enhancements(
    database: Database, run_import: Import, new_database: Callable[..., str], template_name: str, tmp_path: Path
) -> None:
    run_import()
    with database.transaction("ada") as session:
        create_enhancement(
            session,
            NewEnhancement(
                title="A <b>title</b> with *marks* & `code`", description="# Heading\n\n```\n1. **no item**\n```",
                complexity="epic", estimated_hours=12.5, feature_area="Quotes", tags=("x", "y z"), category="security",
            ),
            actor="ada",
        )  # fmt: skip
    with database.reading() as session:
        exported = tmp_path / "export_WISHLIST.md"
        exported.write_text(export_wishlist(session), encoding="utf-8")
    other = Database(new_database(template_name))

    try:
        import_wishlists(other, [exported], root=tmp_path, actor="ines")

        assert {told(one) for one in by_title(other).values()} == {told(one) for one in by_title(database).values()}
        assert blockers(other) == blockers(database) == [("Warn before early assignment", "Load dividends every night")]
    finally:
        other.dispose()


def told(one: Enhancement) -> tuple[Any, ...]:
    done = one.status == "completed"
    return (
        one.title, one.description.strip(), one.priority, one.category, one.complexity, one.estimated_hours,
        one.feature_area, one.tags, done,
    )  # fmt: skip


def test_an_export_of_a_query_holds_what_fits(database: Database, run_import: Import) -> None:
    run_import()

    with database.reading() as session:
        markdown = export_wishlist(session, parse_query("is:done"))

    assert "Round strikes correctly" in markdown
    assert "Export the journal" not in markdown
