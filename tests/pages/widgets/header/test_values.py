"""What the header tells the browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ci_core.backlog.notifications import Notification
from ci_core.backlog.suggestions import Suggestion
from ci_core.finder import Found, FoundGroup, FoundPage
from db.enums import NotificationKind
from pages.widgets.header.values import Answer, Bell, encode
from pages.widgets.navigation import PAGE_LINKS

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def notification(**changes: object) -> Notification:
    fields: dict[str, object] = {
        "id": 3,
        "person": "ada",
        "kind": NotificationKind.ASSIGNED,
        "enhancement_id": 12,
        "comment_id": None,
        "summary": "assigned #12 to you",
        "actor": "grace",
        "created_at": AT,
        "read_at": None,
    }
    known = Notification.__dataclass_fields__
    return Notification(**{name: value for name, value in (fields | changes).items() if name in known})  # type: ignore[arg-type]


def test_a_failed_run_is_where_its_notification_leads() -> None:
    told = "failed in run 42 (Scan of a source): run 7 (of before) too"
    failed = notification(kind=NotificationKind.RUN_FAILED, enhancement_id=None, summary=told)
    several = notification(kind=NotificationKind.RUN_FAILED, enhancement_id=None, summary="failed in 3 runs")
    other = notification(kind=NotificationKind.COMMENTED, summary=told)

    assert [one["run"] for one in Bell(3, (failed, several, other)).wire()["items"]] == [42, None, None]


def test_the_bell_says_who_what_when_and_whether_it_was_read() -> None:
    read = notification(id=2, enhancement_id=None, read_at=AT)

    wire = Bell(1, (notification(), read)).wire()

    assert wire["unread"] == 1
    assert wire["items"] == [
        {
            "id": 3,
            "kind": "assigned",
            "item": 12,
            "run": None,
            "who": "grace",
            "what": "assigned #12 to you",
            "at": AT.timestamp(),
            "unread": True,
        },
        {
            "id": 2,
            "kind": "assigned",
            "item": None,
            "run": None,
            "who": "grace",
            "what": "assigned #12 to you",
            "at": AT.timestamp(),
            "unread": False,
        },
    ]


def test_a_mistake_is_not_held_against_somebody_who_is_still_typing() -> None:
    page = FoundPage(message="priority: has no value.")

    assert Answer(1, (), page).wire()["message"] == "priority: has no value."
    assert Answer(1, (Suggestion(0, 9, "high", "priority:high"),), page).wire()["message"] is None


def test_everything_travels_as_one_document_with_hostile_text_untouched() -> None:
    title = "</script><img src=x onerror=alert(1)>"
    group = FoundGroup("enhancement", "Enhancements", 1, (Found("enhancement", 1, title, "Proposed"),))

    told = json.loads(encode(PAGE_LINKS, "board", title, Bell(), Answer(5, (), FoundPage((group,)))))

    assert (told["who"], told["current"], told["bell"]["items"]) == (title, "board", [])
    assert told["answer"]["sequence"] == 5
    assert told["answer"]["groups"][0]["found"][0]["title"] == title
    assert {"letter": "B", "title": "Board", "path": "board"} in told["pages"]


def test_without_a_question_there_is_no_answer() -> None:
    assert json.loads(encode((), "", "ada", Bell(), None))["answer"] is None


def test_no_two_pages_share_a_letter_or_an_address() -> None:
    assert len({page.letter for page in PAGE_LINKS}) == len({page.path for page in PAGE_LINKS}) == len(PAGE_LINKS)
