"""Saved views at a shell."""

from __future__ import annotations

from tests.ci_core.cli.conftest import Ci

KEYS = ["id", "name", "page", "query", "owner", "shared", "is_default", "updated_at"]


def test_a_view_is_saved_listed_and_deleted(ci: Ci) -> None:
    saved = ci("views", "save", "Pool work", "--page", "board", "--query", "?q=pool", "--default", "--json").document

    assert list(saved) == KEYS
    assert (saved["query"], saved["owner"], saved["shared"], saved["is_default"]) == ("q=pool", "tess", False, True)
    assert saved in ci("views", "list", "--page", "board", "--json").document["views"]
    assert saved not in ci("views", "list", "--page", "table", "--json").document["views"]
    table = ci("views", "list").out
    assert "Pool work" in table
    assert "q=pool" in table
    assert ci("views", "delete", saved["id"]).out == "Deleted “Pool work” of the page board.\n"
    assert saved["id"] not in [view["id"] for view in ci("views", "list", "--json").document["views"]]


def test_others_see_what_is_shared_and_cannot_delete_it(ci: Ci) -> None:
    view = ci("views", "save", "Ours", "--page", "board", "--query", "q=a", "--shared", "--json").document
    ci("views", "save", "Mine", "--page", "board", "--query", "q=b")

    seen = ci("views", "list", "--as", "grace", "--json").document["views"]
    refused = ci("views", "delete", view["id"], "--as", "grace")

    assert [one["name"] for one in seen] == ["Ours"]
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "tess's" in refused.err


def test_a_taken_name_needs_the_word_replace(ci: Ci) -> None:
    ci("views", "save", "Twice", "--page", "board", "--query", "q=a")

    refused = ci("views", "save", "twice", "--page", "board", "--query", "q=b")
    replaced = ci("views", "save", "twice", "--page", "board", "--query", "q=b", "--replace", "--json")

    assert (refused.status, "already" in refused.err) == (1, True)
    assert replaced.document["query"] == "q=b"


def test_an_address_with_an_open_item_is_refused_in_one_line(ci: Ci) -> None:
    refused = ci("views", "save", "Bad", "--page", "board", "--query", "item=3")

    assert refused.status == 1
    assert refused.err.startswith("error: A view shows a page and not one opened item")
