"""Who is spoken to in a text, and who is not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog.mentions import Mention, mentioned_people, mentions_in, written

PEOPLE = ("ada", "Ada Lovelace", "grace.hopper", "Zoë", "jean-luc", "O'Neil", "w1")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@ada, look", ["ada"]),
        ("Look, @ADA!", ["ada"]),
        ("(@ada)", ["ada"]),
        ("@ada's idea", ["ada"]),
        ("@Ada Lovelace knows", ["Ada Lovelace"]),
        ("@ada lovelace knows", ["Ada Lovelace"]),
        ('@"Ada Lovelace" and @“ada”', ["Ada Lovelace", "ada"]),
        ("@grace.hopper.", ["grace.hopper"]),
        ("@zoë @ZOË", ["Zoë"]),
        ("@jean-luc @O'Neil", ["jean-luc", "O'Neil"]),
        ("**@ada** _@w1_ [@grace.hopper](https://example.org)", ["ada", "w1", "grace.hopper"]),
        ("> @ada\n\n- @w1\n\n| a |\n|---|\n| @jean-luc |", ["ada", "w1", "jean-luc"]),
        ("mail bob@ada.org or x.@ada", []),
        ("ada@ada", []),
        ("to bob.@ada", []),
        ("@adam @ada-x @ada.b @ada_b @nobody @", []),
        ('@"ada', []),
        ("`@ada` and ``@w1``", []),
        ("```\n@ada\n```\n\n    @w1\n", []),
        ("https://example.org/@ada", []),
        ("@@ada", []),
    ],
)
def test_known_names_are_found_outside_of_code_and_addresses(text: str, people: list[str]) -> None:
    assert mentioned_people(text, PEOPLE) == tuple(people)


def test_places_cover_what_is_to_be_highlighted() -> None:
    text = 'Hi @ada and @"Ada Lovelace".'

    assert mentions_in(text, PEOPLE) == (Mention(3, 7, "ada"), Mention(12, 27, "Ada Lovelace"))
    assert [text[one.start : one.end] for one in mentions_in(text, PEOPLE)] == ["@ada", '@"Ada Lovelace"']


@pytest.mark.parametrize("person", [*PEOPLE, "x y z", "dot.", "ends-"])
def test_what_the_picker_writes_is_understood(person: str) -> None:
    for sentence in (f"{written(person)}", f"So {written(person)}, please", f"{written(person)}."):
        assert mentioned_people(sentence, (*PEOPLE, person)) == (person,)


@given(st.text(alphabet="@ad.\"' `\n*_-xß", max_size=60), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_any_text_is_read_and_only_known_people_come_out(text: str, people: list[str]) -> None:
    found = mentions_in(text, people)

    assert all(one.person in people and text[one.start] == "@" and one.start < one.end <= len(text) for one in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert set(mentioned_people(text, people)) <= set(people)
