"""Wishlists at a shell: the report that scripts read, and the way back to markdown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from db.engine import Database
from tests.ci_core.cli.conftest import Ci, Outcome

WISHLIST = """# Wishlist

## Positions

### 1. Warn before an early assignment

- **Priority:** High
- **Effort:** 4 hours

### 2. Remember the filters

## Completed

- ✅ Dark theme
"""


@pytest.fixture
def wishlist(environment: Path) -> Path:
    path = environment / "docs" / "WISHLIST.md"
    path.parent.mkdir()
    path.write_text(WISHLIST, encoding="utf-8")
    return path


@pytest.fixture
def import_(run: Ci, database: Database) -> Callable[..., Outcome]:
    """Imports into a database of the test's own, without vectors."""
    return lambda *arguments: run(database.url, "wishlist", "import", *arguments, "--no-embeddings")


def test_report_has_stable_keys(import_: Callable[..., Outcome], wishlist: Path) -> None:
    document = import_(wishlist, "--json").document

    assert list(document) == ["files", "created", "updated", "unchanged", "failed"]
    (file,) = document["files"]
    assert list(file) == ["path", "created", "updated", "unchanged", "skipped", "error"]
    assert (file["path"], file["created"], file["error"]) == ("docs/WISHLIST.md", 3, None)
    assert (document["created"], document["updated"], document["unchanged"], document["failed"]) == (3, 0, 0, 0)


def test_skipped_parts_say_where_and_why(import_: Callable[..., Outcome], wishlist: Path) -> None:
    wishlist.write_text(WISHLIST + "\n## Success Metrics\n\n- Page loads below 2 s\n", encoding="utf-8")

    (file,) = import_(wishlist, "--json").document["files"]

    (skipped,) = file["skipped"]
    assert list(skipped) == ["line", "title", "reason"]
    assert (skipped["line"], skipped["title"]) == (16, "Success Metrics")


def test_second_import_changes_nothing(import_: Callable[..., Outcome], wishlist: Path) -> None:
    import_(wishlist)

    document = import_(wishlist.parent.parent, "--json").document

    assert (document["created"], document["updated"], document["unchanged"]) == (0, 0, 3)


def test_dry_run_shows_the_plan_and_stores_nothing(import_: Callable[..., Outcome], wishlist: Path) -> None:
    shown = import_(wishlist, "--dry-run")
    planned = import_(wishlist, "--dry-run", "--json").document

    assert "docs/WISHLIST.md:5: created: Warn before an early assignment" in shown.out
    assert "3 would be created" in shown.out
    assert planned["dry_run"] is True
    assert [change["kind"] for change in planned["files"][0]["changes"]] == ["created"] * 3
    assert import_(wishlist, "--json").document["created"] == 3


def test_file_that_cannot_be_read_is_named_and_the_rest_goes_on(
    import_: Callable[..., Outcome], wishlist: Path, environment: Path
) -> None:
    (environment / "BAD_WISHLIST.md").write_bytes(b"\x00\x01\x02binary\xff" * 200)

    outcome = import_(environment, environment / "none.md", "--json")

    assert outcome.status == 1
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("error: 2 of 3 could not be imported: ")
    assert "BAD_WISHLIST.md" in outcome.err
    assert "none.md: There is no such file or folder." in outcome.err
    assert (outcome.document["created"], outcome.document["failed"]) == (3, 2)


def test_table_counts_each_file(import_: Callable[..., Outcome], wishlist: Path) -> None:
    lines = import_(wishlist).out.splitlines()

    assert lines[0].split() == ["NEW", "UPDATED", "UNCHANGED", "SKIPPED", "FILE"]
    assert lines[1].split() == ["3", "0", "0", "0", "docs/WISHLIST.md"]
    assert lines[-1] == "3 were created, 0 updated, 0 unchanged."


def test_import_without_model_says_so_and_succeeds(run: Ci, database: Database, wishlist: Path) -> None:
    outcome = run(database.url, "wishlist", "import", wishlist)

    assert outcome.status == 0
    assert "note: imported without vectors" in outcome.err


def test_import_names_who_did_it(run: Ci, database: Database, wishlist: Path) -> None:
    run(database.url, "wishlist", "import", wishlist, "--no-embeddings", "--as", "lena")

    page = run(database.url, "enhancements", "list", "--json").document
    assert {item["created_by"] for item in page["enhancements"]} == {"lena"}


def test_export_imports_to_the_same_thing(
    import_: Callable[..., Outcome], run: Ci, database: Database, wishlist: Path, environment: Path,
    new_database: Callable[..., str], template_name: str,
) -> None:  # fmt: skip
    import_(wishlist)
    target = environment / "EXPORTED_WISHLIST.md"

    outcome = run(database.url, "wishlist", "export", "--output", target)
    other = new_database(template_name)
    run(other, "wishlist", "import", target, "--no-embeddings")

    def content(url: str) -> set[tuple[object, ...]]:
        found = run(url, "enhancements", "list", "--json").document["enhancements"]
        return {(item["title"], item["priority"], item["estimated_hours"], item["status"]) for item in found}

    assert (outcome.status, outcome.out, outcome.err) == (0, "", f"Written to {target}.\n")
    assert content(other) == content(database.url)
    assert len(content(other)) == 3


def test_export_of_a_query_goes_to_stdout(
    import_: Callable[..., Outcome], run: Ci, database: Database, wishlist: Path
) -> None:
    import_(wishlist)

    shown = run(database.url, "wishlist", "export", "-q", "priority:high").out

    assert "Warn before an early assignment" in shown
    assert "Remember the filters" not in shown


def test_export_to_a_folder_that_is_not_there_is_one_line(run: Ci, database: Database, environment: Path) -> None:
    outcome = run(database.url, "wishlist", "export", "--output", environment / "none" / "X.md")

    assert outcome.status == 1
    assert outcome.err.startswith("error: Cannot write ")
    assert outcome.err.count("\n") == 1
