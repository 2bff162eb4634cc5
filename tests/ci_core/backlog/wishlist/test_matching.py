from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ci_core.backlog.wishlist.matching import ItemText, Matches, item_keys, match_items, similarity

WISHES = (
    ("Alerts", "Send a message before earnings", "Traders are surprised by earnings while they hold a short put."),
    ("Alerts", "Warn about early assignment", "A deep call before its ex-dividend day is assigned at night."),
    ("Scanner", "Rank contracts by premium per day", "Annualise the premium and sort the chain by what a day brings."),
    ("Scanner", "Hide illiquid contracts", "Wide spreads cost more than the premium that they promise to pay."),
    ("Journal", "Write down why a roll was made", "Half a year later nobody remembers the reason behind a roll."),
    ("Journal", "Export the journal as a table", "The tax adviser wants every closed position in one spreadsheet."),
)


def document() -> list[ItemText]:
    return [
        ItemText(title, (section,), str(place), body, line=place * 10)
        for place, (section, title, body) in enumerate(WISHES, start=1)
    ]


def renumbered(items: list[ItemText]) -> list[ItemText]:
    return [replace(item, identifier=str(place), line=place * 10) for place, item in enumerate(items, start=1)]


def all_pairs(count: int) -> Matches:
    return Matches(tuple((i, i) for i in range(count)), (), ())


def test_an_unchanged_document_matches_itself() -> None:
    assert match_items(document(), document()) == all_pairs(6)


def test_items_keep_their_identity_wherever_they_are_moved() -> None:
    old = document()
    order = [4, 0, 5, 2, 1, 3]
    new = renumbered([old[i] for i in order])

    assert dict(match_items(old, new).pairs) == {here: there for there, here in enumerate(order)}


def test_two_items_that_change_places_do_not_change_identities() -> None:
    old = document()
    new = renumbered([old[1], old[0], *old[2:]])

    assert dict(match_items(old, new).pairs)[0] == 1
    assert dict(match_items(old, new).pairs)[1] == 0


def test_a_new_item_in_between_is_new_though_it_takes_a_number() -> None:
    old = document()
    new = renumbered([*old[:2], ItemText("Draw the wheel as a diagram", ("Scanner",), None, "A picture."), *old[2:]])

    matches = match_items(old, new)

    assert matches.new == (2,)
    assert matches.missing == ()


@pytest.mark.parametrize("place", range(6))
def test_an_edited_title_is_the_same_item(place: int) -> None:
    old = document()
    new = [replace(item, title=f"{item.title}, please") if i == place else item for i, item in enumerate(old)]

    assert match_items(old, new) == all_pairs(6)


def test_a_wholly_new_title_over_the_same_body_is_the_same_item() -> None:
    old = document()
    new = [replace(old[0], title="Calendar watch"), *old[1:]]

    assert match_items(old, new) == all_pairs(6)


def test_an_edited_title_is_found_although_everything_was_renumbered() -> None:
    old = document()
    fresh = ItemText("Show theta for each lot", ("Alerts",), None, "Decay per lot, live and by the hour of the day.")
    edited = replace(old[2], title="Rank contracts by premium per calendar day")
    new = renumbered([fresh, *old[:2], edited, *old[3:]])

    matches = match_items(old, new)

    assert dict(matches.pairs) == {0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6}
    assert matches.new == (0,)


def test_an_item_that_replaces_a_deleted_one_does_not_inherit_its_identity() -> None:
    old = document()
    other = ItemText("Deploy with containers", ("Alerts",), "1", "One image for the page and one for the worker.", 10)

    matches = match_items(old, [other, *old[1:]])

    assert matches.missing == (0,)
    assert matches.new == (0,)


def test_a_code_names_an_item_whatever_became_of_its_words() -> None:
    old = [ItemText("Predict assignment", ("Models",), "ML-001", "Use last year's chains.")]
    new = [ItemText("Guess who gets called away", ("Models",), "ML-001", "Entirely new words about it.")]

    assert match_items(old, new) == all_pairs(1)


def test_a_renamed_section_takes_its_items_along() -> None:
    old = document()
    new = [replace(item, section=("Warnings",)) if item.section == ("Alerts",) else item for item in old]

    assert match_items(old, new) == all_pairs(6)


def test_equal_titles_stay_apart_by_their_bodies() -> None:
    old = [
        ItemText("Connection pooling", ("Database",), None, "Reuse what is open."),
        ItemText("Connection pooling", ("Database",), None, "Ten at most, with a time-out."),
    ]

    assert dict(match_items(old, old[::-1]).pairs) == {0: 1, 1: 0}
    assert match_items(old, old[1:]) == Matches(((1, 0),), (0,), ())


def test_what_was_missing_is_looked_for_by_its_own_title_only() -> None:
    old = [ItemText("Send a message before earnings", ("Alerts",), "1", "Body of some words that tell a story.")]
    edited = [replace(old[0], title="Send a message before the earnings")]

    assert match_items(old, edited).pairs == ((0, 0),)
    assert match_items(old, edited, same_title_only=True).pairs == ()


def test_keys_are_unique_and_follow_section_and_title() -> None:
    items = [ItemText("A", ("S",)), ItemText("a", ("s",)), ItemText("A"), ItemText("x" * 1000), ItemText("x" * 1001)]

    keys = item_keys(items)

    assert keys[:3] == ["s / a", "s / a #2", "a"]
    assert len(set(keys)) == 5
    assert max(map(len, keys)) < 400


def test_a_rewritten_document_of_six_hundred_items_is_matched_in_time() -> None:
    words = [item[2].split() for item in WISHES]
    choose = random.Random(1)  # noqa: S311 - texts, no secrets

    def some(count: int) -> list[ItemText]:
        return [
            ItemText(" ".join(choose.choices(choose.choice(words), k=6)), (), str(i), " ".join(choose.choice(words)))
            for i in range(count)
        ]

    matches = match_items(some(600), some(600))

    assert len(matches.pairs) + len(matches.new) == 600


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [("same", "same", 1.0, 1.0), ("abc", "xyz", 0.0, 0.0), ("warn of losses", "warn about losses", 0.8, 0.99)],
)
def test_similarity_of_lines(first: str, second: str, least: float, most: float) -> None:
    assert least <= similarity(first, second) <= most
