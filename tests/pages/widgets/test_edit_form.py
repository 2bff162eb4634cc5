"""What was typed, set against what is stored."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ci_core.backlog import Enhancement
from ci_core.errors import EditConflict
from db.enums import Category, Priority, Source, Status
from pages.widgets.edit_form import EditForm, changes, in_words, values_of

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def enhancement(**given: Any) -> Enhancement:
    blank: dict[str, Any] = {field.name: None for field in fields(Enhancement)}
    usual = {
        "id": 1, "title": "Title", "description": "", "category": Category.BUG_FIX, "priority": Priority.LOW,
        "status": Status.PROPOSED, "source": Source.MANUAL, "completion_percentage": 0, "score_overrides": {},
        "tags": (), "created_by": "ada", "created_at": NOW, "updated_at": NOW, "status_entered_at": NOW, "version": 3,
    }  # fmt: skip
    return Enhancement(**{**blank, **usual, **given})


def test_untouched_fields_are_no_changes() -> None:
    opened = enhancement(tags=("a", "b"), estimated_hours=2.5, branch="x")

    assert changes(opened, values_of(opened)) == {}


def test_only_what_differs_is_a_change() -> None:
    opened = enhancement()

    assert changes(opened, values_of(opened) | {"priority": "high", "tags": ["a"]}) == {
        "priority": "high",
        "tags": ["a"],
    }


@pytest.mark.parametrize("typed", ["", "  ", None])
def test_an_empty_field_is_the_same_as_none(typed: str | None) -> None:
    assert changes(enhancement(), {"branch": typed}) == {}
    assert changes(enhancement(branch="x"), {"branch": typed}) == {"branch": typed}


def test_other_line_ends_are_no_change() -> None:
    assert changes(enhancement(description="a\nb"), {"description": "a\r\nb"}) == {}


def test_fields_without_a_widget_are_left_alone() -> None:
    assert changes(enhancement(description="long"), {"priority": "low"}) == {}


def test_a_conflict_moves_the_version_to_write_against() -> None:
    form = EditForm(enhancement())
    assert form.base_version == 3

    form.conflict = EditConflict(1, yours={}, theirs={"branch": "x"}, current_version=7, changed_by="eve")
    assert form.base_version == 7


def test_values_in_words() -> None:
    assert in_words("branch", None) == "(empty)"
    assert in_words("tags", ("a", "b")) == "a, b"
    assert in_words("priority", Priority.HIGH) == "High"
    assert in_words("estimated_hours", 2.50) == "2.5"
    assert in_words("title", "bug_fix") == "bug_fix"


def test_values_are_those_of_widgets() -> None:
    values = values_of(replace(enhancement(), tags=("a",), complexity=None))

    assert values["tags"] == ["a"]
    assert values["status"] == "proposed"
    assert type(values["status"]) is str
