"""The team's interests at a shell."""

from __future__ import annotations

from tests.ci_core.cli.conftest import Ci

KEYS = ["id", "kind", "wording", "weight", "enabled", "created_by", "created_at"]


def test_a_text_is_added_listed_changed_and_removed(ci: Ci) -> None:
    added = ci("research", "interests", "add", "Zeta hedging", "--kind", "keyword", "--weight", "2", "--json").document

    assert list(added) == KEYS
    assert (added["kind"], added["weight"], added["enabled"], added["created_by"]) == ("keyword", 2.0, True, "tess")
    listed = ci("research", "interests", "list", "--kind", "keyword", "--json").document["interests"]
    assert added in listed
    assert "Zeta hedging" in ci("research", "interests", "list").out

    changed = ci("research", "interests", "edit", added["id"], "--off", "--weight", "0.5")
    assert changed.out == f"Changed the keyword {added['id']}: “Zeta hedging” (does not count).\n"
    removed = ci("research", "interests", "remove", added["id"], "--json").document
    assert (removed["enabled"], removed["weight"]) == (False, 0.5)
    assert ci("research", "interests", "remove", added["id"]).status == 1


def test_what_cannot_be_is_refused_in_one_line(ci: Ci) -> None:
    refused = ci("research", "interests", "add", "Weighty", "--weight", "9")
    unknown = ci("research", "interests", "add", "Weighty", "--kind", "hobby")

    assert (refused.status, refused.err.count("\n"), "between 0 and 5" in refused.err) == (1, 1, True)
    assert unknown.status == 2
