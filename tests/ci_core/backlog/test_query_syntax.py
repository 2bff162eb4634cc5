from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.backlog.query_syntax import (
    Choice,
    Field,
    Filter,
    NumberRange,
    Query,
    Special,
    TimeRange,
    parse_query,
)
from ci_core.errors import QueryError


def only(typed: str) -> Filter:
    query = parse_query(typed)
    assert query.text == ""
    (found,) = query.filters
    return found


def test_fields_and_words_are_told_apart() -> None:
    assert parse_query("priority:high category:security pool") == Query(
        "pool", (Choice(Field.PRIORITY, ("high",)), Choice(Field.CATEGORY, ("security",)))
    )


def test_an_empty_search_asks_for_everything() -> None:
    assert parse_query("  \n ").empty
    assert not parse_query("pool").empty
    assert not parse_query("is:open").empty


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("priority:high,critical", Choice(Field.PRIORITY, ("high", "critical"))),
        ("-status:done", Choice(Field.STATUS, ("completed",), negated=True)),
        ("Status:In-Progress", Choice(Field.STATUS, ("in_progress",))),
        ('status:"in progress"', Choice(Field.STATUS, ("in_progress",))),
        ("category:bug,docs", Choice(Field.CATEGORY, ("bug_fix", "documentation"))),
        ("complexity:none,epic", Choice(Field.COMPLEXITY, (Special.NONE, "epic"))),
        ("source:github", Choice(Field.SOURCE, ("github",))),
        ("is:blocked", Choice(Field.IS, ("blocked",))),
        ("-is:open", Choice(Field.IS, ("open",), negated=True)),
        ('area:"options flow",scanner', Choice(Field.AREA, ("options flow", "scanner"))),
        ("area:“options flow”", Choice(Field.AREA, ("options flow",))),
        ("assignee:me", Choice(Field.ASSIGNEE, (Special.ME,))),
        ("assignee:none,ada", Choice(Field.ASSIGNEE, (Special.NONE, "ada"))),
        ('assignee:"me"', Choice(Field.ASSIGNEE, ("me",))),
        ("tag:Database", Choice(Field.TAG, ("database",))),
        ("id:12,#15", Choice(Field.ID, (12, 15))),
        ("#12", Choice(Field.ID, (12,))),
        ("tag:a,a", Choice(Field.TAG, ("a",))),
    ],
)
def test_a_field_takes_one_or_more_values(typed: str, expected: Filter) -> None:
    assert only(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("score:>=70", NumberRange(Field.SCORE, 70, None)),
        ("score:>70", NumberRange(Field.SCORE, 70, None, low_included=False)),
        ("score:50..80", NumberRange(Field.SCORE, 50, 80)),
        ("score:..80", NumberRange(Field.SCORE, None, 80)),
        ("score:50..", NumberRange(Field.SCORE, 50, None)),
        ("score:70", NumberRange(Field.SCORE, 70, 70)),
        ("hours:<4", NumberRange(Field.HOURS, None, 4, high_included=False)),
        ("-hours:<=0.5", NumberRange(Field.HOURS, None, 0.5, negated=True)),
        ("score:none", Choice(Field.SCORE, (Special.NONE,))),
    ],
)
def test_a_number_takes_bounds(typed: str, expected: Filter) -> None:
    assert only(typed) == expected


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("updated:>2026-01-01", date(2026, 1, 2), None),
        ("updated:>=2026-01-01", date(2026, 1, 1), None),
        ("updated:<2026-01-01", None, date(2026, 1, 1)),
        ("updated:<=2026-01-01", None, date(2026, 1, 2)),
        ("updated:2026-01-01", date(2026, 1, 1), date(2026, 1, 2)),
        ("updated:2026-01-01..2026-01-31", date(2026, 1, 1), date(2026, 2, 1)),
        ("updated:2026-01-01..", date(2026, 1, 1), None),
        ("updated:..2026-01-31", None, date(2026, 2, 1)),
        ("updated:7d", timedelta(days=7), None),
        ("updated:<36h", timedelta(hours=36), None),
        ("updated:>2w", None, timedelta(days=14)),
    ],
)
def test_a_time_takes_days_and_ages(typed: str, since: date | timedelta | None, until: date | timedelta | None) -> None:
    assert only(typed) == TimeRange(Field.UPDATED, since, until)


