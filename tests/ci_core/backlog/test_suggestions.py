"""What the search offers while one types."""

from __future__ import annotations

import random

import pytest

from ci_core.backlog.query_syntax import Field, State, parse_query
from ci_core.backlog.suggestions import MOST, Choices, suggest
from db.enums import Priority

CHOICES = Choices(
    areas=("Connections", "Options Flow", "Scanner"),
    assignees=("ada", "Grace Hopper", "me"),
    tags=("cache", "database", "data-loss"),
)


def labels(typed: str, cursor: int | None = None) -> list[str]:
    return [one.label for one in suggest(typed, len(typed) if cursor is None else cursor, CHOICES)]


def taken(typed: str, label: str, cursor: int | None = None) -> str:
    """The line after this suggestion was taken."""
    offered = suggest(typed, len(typed) if cursor is None else cursor, CHOICES)
    return next(one for one in offered if one.label == label).applied_to(typed)


def test_an_empty_line_suggests_where_to_begin() -> None:
    assert "assignee:me" in labels("")
    assert taken("  ", "is:open") == "is:open "


@pytest.mark.parametrize(
    ("typed", "field"),
    [("pri", "priority:"), ("PRI", "priority:"), ("-cat", "-category:"), ("leak ass", "assignee:"), ("s", "status:")],
)
def test_a_field_is_completed_from_its_beginning(typed: str, field: str) -> None:
    assert field in labels(typed)


def test_a_completed_field_waits_for_its_value_without_a_space() -> None:
    assert taken("pool pri", "priority:") == "pool priority:"
    assert labels("pool priority:") == [f"priority:{value}" for value in Priority]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("priority:", ["priority:critical", "priority:high", "priority:medium", "priority:low"]),
        ("priority:h", ["priority:high"]),
        ("-status:in", ["-status:in_progress"]),
        ("status:progress", ["status:in_progress"]),
        ("priority:high,", ["priority:critical", "priority:medium", "priority:low"]),
        ("priority:high,l", ["priority:low"]),
        ("is:", [f"is:{state}" for state in State]),
        ("area:", ["area:Connections", 'area:"Options Flow"', "area:Scanner", "area:none"]),
        ("area:flow", ['area:"Options Flow"']),
        ('area:"options f', ['area:"Options Flow"']),
        ("assignee:g", ['assignee:"Grace Hopper"']),
        ("tag:data", ["tag:database", "tag:data-loss"]),
        ("score:>", ["score:>=70"]),
        ("updated:7", ["updated:7d"]),
        ("colour:", []),
        ("priority:high ", []),
        ("priority:zzz", []),
        ('"pri', []),
        ("https://pri", []),
    ],
)
def test_values_of_a_field_are_what_it_accepts_and_the_board_knows(typed: str, expected: list[str]) -> None:
    assert labels(typed) == expected


def test_somebody_who_is_called_me_is_told_from_myself() -> None:
    assert labels("assignee:me") == ['assignee:"me"']
    assert labels("assignee:m") == ["assignee:me", 'assignee:"me"']


@pytest.mark.parametrize(
    ("typed", "label"),
    [("crit", "priority:critical"), ("block", "is:blocked"), ("scan", "area:Scanner"), ("data", "tag:database")],
)
def test_a_value_is_found_without_its_field(typed: str, label: str) -> None:
    assert label in labels(typed)
    assert taken(typed, label) == f"{label} "


def test_the_teams_own_values_wait_for_a_third_letter() -> None:
    assert labels("sc") == ["score:"]
    assert "area:Scanner" in labels("sca")


def test_the_word_at_the_cursor_is_replaced_and_the_rest_stays() -> None:
    typed = "pool pri:high -redis"

    assert taken(typed, "priority:", 8) == "pool priority:high -redis"
    assert taken("pool priority:hi -redis", "priority:high", 16) == "pool priority:high -redis"
    assert taken("priority:h,low x", "priority:high", 10) == "priority:high,low x"


def test_between_two_words_nothing_is_offered() -> None:
    assert labels("pool  leak", 5) == []


def test_a_cursor_outside_of_the_line_is_taken_as_its_end() -> None:
    assert labels("pri", 99) == labels("pri")
    assert labels("pri", -5) == labels("pri", 0) == []


def test_whatever_is_typed_every_suggestion_can_be_searched_for() -> None:
    pieces = [
        "pri",
        "ority",
        ":",
        " ",
        '"',
        "-",
        ",",
        "high",
        "area",
        "Opt",
        "#1",
        "score",
        ">",
        "is",
        "é",
        "none",
        "me",
    ]
    chance = random.Random(5)  # noqa: S311 - the same lines each time

    for _ in range(3000):
        typed = "".join(chance.choices(pieces, k=chance.randint(0, 6)))
        cursor = chance.randint(0, len(typed))
        offered = suggest(typed, cursor, CHOICES)
        assert len(offered) <= MOST
        for one in offered:
            assert 0 <= one.start <= one.end <= len(typed)
            if not one.text.endswith(":"):
                parse_query(one.label)


def test_every_field_is_offered_by_its_whole_name() -> None:
    for field in Field:
        assert f"{field}:" in labels(field[:-1]), field
