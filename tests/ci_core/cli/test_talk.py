"""Comments, votes, followers and notifications at a shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]


def test_a_comment_is_added_listed_changed_and_deleted(ci: Ci, add: Add) -> None:
    item = add("Talk about this")["id"]

    said = ci("enhancements", "comment", item, "-", "--as", "lena", "--json", stdin="Looks *right*").document
    assert (said["author"], said["body"], said["enhancement_id"]) == ("lena", "Looks *right*", item)
    assert ci("enhancements", "comment", item, "Better", "--edit", said["id"], "--as", "lena").out == (
        f"Comment {said['id']} on #{item} was changed.\n"
    )
    listed = ci("enhancements", "comment", item, "--list").out
    assert f"#{item} Talk about this" in listed
    assert "LENA" in listed
    assert "Better" in listed
    assert [one["body"] for one in ci("enhancements", "comment", item, "--list", "--json").document["comments"]] == [
        "Better"
    ]
    assert ci("enhancements", "comment", item, "--delete", said["id"], "--as", "max").status == 1
    assert ci("enhancements", "comment", item, "--delete", said["id"], "--as", "lena").status == 0

    assert "Nobody has said anything yet." in ci("enhancements", "comment", item, "--list").out


def test_a_comment_of_another_enhancement_is_not_found(ci: Ci, add: Add) -> None:
    item, other = add("Talk here")["id"], add("Not here")["id"]
    said = ci("enhancements", "comment", item, "Mine", "--as", "lena", "--json").document["id"]

    outcome = ci("enhancements", "comment", other, "--delete", said, "--as", "lena")

    assert outcome.status == 1
    assert outcome.err.startswith(f"error: #{other} has no comment {said}.")


def test_what_is_to_be_done_with_a_comment_is_said_once(ci: Ci, add: Add) -> None:
    item = add("Talk about that")["id"]

    for wrong in ((), ("text", "--list"), ("--edit", 1), ("text", "--delete", 1)):
        assert ci("enhancements", "comment", item, *wrong).status == 2


def test_votes_and_followers_are_counted_with_their_names(ci: Ci, add: Add) -> None:
    item = add("Vote for this", "--as", "ada")["id"]

    ci("enhancements", "vote", item, "--as", "lena")
    shown = ci("enhancements", "show", item)
    assert re.search(r"votes +1: lena\n", shown.out)
    assert re.search(r"followed by +ada\n", shown.out)
    document = ci("enhancements", "show", item, "--json").document
    assert (document["votes"], document["voters"], document["followers"]) == (1, ["lena"], ["ada"])
    assert ci("enhancements", "vote", item, "--as", "max").out == f"#{item} has 2 votes: lena, max.\n"
    removed = ci("enhancements", "vote", item, "--remove", "--as", "lena", "--json").document
    assert removed == {"enhancement_id": item, "votes": 1, "voters": ["max"]}

    assert ci("enhancements", "follow", item, "--as", "lena").out == f"#{item} is followed by ada, lena.\n"
    stopped = ci("enhancements", "follow", item, "--stop", "--as", "lena", "--json").document
    assert stopped == {"enhancement_id": item, "followers": ["ada"]}


def test_notifications_are_shown_and_marked_as_read(ci: Ci, add: Add) -> None:
    assert ci("notifications", "--as", "nobody yet").out == "Nothing concerns you at the moment.\n"
    item = add("For Mia", "--assignee", "Mia", "--as", "ada")["id"]

    shown = ci("notifications", "--as", "mia").out
    assert f"ada assigned #{item} For Mia to you" in shown
    read = ci("notifications", "--as", "mia", "--mark-read", "--json").document

    assert (read["person"], read["unread"]) == ("mia", 1)
    assert (read["notifications"][0]["kind"], read["notifications"][0]["enhancement_id"]) == ("assigned", item)
    assert ci("notifications", "--as", "mia", "--unread", "--json").document["notifications"] == []
    assert "•" not in ci("notifications", "--as", "mia").out
