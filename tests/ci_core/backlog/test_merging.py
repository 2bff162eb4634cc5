from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    add_comment,
    add_dependency,
    comments_of,
    create_enhancements,
    dependencies_of,
    get_enhancement,
    merge_duplicate,
    move_enhancement,
    take_apart,
    update_enhancement,
)
from ci_core.errors import DependencyCycle, InvalidInput, NotAllowed, NotFound
from db.engine import Database
from db.enums import Status

Make = Callable[..., Enhancement]
EVERYTHING = """
    SELECT to_jsonb(e) - '{version,updated_at,changed_xid,search_vector}'::text[] FROM ci_enhancements e ORDER BY id
"""
LINKS = "SELECT id, enhancement_id, other_id, kind, created_by FROM ci_enhancement_dependencies ORDER BY id"


def links(session: Session) -> list[Any]:
    return [tuple(row) for row in session.execute(text(LINKS))]


def add_finding(session: Session, item: Enhancement) -> int:
    statement = """
        INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, enhancement_id)
        VALUES ('reddit', 'https://example.com', 'Seen elsewhere', md5(random()::text), :id) RETURNING id
    """
    return int(session.scalars(text(statement), {"id": item.id}).one())


def add_origin(session: Session, item: Enhancement) -> int:
    statement = """
        INSERT INTO ci_wishlist_items (path, item_key, line, enhancement_id, imported)
        VALUES ('WISHLIST.md', md5(random()::text), 1, :id, '{}') RETURNING id
    """
    return int(session.scalars(text(statement), {"id": item.id}).one())


def owner(session: Session, table: str, row_id: int) -> int:
    return int(session.scalars(text(f"SELECT enhancement_id FROM {table} WHERE id = :id"), {"id": row_id}).one())


def test_the_duplicate_becomes_a_tombstone_that_points_to_its_original(session: Session, make: Make) -> None:
    original, twin = make("Original"), make("Twin", status="in_progress")

    merged = merge_duplicate(session, twin.id, original.id, actor="ada")

    assert (merged.duplicate.status, merged.duplicate.merged_into_id) == (Status.ARCHIVED, original.id)
    assert merged.original.title == "Original"
    assert [item.id for item in dependencies_of(session, original.id).duplicates] == [twin.id]


def test_talk_and_evidence_move_to_the_original(session: Session, make: Make) -> None:
    original, twin = make(), make()
    add_comment(session, twin.id, "On the twin", actor="bob")
    finding, origin = add_finding(session, twin), add_origin(session, twin)

    merged = merge_duplicate(session, twin.id, original.id, actor="ada")

    assert (merged.comments, merged.findings, merged.wishlist_items) == (1, 1, 1)
    assert [comment.author for comment in comments_of(session, original.id)] == ["bob"]
    assert owner(session, "ci_research_findings", finding) == original.id
    assert owner(session, "ci_wishlist_items", origin) == original.id


def test_dependencies_move_without_doubling_or_pointing_to_themselves(session: Session, make: Make) -> None:
    original, twin, both, waiting, friend = make("O"), make("T"), make("B"), make("W"), make("F")
    add_dependency(session, original.id, both.id, "blocked_by", actor="tess")
    add_dependency(session, twin.id, both.id, "blocked_by", actor="tess")
    add_dependency(session, waiting.id, twin.id, "blocked_by", actor="tess")
    add_dependency(session, twin.id, original.id, "related", actor="tess")
    add_dependency(session, twin.id, friend.id, "related", actor="tess")
    add_dependency(session, friend.id, original.id, "related", actor="tess")

    merged = merge_duplicate(session, twin.id, original.id, actor="ada")

    seen = dependencies_of(session, original.id)
    assert [item.id for item in seen.blocked_by] == [both.id]
    assert [item.id for item in seen.blocks] == [waiting.id]
    assert [item.id for item in seen.related] == [friend.id]
    assert merged.dependencies == 1
    assert len(merged.dropped) == 3


def test_a_merge_never_makes_a_circle(session: Session, make: Make) -> None:
    original, twin, middle = make("O"), make("T"), make("M")
    add_dependency(session, original.id, middle.id, "blocked_by", actor="tess")
    add_dependency(session, middle.id, twin.id, "blocked_by", actor="tess")

    merged = merge_duplicate(session, twin.id, original.id, actor="ada")

    assert dependencies_of(session, original.id).blocks == ()
    assert merged.dropped == (f"#{middle.id} blocked by #{twin.id}: it would close a circle",)
    take_apart(session, twin.id, actor="ada")
    assert [item.id for item in dependencies_of(session, twin.id).blocks] == [middle.id]


def test_taken_apart_everything_is_as_it_was(session: Session, make: Make) -> None:
    original, twin, blocker, other = make("O"), make("T", status="blocked"), make("B"), make("X", status="blocked")
    move_enhancement(session, twin.id, "blocked", actor="tess", after_id=other.id)
    move_enhancement(session, twin.id, "in_progress", actor="tess")
    move_enhancement(session, twin.id, "completed", actor="tess")
    add_comment(session, twin.id, "On the twin", actor="bob")
    add_dependency(session, twin.id, blocker.id, "blocked_by", actor="cleo")
    add_dependency(session, original.id, blocker.id, "blocked_by", actor="tess")
    add_dependency(session, original.id, twin.id, "related", actor="tess")
    finding, origin = add_finding(session, twin), add_origin(session, twin)
    before, linked = list(session.scalars(text(EVERYTHING))), links(session)

    merge_duplicate(session, twin.id, original.id, actor="ada")
    restored = take_apart(session, twin.id, actor="bob")

    assert restored.status is Status.COMPLETED
    assert list(session.scalars(text(EVERYTHING))) == before
    assert links(session) == linked
    assert owner(session, "ci_research_findings", finding) == twin.id
    assert owner(session, "ci_wishlist_items", origin) == twin.id
    assert len(comments_of(session, twin.id)) == 1


