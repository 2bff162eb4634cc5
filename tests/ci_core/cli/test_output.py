"""Tables fit a terminal and are whole in a pipe; JSON keeps every value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from ci_core.cli.output import Column, clean, plain, write_json, write_pairs, write_table
from db.enums import Status

COLUMNS = [Column("ID", numeric=True), Column("WHAT", flexible=True), Column("WHO")]
ROWS = [(7, "A rather long description of what is to be done", "lena"), (123456789012, "日本語のタイトル 🚀", "ada")]


def on_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [40, 60, 200])
def test_table_keeps_to_the_terminal_and_never_cuts_an_id(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    on_terminal(monkeypatch, width)

    write_table(COLUMNS, ROWS)

    lines = printed(capsys)
    assert max(cell_len(line) for line in lines) <= width
    assert lines[1].split()[0] == "7"
    assert lines[2].split()[0] == "123456789012"
    assert lines[1].endswith("lena")
    assert ("…" in lines[1]) is (width < 200)


def test_table_on_a_very_narrow_terminal_still_shows_the_ids(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_terminal(monkeypatch, 10)

    write_table(COLUMNS, ROWS)

    assert "123456789012" in printed(capsys)[2]


def test_table_in_a_pipe_is_whole_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(COLUMNS, ROWS)

    lines = printed(capsys)
    assert ROWS[0][1] in lines[1]
    assert cell_len(lines[1][: lines[1].index("lena")]) == cell_len(lines[2][: lines[2].index("ada")])
    assert "\x1b" not in "".join(lines)


def test_line_feed_in_a_cell_does_not_break_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(COLUMNS, [(1, "two\nlines\x1b[2J", None)])

    assert printed(capsys)[1].rstrip() == " 1  two lines\N{REPLACEMENT CHARACTER}[2J"


def test_empty_values_are_left_out_of_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    write_pairs([("status", Status.PROPOSED), ("branch", None), ("tags", ""), ("done", 0)])

    assert printed(capsys) == ["status  proposed", "done    0"]


def test_values_become_what_json_knows(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "status": Status.PROPOSED,
        "hours": Decimal("2.50"),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "path": Path("a/b"),
        "tags": ("x", "y"),
        "column": COLUMNS[1],
    }

    write_json(document)

    assert json.loads(capsys.readouterr().out) == {
        "status": "proposed",
        "hours": 2.5,
        "at": "2026-01-02T03:04:05+00:00",
        "path": "a/b",
        "tags": ["x", "y"],
        "column": ["WHAT", False, True],
    }


def test_text_for_people_is_untouched_but_for_what_moves_the_cursor() -> None:
    assert clean("naïve 日本 🚀\tok\n") == "naïve 日本 🚀\tok\n"
    assert plain("a\x1bb") == "a\x1bb"  # JSON escapes it by itself
