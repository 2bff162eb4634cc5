"""Files name one another's items, move, vanish, and can be broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core.backlog.snoozing import snooze
from ci_core.backlog.wishlist.importer import import_wishlists
from ci_core.backlog.wishlist.items import WishlistItem
from db.engine import Database
from tests.ci_core.backlog.wishlist.desk import (
    Import,
    blockers,
    by_title,
    counts,
    document,
)


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


def test_no_text_makes_a_sleeper_wait_for_what_waits_for_it(
    database: Database, run_import: Import, wishlist: Path
) -> None:
    wishlist.write_text(document(WishlistItem("First"), WishlistItem("Second")), encoding="utf-8")
    run_import()
    first, second = by_title(database)["First"].id, by_title(database)["Second"].id
    with database.transaction("ada") as session:
        snooze(session, first, until_done=second, actor="ada")
    dependent = document(WishlistItem("First"), WishlistItem("Second", dependencies=("First",)))
    wishlist.write_text(dependent, encoding="utf-8")

    run_import()

    assert blockers(database) == []


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


def test_the_same_file_imported_from_another_root_is_the_same(database: Database, wishlist: Path) -> None:
    inside, outside = wishlist.parent, wishlist.parent.parent / "elsewhere"
    first = import_wishlists(database, [wishlist], root=inside, actor="ada")
    from_outside = import_wishlists(database, [wishlist], root=outside, actor="ada")
    from_inside = import_wishlists(database, [inside], root=inside, actor="ada")

    assert first.files[0].created == len(by_title(database))
    assert counts(from_outside) == counts(from_inside) == (0, 0, first.files[0].created)


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
