"""Lines of a file become items; a bad one says what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ci_core.research.item_lines import read_lines


def line(**fields: Any) -> bytes:
    return json.dumps({"id": "1", "source_type": "reddit", "title": "Rolling puts", **fields}).encode()


def problem(raw: bytes) -> str:
    (found,) = read_lines([raw])
    assert found.item is None
    return str(found.problem)


def test_a_whole_line_is_an_item() -> None:
    raw = line(
        url="https://x.org/1", text="*a*", author="ada", date="2026-11-25T14:30:00+02:00", score=12.0, comments=3
    )
    item = read_lines([raw])[0].item

    assert item is not None
    assert (item.source_type, item.external_id, item.url, item.title) == (
        "reddit",
        "1",
        "https://x.org/1",
        "Rolling puts",
    )
    assert (item.text, item.markup, item.author, item.engagement) == (
        "*a*",
        "markdown",
        "ada",
        {"score": 12, "comments": 3},
    )
    assert item.published_at == datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


def test_only_id_kind_and_title_are_needed() -> None:
    item = read_lines([b'{"id": 7, "source_type": "forum", "title": "x"}'])[0].item

    assert item is not None
    assert (item.external_id, item.url, item.text, item.author, item.markup) == ("7", "", "", None, "plain")
    assert (item.published_at, item.engagement) == (None, {})


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        (1357010526, datetime(2013, 1, 1, 3, 22, 6, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2026-11-25T14:30:00Z", datetime(2026, 11, 25, 14, 30, tzinfo=UTC)),
        (None, None),
    ],
)
def test_dates_are_iso_or_unix_seconds(date: object, moment: datetime | None) -> None:
    item = read_lines([line(date=date)])[0].item

    assert item is not None
    assert item.published_at == moment


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"{nonsense", "Write one JSON object"),
        (b"[1]", "it is a list. Write one JSON object"),
        (b"\xff\xfe{}", "Save the file as UTF-8"),
        (b"[" * 100_000, "Write one JSON object"),
        (b'{"id": "1", "source_type": "reddit"}', "title is missing"),
        (line(id=""), "id is missing"),
        (line(id="y" * 501), "id has 501 characters"),
        (line(source_type=None), "source_type is missing"),
        (line(source_type="Hacker News"), "small letters"),
        (line(title=["a"]), "title is ['a']. Write it as a text"),
        (line(url="javascript:alert(1)"), "begins with http"),
        (line(date="yesterday"), "date is 'yesterday'. Write 2026-11-25"),
        (line(date=1e300), "date is 1e+300"),
        (line(score="many"), "score is 'many'. Write a number"),
        (line(score=True), "score is True"),
        (line(markup="rtf"), "markup is 'rtf'"),
        (line(text="x" * 2_000_000), "can be read. Shorten its text"),
    ],
)
def test_a_bad_line_says_what_to_do(raw: bytes, told: str) -> None:
    assert told in problem(raw)


def test_lines_come_in_the_order_of_their_dates_with_their_numbers() -> None:
    found = read_lines([line(date="2026-03-01"), b"  \r\n", line(), b"oops", b"\xef\xbb\xbf" + line(date="2026-01-01")])

    assert [one.number for one in found] == [5, 1, 3, 4]


def test_what_no_table_can_hold_is_left_out_of_a_text() -> None:
    item = read_lines([line(title="nul \0 and half \ud800")])[0].item

    assert item is not None
    assert item.title == "nul  and half ?"
