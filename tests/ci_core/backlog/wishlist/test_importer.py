from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import create_enhancement, merge_duplicate, move_enhancement, update_enhancement
from ci_core.backlog.listing import list_enhancements
from ci_core.backlog.query_syntax import parse_query
from ci_core.backlog.values import Enhancement, NewEnhancement
from ci_core.backlog.wishlist.exporter import export_wishlist
from ci_core.backlog.wishlist.importer import import_wishlists
from ci_core.backlog.wishlist.items import WishlistItem
from ci_core.backlog.wishlist.render import render_wishlist
from ci_core.backlog.wishlist.report import FileReport, ImportReport
from db.engine import Database
from db.enums import Category, Complexity, Priority

WISHES = """\
# Desk wishlist

## High Priority

1. **Warn before early assignment** (2 hours)
   - A deep short call is assigned the night before its ex-dividend day
   - Depends on #3

2. **Hide illiquid contracts** (30 min)
   - A spread wider than the premium cannot be traded

3. **Load dividends every night** (1 day)
   - The calendar of ex-dividend days is bought and never read

## Low Priority

4. **Export the journal** (3 hours)
   - One row per closed position, for the tax adviser

### Done ✅
- ✅ **Round strikes correctly**: half strikes were cut off
"""

Import = Callable[..., ImportReport]


@pytest.fixture
def wishlist(tmp_path: Path) -> Path:
    path = tmp_path / "repo" / "WISHLIST.md"
    path.parent.mkdir()
    path.write_text(WISHES, encoding="utf-8")
    return path


@pytest.fixture
def run_import(database: Database, wishlist: Path) -> Import:
    def run(*paths: Path, **options: Any) -> ImportReport:
        return import_wishlists(database, paths or [wishlist], root=wishlist.parent, actor="ines", **options)

    return run


def counts(report: ImportReport | FileReport) -> tuple[int, int, int]:
    return report.created, report.updated, report.unchanged


def by_title(database: Database) -> dict[str, Enhancement]:
    with database.reading() as session:
        return {one.title: one for one in list_enhancements(session, limit=1000).enhancements}


