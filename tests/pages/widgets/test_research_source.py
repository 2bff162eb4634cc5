"""What the feed lists: read once for everybody, and only what changed travels to a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ci_core.research.feed import FeedFilter, FeedPage, FeedRow, Sighting
from db.enums import FindingStatus
from pages.widgets.research_details import because
from pages.widgets.research_source import (
    DELTA_LIMIT,
    FIRST_ROWS,
    FRESH_SECONDS,
    MORE_ROWS,
    MOST_ROWS,
    FeedSource,
    FeedTracker,
    engagement,
    standing,
    wire_row,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def row(number: int, **fields: Any) -> FeedRow:
    given: dict[str, Any] = {
        "source_type": "reddit", "source_name": "r/options", "source_url": "https://example.org", "author": None,
        "status": FindingStatus.ANALYZED, "relevance_score": 80.0, "novelty_score": None, "applicability_score": None,
        "implementation_difficulty": None, "reason": "Near", "summary": None, "scored_by": "local 1",
        "uncertain": False, "engagement": {}, "duplicate_of": None, "published_at": None, "discovered_at": NOON,
        "snoozed_until": None, "decided_by": None, "decided_at": None, "decision_reason": None, "enhancement_id": None,
        "version": 1, "source_title": f"Number {number}",
    }  # fmt: skip
    return FeedRow(id=number, **{**given, **fields})


class Desk:
    """A source over rows that a test changes."""

    def __init__(self, count: int) -> None:
        self.rows = [row(number) for number in range(1, count + 1)]
        self.revision = 0
        self.now = 0.0
        self.reads = 0
        self.source = FeedSource(self.read, lambda: self.revision, lambda: self.now)
        self.tracker = FeedTracker()

    def read(self, _wanted: FeedFilter, rows: int) -> FeedPage:
        self.reads += 1
        return FeedPage(len(self.rows), tuple(self.rows[:rows]))

    def update(self, wanted: FeedFilter | None = None) -> Any:
        self.tracker.about(wanted)
        return self.tracker.update_for(self.source.window(wanted or FeedFilter(), self.tracker.rows))


def test_a_window_is_read_once_until_something_changes_or_a_snooze_may_have_ended() -> None:
    desk = Desk(3)
    desk.update()
    desk.update()
    assert desk.reads == 1

    desk.revision = 1
    first = desk.update()
    assert desk.reads == 2
    desk.now = FRESH_SECONDS + 1
    second = desk.update()

    assert desk.reads == 3
    assert second.revision == first.revision


def test_a_browser_gets_all_rows_once_and_then_what_changed_since() -> None:
    desk = Desk(3)
    first = desk.update()
    assert [one[0] for one in json.loads(first.base or b"")] == [1, 2, 3]

    desk.rows = [row(9, relevance_score=99.0), desk.rows[0], replace(desk.rows[2], version=2)]
    desk.revision = 1
    second = desk.update()

    assert second.base is None
    assert second.base_token == first.base_token
    assert second.order == [9, 1, 3]
    assert [one[0] for one in second.delta] == [9, 3]
    # Cumulative: the message before may never have arrived.
    assert [one[0] for one in desk.update().delta] == [9, 3]


def test_much_change_another_question_or_a_browser_without_rows_begin_anew() -> None:
    desk = Desk(DELTA_LIMIT + 10)
    token = desk.update().base_token
    desk.rows = [replace(one, version=2) for one in desk.rows]
    desk.revision = 1
    assert desk.update().base is not None

    again = desk.update()
    assert again.base is None
    assert desk.update(FeedFilter(text="x")).base is not None
    desk.tracker.forget()
    assert desk.update(FeedFilter(text="x")).base is not None
    assert again.base_token != token


def test_more_rows_come_when_the_browser_asks_up_to_a_bound() -> None:
    desk = Desk(MOST_ROWS + 500)
    assert len(desk.update().order) == FIRST_ROWS

    desk.tracker.more(FIRST_ROWS)
    desk.tracker.more(FIRST_ROWS)
    assert len(desk.update().order) == FIRST_ROWS + MORE_ROWS
    for _ in range(30):
        desk.tracker.more(desk.tracker.rows)

    assert len(desk.update().order) == MOST_ROWS
    assert len(desk.update(FeedFilter(text="x")).order) == FIRST_ROWS


def test_a_finding_that_the_address_names_stands_first_where_it_is_not_listed() -> None:
    desk = Desk(3)
    window = desk.source.window(FeedFilter(), 100)

    update = desk.tracker.update_for(window, row(50))

    assert (update.order, update.total) == ([50, 1, 2, 3], 4)
    assert desk.tracker.update_for(window, row(2)).order == [1, 2, 3]


def test_a_row_says_what_one_wants_to_know() -> None:
    seen = (Sighting(2, "hacker_news", "Hacker News", ""), Sighting(3, "hacker_news", "Hacker News", ""))
    wire = wire_row(row(1, source_title="  two\nlines ", also_seen_on=seen, engagement={"score": 1, "comments": 1200}))

    assert wire[:6] == [1, 1, 80.0, "two lines", "reddit", "r/options"]
    assert wire[9:11] == ["1 point · 1,200 comments", ["Hacker News"]]
    assert wire_row(row(7, source_title=" "))[3] == "Finding 7"
    assert wire_row(row(7, source_type="hacker_news", source_name="hacker_news"))[5] == "Hacker News"
    assert engagement(row(1, engagement={"score": "many", "stars": True, "upvote_ratio": 0.97})) == "0.97 upvote ratio"


def test_what_became_of_a_finding_is_said_in_a_few_words() -> None:
    assert standing(row(1)) == ""
    assert standing(row(1, snoozed_until=datetime.now(UTC) - timedelta(days=1))) == ""
    assert standing(row(1, snoozed_until=datetime.now(UTC) + timedelta(days=9))).startswith("snoozed until ")
    rejected = {"status": FindingStatus.REJECTED, "decision_reason": "Old"}
    assert standing(row(1, **rejected, decided_by="ada")) == "rejected by ada: Old"
    assert standing(row(1, **rejected, decided_by="agent:research")) == "set aside"
    converted = row(1, status=FindingStatus.CONVERTED_TO_ENHANCEMENT, enhancement_id=5)
    assert standing(converted) == "part of #5"
    assert standing(row(1, status=FindingStatus.DUPLICATE)) == "Duplicate"


def test_what_a_score_was_made_of_is_told_in_words_and_only_in_words() -> None:
    details = {
        "interest": "Option flow",
        "similarity": 0.7,
        "words": ["gamma", "flow"],
        "accepted_like_it": [{"title": "One", "id": 3, "similarity": 0.5}, {"title": "Two"}],
        "unwanted": None,
        "why": {"relevance": "as above", "novelty": "Nothing like it before.", "difficulty": 3},
    }

    assert because(details) == [
        ["Nearest interest", "Option flow"],
        ["Words that mattered", "gamma, flow"],
        ["Accepted before", "One, Two"],
        ["Novelty", "Nothing like it before."],
    ]
    assert because({"interest": {"wording": "Flow"}, "why": "text"}) == [["Nearest interest", "Flow"]]
    assert because({}) == []
