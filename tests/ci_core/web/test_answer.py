"""Bodies: charset, compression, bounds."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_core.web.answer import Answer, AnswerProblem, decoded, unpacked

TEXT = "Optionen für 5 € – 日本"


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode(), "text/html"),
        (TEXT.encode(), "text/html; charset=UTF-8"),
        (TEXT.encode(), "text/html; charset=nonsense"),
        (TEXT.encode(), "text/html; charset=hex"),
        (TEXT.encode(), "text/html; charset=unicode_escape"),
        (TEXT.encode(), "text/html; charset=punycode"),
        (TEXT.encode(), 'text/html; charset="'),
        (TEXT.encode("utf-16-le"), "text/html; charset=utf-16-le"),
        (codecs.BOM_UTF8 + TEXT.encode(), "text/html; charset=latin-1"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "text/html; charset=utf-8"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), ""),
    ],
)
def test_the_charset_is_the_mark_or_the_declared_one_or_utf8(body: bytes, declared: str) -> None:
    assert decoded(body, declared) == (TEXT, False)


def test_what_does_not_fit_is_replaced_and_said_so() -> None:
    assert decoded("für".encode("latin-1"), "text/html; charset=utf-8") == ("f\N{REPLACEMENT CHARACTER}r", True)


@given(some.binary(), some.text())
def test_any_body_gives_a_text(body: bytes, declared: str) -> None:
    text, _ = decoded(body, declared)

    assert isinstance(text, str)


@given(some.binary(max_size=2_000), some.integers(1, 50), some.sampled_from(["gzip", "deflate", "identity", ""]))
def test_what_was_packed_comes_out_again(body: bytes, size: int, encoding: str) -> None:
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(body)
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]

    assert b"".join(unpacked(pieces, encoding, 2_000)) == body


def test_several_members_are_one_body() -> None:
    assert b"".join(unpacked([gzip.compress(b"one ") + gzip.compress(b"two")], "gzip", 100)) == b"one two"


@given(some.binary(min_size=1, max_size=500), some.integers(1, 499))
def test_never_more_than_is_allowed(body: bytes, most: int) -> None:
    packed = gzip.compress(body)
    if len(body) <= most:
        assert b"".join(unpacked([packed], "gzip", most)) == body
    else:
        with pytest.raises(AnswerProblem, match="larger than"):
            b"".join(unpacked([packed], "gzip", most))


@given(some.binary(min_size=10, max_size=500))
def test_a_cut_off_body_is_said_so(body: bytes) -> None:
    with pytest.raises(AnswerProblem, match="cut off"):
        b"".join(unpacked([gzip.compress(body)[:-3]], "gzip", 1_000))


@given(some.text(max_size=50))
def test_json_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(AnswerProblem):
        value, _ = Answer("http://x", 200, body=text.encode("utf-8", errors="replace")).json()
        assert value is None or isinstance(value, str | int | float | list | dict)