def test_times_become_moments_in_utc() -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)

    assert TimeRange(Field.CREATED, since=timedelta(days=1)).bounds(now) == (datetime(2026, 5, 3, 12, tzinfo=UTC), None)
    assert TimeRange(Field.CREATED, until=date(2026, 5, 1)).bounds(now) == (None, datetime(2026, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("connection   pool", "connection pool"),
        ('"connection pool" -redis', '"connection pool" -redis'),
        ('-"connection pool"', '-"connection pool"'),
        ('"unfinished phrase', '"unfinished phrase"'),
        ("pool OR leak is:open", "pool OR leak"),
        ("OR pool OR", "pool"),
        ("https://example.org/a", "https://example.org/a"),
        ("std::vector 12:30 Note: x", "std::vector 12:30 Note: x"),
        ('"priority:high"', '"priority:high"'),
        ("options_flow.py -", "options_flow.py -"),
        ("a\x00b", "a b"),
        ("half\ud83d", "half"),
        ('""', ""),
        ("C# #12a", "C# #12a"),
    ],
)
def test_everything_else_is_text_as_typed(typed: str, text: str) -> None:
    assert parse_query(typed).text == text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            "prioritty:high",
            r'^prioritty:high: there is no field "prioritty"\. Did you mean priority\? Fields: status, .*quote',
        ),
        ("colour:red", r'no field "colour"\. Fields: '),
        ("priority:hihg", r"^priority:hihg means nothing\. Did you mean high\? Allowed for priority: critical, high, "),
        ("priority:high,urgentest", r"^priority:urgentest means nothing"),
        ("status:none", r"^status:none means nothing\. .*Allowed for status: proposed"),
        ("is:late", r"Allowed for is: blocked, open, done, inbox, snoozed\."),
        ("priority:", r"^priority: has no value\. Allowed for priority: "),
        ("-tag: x", r"^-tag: has no value\. Write for example tag:database"),
        ("tag:a,", r"^tag: has an empty value"),
        ('area:""', r"^area: has an empty value"),
        ("score:many", r"^score:many means nothing\. Write for example score:>=70"),
        ("score:101", r"lies between 0 and 100"),
        ("score:80..50", r"^score:80\.\.50 means nothing"),
        ("score:..", r"^score:\.\. means nothing"),
        ("score:1,2", r"^score:1,2 means nothing"),
        ("hours:-1", r"^hours:-1 means nothing"),
        ("updated:yesterday", r"^updated:yesterday means nothing\. Write for example updated:>2026-01-31"),
        ("created:2026-02-30", r"^created:2026-02-30 means nothing"),
        ("created:>9999-12-31", r"^created:>9999-12-31 means nothing"),
        ("created:999999y", r"^created:999999y means nothing"),
        ("created:0d", r"^created:0d means nothing"),
        ("created:2026-02-01..2026-01-01", r"^created:2026"),
        ("id:abc", r"^id:abc means nothing\. Write for example id:12"),
        ("id:99999999999", r"^id:99999999999 means nothing"),
        ("#0", r"^id:0 means nothing"),
        ("pool OR is:open", r"^OR stands between words only"),
        ("is:open OR pool", r"^OR stands between words only"),
        ("x" * 3000, r"at most 2,000 characters; this one has 3,000"),
    ],
)
def test_what_means_nothing_is_named_with_what_is_allowed(typed: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_query(typed)


def test_a_message_stays_one_short_line() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("x" * 900 + ":" + "y" * 900)

    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


TOKENS = st.sampled_from(
    [
        "pool",
        "OR",
        "-",
        '"',
        ":",
        ",",
        " ",
        "\n",
        "priority:",
        "high",
        "-is:open",
        "score:",
        ">=",
        "70",
        "..",
        "updated:7d",
        "created:",
        "2026-01-01",
        "area:none",
        "tag:",
        "assignee:me",
        "#7",
        "id:",
        "“",
        "\x00",
        "0.000001",
        "me",
        "NONE",
        "hours:",
    ]
)


@settings(deadline=None, database=None, max_examples=400)
@given(st.text() | st.lists(TOKENS, max_size=12).map("".join) | st.lists(TOKENS, max_size=12).map(" ".join))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_typed_again(typed: str) -> None:
    refusal = ""
    try:
        query = parse_query(typed)
    except QueryError as error:
        query, refusal = Query(), str(error)

    assert "\n" not in refusal
    assert parse_query(str(query)) == query