def test_what_came_to_the_original_since_stays_there(session: Session, make: Make) -> None:
    original, twin = make(), make()
    add_comment(session, twin.id, "Before", actor="bob")
    merge_duplicate(session, twin.id, original.id, actor="ada")
    add_comment(session, original.id, "After", actor="cleo")
    update_enhancement(session, original.id, {"title": "Better"}, expected_version=None, actor="cleo")

    take_apart(session, twin.id, actor="ada")

    assert [comment.body for comment in comments_of(session, original.id)] == ["After"]
    assert [comment.body for comment in comments_of(session, twin.id)] == ["Before"]
    assert get_enhancement(session, original.id).title == "Better"


def test_merging_into_a_merged_one_reaches_its_original(session: Session, make: Make) -> None:
    original, twin, third = make(), make(), make()
    merge_duplicate(session, twin.id, original.id, actor="ada")

    merged = merge_duplicate(session, third.id, twin.id, actor="ada")

    assert merged.duplicate.merged_into_id == original.id


def test_a_merge_of_the_original_is_taken_apart_first(session: Session, make: Make) -> None:
    first, second, third = make(), make(), make()
    add_comment(session, first.id, "Hello", actor="bob")
    merge_duplicate(session, first.id, second.id, actor="ada")
    merge_duplicate(session, second.id, third.id, actor="ada")

    with pytest.raises(NotAllowed, match=f"#{second.id} was itself merged into #{third.id}"):
        take_apart(session, first.id, actor="ada")
    take_apart(session, second.id, actor="ada")
    take_apart(session, first.id, actor="ada")

    assert [comment.body for comment in comments_of(session, first.id)] == ["Hello"]


def test_merges_that_make_no_sense_are_refused(session: Session, make: Make) -> None:
    original, twin, third = make(), make(), make()
    merge_duplicate(session, twin.id, original.id, actor="ada")

    with pytest.raises(InvalidInput, match="itself"):
        merge_duplicate(session, third.id, third.id, actor="ada")
    with pytest.raises(NotAllowed, match="already"):
        merge_duplicate(session, twin.id, third.id, actor="ada")
    with pytest.raises(NotAllowed, match="Take that merge apart first"):
        merge_duplicate(session, original.id, twin.id, actor="ada")
    with pytest.raises(NotAllowed, match="not merged"):
        take_apart(session, third.id, actor="ada")
    with pytest.raises(NotFound):
        merge_duplicate(session, 2**60, original.id, actor="ada")
    with pytest.raises(NotFound):
        take_apart(session, 2**60, actor="ada")


def test_merged_and_taken_apart_it_can_be_merged_again(session: Session, make: Make) -> None:
    original, twin = make(), make()
    for _ in range(2):
        merge_duplicate(session, twin.id, original.id, actor="ada")
        take_apart(session, twin.id, actor="ada")

    assert merge_duplicate(session, twin.id, original.id, actor="ada").duplicate.merged_into_id == original.id


def test_people_who_merge_each_others_original_at_once_do_not_lose_both(database: Database) -> None:
    with database.transaction("tess") as session:
        a, b = create_enhancements(session, [NewEnhancement(title="A"), NewEnhancement(title="B")], actor="tess")
    together = Barrier(2)

    def merge(pair: tuple[int, int]) -> str:
        together.wait()
        try:
            with database.transaction("ada") as session:
                merge_duplicate(session, *pair, actor="ada")
        except NotAllowed:
            return "refused"
        return "merged"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(merge, [(a.id, b.id), (b.id, a.id)]))

    assert outcomes == ["merged", "refused"]


def test_what_the_duplicate_is_a_duplicate_of_by_peoples_word_stays(session: Session, make: Make) -> None:
    original, twin, third = make(), make(), make()
    add_dependency(session, twin.id, original.id, "duplicate_of", actor="tess")
    add_dependency(session, twin.id, third.id, "duplicate_of", actor="tess")
    linked = links(session)

    merge_duplicate(session, twin.id, original.id, actor="ada")
    assert links(session) == linked
    take_apart(session, twin.id, actor="ada")

    assert links(session) == linked


def test_a_dropped_link_that_would_close_a_circle_by_now_keeps_the_merge(session: Session, make: Make) -> None:
    original, twin, middle, later = make("O"), make("T"), make("M"), make("L")
    add_dependency(session, original.id, middle.id, "blocked_by", actor="tess")
    add_dependency(session, middle.id, twin.id, "blocked_by", actor="tess")
    add_dependency(session, twin.id, later.id, "blocked_by", actor="tess")
    merge_duplicate(session, twin.id, original.id, actor="ada")
    add_dependency(session, later.id, middle.id, "blocked_by", actor="bob")

    with pytest.raises(DependencyCycle, match=f"#{later.id} L"), session.begin_nested():
        take_apart(session, twin.id, actor="ada")

    assert get_enhancement(session, twin.id).merged_into_id == original.id


def test_a_link_whose_other_end_was_deleted_since_is_left_out(session: Session, make: Make) -> None:
    original, twin, gone = make(), make(), make()
    add_dependency(session, original.id, gone.id, "blocked_by", actor="tess")
    add_dependency(session, twin.id, gone.id, "blocked_by", actor="tess")
    merge_duplicate(session, twin.id, original.id, actor="ada")
    session.execute(text("DELETE FROM ci_enhancements WHERE id = :id"), {"id": gone.id})

    take_apart(session, twin.id, actor="ada")

    assert dependencies_of(session, twin.id).blocked_by == ()
