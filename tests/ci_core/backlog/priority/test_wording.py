from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.backlog.priority.wording import READ_CHARACTERS, PhraseIndex, phrase, prose_words, stem

INDEX = PhraseIndex(
    [
        ("loss", phrase("data loss")),
        ("loss", phrase("lose * data")),
        ("crash", phrase("crash", ["market", "flash"])),
        ("leak", phrase("leak")),
        ("wheel", phrase("cash-secured put")),
    ]
)


def named(markdown: str) -> set[str]:
    return INDEX.find(prose_words(markdown))


@pytest.mark.parametrize("text", ["It crashes.", "CRASH", "**crashed**", "while crashing:", "a crash, sometimes"])
def test_a_word_is_found_in_any_inflection_and_markup(text: str) -> None:
    assert named(text) == {"crash"}


@pytest.mark.parametrize("text", ["Cash-Secured Puts", "cash secured put", "cash secured puts!"])
def test_hyphens_do_not_hide_a_phrase(text: str) -> None:
    assert named(text) == {"wheel"}


@pytest.mark.parametrize("text", ["We lose data.", "loses all its data", "losing the data"])
def test_a_star_stands_for_up_to_two_words(text: str) -> None:
    assert named(text) == {"loss"}


@pytest.mark.parametrize(
    "text",
    ["crashpad", "leaky_bucket", "data\n\nloss", "data. Loss", "lose one or two more data", "data, loss of a trade"],
)
def test_parts_of_words_and_words_apart_do_not_count(text: str) -> None:
    assert named(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "There is no data loss.",
        "It never crashes",
        "without any data loss or leak",
        "It doesn't crash",
        "It doesn’t leak",
        "a crash-free release",
        "no longer crashes",
    ],
)
def test_what_is_denied_does_not_count(text: str) -> None:
    assert named(text) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no protection against data loss", "loss"),
        ("does not prevent a crash", "crash"),
        ("prevents crashes", "crash"),
        ("No retry. It crashes", "crash"),
        ("Without a lock, data loss occurs", "loss"),
    ],
)
def test_a_denial_of_something_else_does_not_hide_it(text: str, found: str) -> None:
    assert named(text) == {found}


@pytest.mark.parametrize("text", ["after the market crash", "a flash crash of 2010"])
def test_a_word_with_another_meaning_does_not_count(text: str) -> None:
    assert named(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "```python\nraise Crash('data loss')\n```",
        "- item\n  ```\n  leak\n  ```",
        "> ~~~\n> leak\n> ~~~",
        "````\n```\nleak\n````",
        "```\nnever closed, leak",
        "see `leak` here",
        "src/leak.py",
        "detect_leak(x)",
        "https://example.org/leak/crash",
        "<!-- leak -->",
        "[notes](#data-loss)",
        "| leak | crash |",
    ],
)
def test_code_links_paths_and_tables_are_no_prose(text: str) -> None:
    assert named(text) == set()


def test_prose_after_code_counts_again() -> None:
    assert named("```\ncode\n```\nand then a leak") == {"leak"}
    assert named("Use `pool` or connections leak") == {"leak"}


def test_only_the_beginning_of_a_description_is_read() -> None:
    assert named("filler " * READ_CHARACTERS + "leak") == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("leaks", "leaking"),
        ("vulnerabilities", "vulnerability"),
        ("caching", "caches"),
        ("logged", "log"),
        ("losses", "loss"),
        ("crashes", "crash"),
        ("missing", "missed"),
        ("using", "using"),
    ],
)
def test_inflections_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("loss", "lose"), ("put", "pull"), ("position", "post")])
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@settings(deadline=None, database=None)
@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    named(text)


@pytest.mark.parametrize("unit", ["`", "<", "](", "a.", "_", "- ```\n", "no ", "lose x ", "\u0301", "/"])
def test_hostile_text_is_read_quickly(unit: str) -> None:
    started = time.process_time()

    named(unit * 200_000)

    assert time.process_time() - started < 0.5
