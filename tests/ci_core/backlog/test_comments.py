from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    add_comment,
    comments_of,
    delete_comment,
    edit_comment,
    merge_duplicate,
)
from ci_core.errors import InvalidInput, NotAllowed, NotFound

Make = Callable[..., Enhancement]


def test_comments_are_told_in_order_with_their_authors(session: Session, make: Make) -> None:
    item = make()
    first = add_comment(session, item.id, "  **Why** now?\r\nReally. ", actor="ada")
    second = add_comment(session, item.id, "Because.", actor="bob")

    told = comments_of(session, item.id)

    assert told == (first, second)
    assert (first.author, first.body, first.edited_at) == ("ada", "**Why** now?\nReally.", None)


def test_markup_is_kept_as_written_for_whoever_shows_it(session: Session, make: Make) -> None:
    item = make()

    assert add_comment(session, item.id, "<script>alert(1)</script>", actor="ada").body == "<script>alert(1)</script>"


def test_own_comments_can_be_edited_and_deleted(session: Session, make: Make) -> None:
    comment = add_comment(session, make().id, "First", actor="ada")

    edited = edit_comment(session, comment.id, "Second", actor="ada")
    assert (edited.body, edited.edited_at is not None) == ("Second", True)
    assert edit_comment(session, comment.id, "Second ", actor="ada") == edited
    delete_comment(session, comment.id, actor="ada")

    assert comments_of(session, comment.enhancement_id) == ()
    with pytest.raises(NotFound):
        edit_comment(session, comment.id, "Third", actor="ada")


def test_the_comments_of_others_are_theirs(session: Session, make: Make) -> None:
    comment = add_comment(session, make().id, "Mine", actor="ada")

    with pytest.raises(NotAllowed, match="ada's"):
        edit_comment(session, comment.id, "Yours", actor="bob")
    with pytest.raises(NotAllowed, match="ada's"):
        delete_comment(session, comment.id, actor="bob")


@pytest.mark.parametrize("words", ["", " \n ", "x" * 20_001, "a\x00b", "\ud800"])
def test_an_unusable_comment_is_refused(session: Session, make: Make, words: str) -> None:
    with pytest.raises(InvalidInput):
        add_comment(session, make().id, words, actor="ada")


def test_a_comment_needs_its_enhancement(session: Session, make: Make) -> None:
    original, twin = make(), make()
    merge_duplicate(session, twin.id, original.id, actor="ada")

    with pytest.raises(NotFound):
        add_comment(session, 2**60, "Hello", actor="ada")
    with pytest.raises(NotAllowed, match=f"#{original.id}"):
        add_comment(session, twin.id, "Hello", actor="ada")
