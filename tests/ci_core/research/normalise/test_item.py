from __future__ import annotations

import pytest

from ci_core.research.normalise import language, normalise
from ci_core.research.values import Item


def an_item(title: str = "A title of a post", **fields: object) -> Item:
    given = {"source_type": "reddit", "external_id": "x1", "url": "https://www.reddit.com/r/options/comments/x1/y/"}
    return Item(**(given | {"title": title} | fields))


def test_a_shared_page_is_known_by_its_own_address():
    item = an_item(links=("https://www.example.com/story?utm_source=reddit",))

    assert normalise(item).canonical_url == "https://example.com/story"


def test_a_post_that_only_mentions_a_page_keeps_its_own_address():
    item = an_item(text="see https://example.com/story", links=("https://example.com/story",))

    assert normalise(item).canonical_url == "https://reddit.com/comments/x1"


def test_a_post_without_a_link_keeps_its_own_address():
    item = an_item(links=("https://www.reddit.com/r/options/comments/zz9/other/",))

    assert normalise(item).canonical_url == "https://reddit.com/comments/x1"


@pytest.mark.parametrize(
    ("title", "text", "names"),
    [
        ("I built FooTrader, a backtester", "code: https://github.com/me/foo-trader", ("github:me/foo-trader",)),
        ("Introducing quantlib", "pip: https://pypi.org/project/quantlib/", ("pypi:quantlib",)),
        ("[2401.01234] Deep hedging", "", ()),
        ("Deep hedging arXiv:2401.01234v2", "", ("arxiv:2401.01234",)),
        ("New paper on hedging", "It is at https://arxiv.org/abs/2401.01234", ("arxiv:2401.01234",)),
        ("Study: options are hard", "doi: 10.1000/xyz.1.", ("doi:10.1000/xyz.1",)),
        ("Which library for back-tests?", "I tried https://github.com/mementum/backtrader", ()),
        ("How I trade", "I read https://arxiv.org/abs/2401.01234 and https://arxiv.org/abs/2401.09999", ()),
        ("I built a bot", "on https://github.com/pandas-dev/pandas", ()),
    ],
)
def test_a_thing_is_named_where_the_post_is_about_it_and_not_where_it_is_mentioned(title, text, names):
    assert normalise(an_item(title, text=text)).identities == names


def test_a_repository_and_the_post_that_announces_it_have_one_name():
    repository = an_item("me/foo-trader", source_type="github", url="https://github.com/me/foo-trader")
    post = an_item("Show HN: Foo", links=("https://github.com/Me/Foo-Trader#readme",))

    assert normalise(repository).identities == normalise(post).identities == ("github:me/foo-trader",)


def test_equal_wording_has_equal_hashes_of_the_text_but_not_of_the_content():
    one = normalise(an_item("The “Wheel”: a guide!", text="Sell puts.", external_id="a"))
    other = normalise(an_item("[Discussion] the wheel — a GUIDE", text="sell   puts", external_id="b"))

    assert one.text_hash == other.text_hash
    assert one.content_hash != other.content_hash


@pytest.mark.parametrize(
    ("title", "other"), [("Django 1.4 released", "Django 1.3 released"), ("v1.10", "v1.1.0"), ("C++ news", "C# news")]
)
def test_versions_and_names_make_another_wording(title, other):
    assert normalise(an_item(title)).text_hash != normalise(an_item(other)).text_hash


def test_an_item_without_a_title_is_called_by_its_text():
    assert normalise(an_item("\u200b", text="First line.")).title == "First line."


def test_title_and_text_are_plain():
    item = normalise(an_item("<script>x</script> &amp; co", text="<p>Hi<script>alert(1)</script>", markup="html"))

    assert item.title == "< script>x< /script> & co"
    assert item.text == "Hi"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The quick brown fox jumps over the lazy dog", "en"),
        ("Der schnelle Fuchs springt über den faulen Hund", "de"),
        ("日本語のテキストです", "ja"),
        ("Rust 1.80", None),
        ("", None),
        ("1234567890 1234567890 1234567890", None),
    ],
)
def test_language_is_told_where_the_text_is_long_enough(text, code):
    assert language(text) == code