def edit(path: Path, before: str, after: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1
    path.write_text(content.replace(before, after), encoding="utf-8")


def audit_rows(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM ci_audit_log")).scalar_one())


def versions(database: Database) -> dict[str, int]:
    return {title: one.version for title, one in by_title(database).items()}


def test_every_item_becomes_an_enhancement_with_its_values_and_origin(database: Database, run_import: Import) -> None:
    report = run_import()

    assert counts(report) == (5, 0, 0)
    found = by_title(database)
    assignment, done = found["Warn before early assignment"], found["Round strikes correctly"]
    assert (assignment.status, assignment.priority, assignment.estimated_hours) == ("proposed", "high", 2.0)
    assert (assignment.source, assignment.source_url) == ("wishlist", "WISHLIST.md#L5")
    assert assignment.ai_priority_score is not None
    assert (assignment.created_by, done.status, done.completion_percentage) == ("ines", "completed", 100)


def test_importing_again_changes_nothing_at_all(database: Database, run_import: Import) -> None:
    run_import()
    before = audit_rows(database), by_title(database)

    report = run_import()

    assert counts(report) == (0, 0, 5)
    assert report.files[0].changes == ()
    assert (audit_rows(database), by_title(database)) == before


def test_a_dry_run_tells_the_plan_and_stores_nothing(database: Database, run_import: Import) -> None:
    report = run_import(dry_run=True)

    assert report.dry_run
    assert counts(report) == (5, 0, 0)
    assert [(change.kind, change.enhancement_id) for change in report.files[0].changes] == [("created", None)] * 5
    assert by_title(database) == {}
    assert audit_rows(database) == 0


def test_lines_inserted_above_move_the_anchors_and_nothing_else(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    before = audit_rows(database), versions(database)
    edit(wishlist, "# Desk wishlist\n", "# Desk wishlist\n\nRead this first.\n\n")

    report = run_import()

    assert counts(report) == (0, 0, 5)
    assert (audit_rows(database), versions(database)) == before
    assert by_title(database)["Warn before early assignment"].source_url == "WISHLIST.md#L8"


@pytest.mark.parametrize(
    ("before", "after", "field", "value"),
    [
        (
            "**Hide illiquid contracts**",
            "**Hide contracts that are illiquid**",
            "title",
            "Hide contracts that are illiquid",
        ),
        ("(30 min)", "(45 min)", "estimated_hours", 0.75),
        ("cannot be traded", "cannot be traded at all", "description", None),
    ],
)
def test_an_edited_item_alone_is_updated(
    database: Database, run_import: Import, wishlist: Path, before: str, after: str, field: str, value: Any
) -> None:
    run_import()
    old = by_title(database)["Hide illiquid contracts"]
    edit(wishlist, before, after)

    report = run_import()

    assert counts(report) == (0, 1, 4)
    (change,) = report.files[0].changes
    assert (change.kind, change.enhancement_id) == ("updated", old.id)
    assert field in change.fields
    new = next(one for one in by_title(database).values() if one.id == old.id)
    assert new.version > old.version
    if value is not None:
        assert getattr(new, field) == value
    assert counts(run_import()) == (0, 0, 5)


def test_a_moved_section_updates_the_priority_of_its_items(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    edit(wishlist, "## Low Priority", "## Medium Priority")

    report = run_import()

    assert report.created == 0
    assert by_title(database)["Export the journal"].priority == "medium"
    assert report.files[0].missing == ()


def test_reordered_and_renumbered_items_stay_who_they_are(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    ids = {title: one.id for title, one in by_title(database).items()}
    content = wishlist.read_text(encoding="utf-8")
    first, rest = content.split("1. **Warn")
    warn, rest = rest.split("2. **Hide")
    hide, rest = rest.split("3. **Load")
    warn = warn.replace("#3", "#1")
    load, rest = rest.split("## Low")
    wishlist.write_text(f"{first}1. **Load{load}2. **Hide{hide}3. **Warn{warn}## Low{rest}", encoding="utf-8")

    report = run_import()

    assert report.created == 0
    assert report.files[0].missing == ()
    assert {title: one.id for title, one in by_title(database).items()} == ids


def test_a_removed_item_is_reported_and_stays_and_comes_back(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    whole = wishlist.read_text(encoding="utf-8")
    before = versions(database)
    start, end = whole.index("2. **Hide"), whole.index("3. **Load")
    wishlist.write_text(whole[:start] + whole[end:], encoding="utf-8")

    gone = run_import()
    wishlist.write_text(whole, encoding="utf-8")
    back = run_import()

    assert counts(gone) == (0, 0, 4)
    assert [item.title for item in gone.files[0].missing] == ["Hide illiquid contracts"]
    assert counts(back) == (0, 0, 5)
    assert [(item.kind, item.title) for item in back.files[0].changes] == [("back", "Hide illiquid contracts")]
    assert versions(database) == before


def test_an_added_item_is_the_only_new_one(database: Database, run_import: Import, wishlist: Path) -> None:
    run_import()
    edit(
        wishlist, "2. **Hide", "2. **Draw the wheel** (1 week)\n   - Puts, stock, calls and cash as a ring\n\n3. **Hide"
    )

    assert counts(run_import()) == (1, 0, 5)


def test_what_a_person_changed_is_kept_and_reported(database: Database, run_import: Import, wishlist: Path) -> None:
    run_import()
    item = by_title(database)["Hide illiquid contracts"]
    with database.transaction("ada") as session:
        update_enhancement(session, item.id, {"title": "Hide wide spreads"}, expected_version=item.version, actor="ada")
    edit(wishlist, "**Hide illiquid contracts** (30 min)", "**Hide all illiquid contracts** (45 min)")

    reports = [run_import(), run_import()]

    found = by_title(database)["Hide wide spreads"]
    assert (found.id, found.estimated_hours) == (item.id, 0.75)
    assert [counts(report) for report in reports] == [(0, 1, 4), (0, 0, 5)]
    assert [[kept.fields for kept in report.files[0].kept] for report in reports] == [[("title",)], [("title",)]]


def test_a_person_s_edit_alone_is_no_matter_for_the_import(database: Database, run_import: Import) -> None:
    run_import()
    item = by_title(database)["Export the journal"]
    with database.transaction("ada") as session:
        update_enhancement(session, item.id, {"priority": "critical"}, expected_version=None, actor="ada")

    report = run_import()

    assert counts(report) == (0, 0, 5)
    assert report.files[0].changes == ()
    assert by_title(database)["Export the journal"].priority == "critical"


def test_a_new_checkmark_completes(database: Database, run_import: Import, wishlist: Path) -> None:
    run_import()
    edit(wishlist, "4. **Export the journal**", "4. ✅ **Export the journal**")

    assert counts(run_import()) == (0, 1, 4)
    assert by_title(database)["Export the journal"].status == "completed"
    assert counts(run_import()) == (0, 0, 5)


def test_a_new_checkmark_does_not_complete_what_a_person_moved(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    item = by_title(database)["Export the journal"]
    with database.transaction("ada") as session:
        move_enhancement(session, item.id, "rejected", actor="ada")
    edit(wishlist, "4. **Export the journal**", "4. ✅ **Export the journal**")

    report = run_import()

    assert by_title(database)["Export the journal"].status == "rejected"
    assert [kept.fields for kept in report.files[0].kept] == [("status",)]


def test_deleted_and_merged_enhancements_are_not_created_again(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    items = by_title(database)
    with database.transaction("ada") as session:
        merge_duplicate(session, items["Export the journal"].id, items["Hide illiquid contracts"].id, actor="ada")
        session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": items["Round strikes correctly"].id})
    edit(wishlist, "half strikes were cut off", "half strikes were cut off, all of them")
    edit(wishlist, "(3 hours)", "(5 hours)")

    report = run_import()

    assert counts(report) == (0, 0, 5)
    assert "Round strikes correctly" not in by_title(database)


def blockers(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.execute(
            text("""
                SELECT a.title, b.title FROM ci_enhancement_dependencies d
                JOIN ci_enhancements a ON a.id = d.enhancement_id JOIN ci_enhancements b ON b.id = d.other_id
                WHERE d.kind = 'blocked_by' ORDER BY 1, 2
            """)
        )
        return [(waiting, blocker) for waiting, blocker in rows]


def document(*items: WishlistItem) -> str:
    return render_wishlist(items, title="Wishes")


def test_dependencies_named_in_the_text_become_blockers_where_they_surely_mean_an_item(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    wishlist.write_text(
        document(
            WishlistItem("Stream results", identifier="ML-001"),
            WishlistItem("Show progress", dependencies=("ML-001",)),
            WishlistItem("Stop early", dependencies=("show progress", "WebSocket implementation", "Stop early")),
            WishlistItem("Twin"),
            WishlistItem("Twin", description="Another one."),
            WishlistItem("Which one", dependencies=("Twin", "#999")),
        ),
        encoding="utf-8",
    )

    report = run_import()

    assert blockers(database) == [("Show progress", "Stream results"), ("Stop early", "Show progress")]
    assert report.files[0].dependencies == 2
    assert run_import().files[0].dependencies == 0


def test_no_circle_is_closed_by_what_texts_say(database: Database, run_import: Import, wishlist: Path) -> None:
    wishlist.write_text(
        document(
            WishlistItem("First", dependencies=("Third",)),
            WishlistItem("Second", dependencies=("First",)),
            WishlistItem("Third", dependencies=("Second",)),
        ),
        encoding="utf-8",
    )

    run_import()

    assert len(blockers(database)) == 2
    assert counts(run_import()) == (0, 0, 3)
    assert len(blockers(database)) == 2


def test_a_blocker_that_a_person_removed_does_not_come_back_and_one_no_longer_named_goes(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    first, second = WishlistItem("First"), WishlistItem("Second", dependencies=("First",))
    third = WishlistItem("Third", dependencies=("First",))
    wishlist.write_text(document(first, second, third), encoding="utf-8")
    run_import()
    with database.transaction("ada") as session:
        session.execute(
            text("DELETE FROM ci_enhancement_dependencies WHERE enhancement_id = :id"),
            {"id": by_title(database)["Second"].id},
        )
    wishlist.write_text(document(first, second, WishlistItem("Third")), encoding="utf-8")

    run_import()

    assert blockers(database) == []


def test_titles_of_other_files_in_the_folder_are_found(database: Database, run_import: Import, wishlist: Path) -> None:
    wishlist.write_text(document(WishlistItem("Show fills", dependencies=("Read fills",))), encoding="utf-8")
    other = wishlist.with_name("WISHLIST_feeds.md")
    other.write_text(document(WishlistItem("Read fills")), encoding="utf-8")

    run_import(wishlist.parent)

    assert blockers(database) == [("Show fills", "Read fills")]


def test_a_folder_is_searched_and_each_bad_file_gives_its_reason(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    root = wishlist.parent
    for folder in ("features/earnings_calendar", "node_modules/x", ".hidden", "venv"):
        (root / folder).mkdir(parents=True)
        (root / folder / "My_Wishlist.md").write_text(document(WishlistItem(f"From {folder}")), encoding="utf-8")
    (root / "broken_WISHLIST.md").write_bytes(b"\x00\x01\x02")
    (root / "empty_wishlist.MD").write_text("", encoding="utf-8")
    (root / "notes.md").write_text("1. **No wish**", encoding="utf-8")

    report = run_import(root, root / "absent.md")

    assert [(file.path, file.created, file.error is None) for file in report.files] == [
        ("WISHLIST.md", 5, True),
        ("broken_WISHLIST.md", 0, False),
        ("empty_wishlist.MD", 0, False),
        ("features/earnings_calendar/My_Wishlist.md", 1, True),
        ("absent.md", 0, False),
    ]
    assert report.failed == 3
    assert by_title(database)["From features/earnings_calendar"].feature_area == "Earnings Calendar"


def test_a_renamed_file_takes_its_items_along(database: Database, run_import: Import, wishlist: Path) -> None:
    run_import(wishlist.parent)
    ids = {one.id for one in by_title(database).values()}
    moved = wishlist.parent / "docs" / "DESK_WISHLIST.md"
    moved.parent.mkdir()
    wishlist.rename(moved)

    report = run_import(wishlist.parent)

    assert [(file.path, file.created, file.missing) for file in report.files] == [("docs/DESK_WISHLIST.md", 0, ())]
    assert {one.id for one in by_title(database).values()} == ids
    assert by_title(database)["Export the journal"].source_url == "docs/DESK_WISHLIST.md#L17"
    assert counts(run_import(wishlist.parent)) == (0, 0, 5)


def test_a_deleted_file_is_reported_once_its_folder_is_imported(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    run_import()
    wishlist.unlink()

    report = run_import(wishlist.parent)

    assert [(file.path, len(file.missing)) for file in report.files] == [("WISHLIST.md", 5)]
    assert len(by_title(database)) == 5


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_links_are_not_followed_out_of_the_folder(run_import: Import, wishlist: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "WISHLIST.md").write_text(document(WishlistItem("Secret")), encoding="utf-8")
    (wishlist.parent / "linked").symlink_to(outside)
    (wishlist.parent / "linked_WISHLIST.md").symlink_to(outside / "WISHLIST.md")

    assert [file.path for file in run_import(wishlist.parent).files] == ["WISHLIST.md"]


def test_the_same_file_named_twice_is_imported_once(run_import: Import, wishlist: Path) -> None:
    report = run_import(wishlist, wishlist.parent, wishlist.parent / ".." / "repo" / "WISHLIST.md")

    assert [file.path for file in report.files] == ["WISHLIST.md"]


def test_an_item_with_an_endless_title_is_shortened(database: Database, run_import: Import, wishlist: Path) -> None:
    wishlist.write_text(f"# W\n\n## Wishes\n\n1. **{'long ' * 200}** (2 hours)\n   - body\n", encoding="utf-8")

    run_import()

    (title,) = by_title(database)
    assert len(title) <= 300
    assert counts(run_import()) == (0, 0, 1)


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
