"""A wishlist is imported again and again, and only what was edited changes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog import merge_duplicate, move_enhancement, update_enhancement
from db.engine import Database
from tests.ci_core.backlog.wishlist.desk import Import, audit_rows, by_title, counts, edit, versions


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


def test_each_file_is_told_to_the_log_with_its_counts(run_import: Import, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    run_import()

    (told,) = [record.getMessage() for record in caplog.records if "wishlist_imported" in record.getMessage()]
    assert "created=5 updated=0 unchanged=0" in told
