"""What came back from a site, read within bounds and decoded."""

from __future__ import annotations

import codecs
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

MIB = 2**20
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Python knows them, the web does not.
NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
AUTOMATIC = zlib.MAX_WBITS | 32  # recognises the headers of gzip and zlib
ZIPPED = frozenset({"gzip", "x-gzip", "deflate"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a site may go.

    Attributes:
        connect_seconds: for a connection.
        read_seconds: between two pieces of an answer.
        total_seconds: for a whole answer, redirects included, whatever it does meanwhile.
        most_bytes: of an answer, unpacked.
        attempts: where it helps to ask again (5xx, a broken connection).
        first_wait_seconds: before the second attempt, doubled before the third.
        redirects: in a row.
    """

    connect_seconds: float = 10
    read_seconds: float = 20
    total_seconds: float = 30
    most_bytes: int = 16 * MIB
    attempts: int = 3
    first_wait_seconds: float = 0.5
    redirects: int = 5


class AnswerProblem(Exception):
    """An answer cannot be used; the text says why and belongs after the site's name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are lower case, `body` is unpacked."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def text(self) -> tuple[str, bool]:
        """The body as text, and whether characters of it could not be read and were replaced."""
        return decoded(self.body, self.headers.get("content-type", ""))

    def json(self) -> tuple[Any, bool]:
        """The body as a JSON value, and whether characters of it were replaced.

        Raises:
            AnswerProblem: it is cut off, or no JSON.
        """
        text, replaced = self.text()
        if not text.strip():
            raise AnswerProblem("the answer is empty where JSON was expected")
        try:
            return json.loads(text), replaced
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated")
            raise AnswerProblem("the answer is cut off" if cut else f"the answer is no JSON ({error.msg})") from None
        except (ValueError, RecursionError):  # a number or a nesting beyond all measure
            raise AnswerProblem("the answer is no JSON that can be read") from None


def decoded(body: bytes, content_type: str) -> tuple[str, bool]:
    """The text of a body by its byte order mark, else as declared, else as UTF-8; what does not fit is replaced.

    The second value says whether something was replaced.
    """
    for mark, charset in BOMS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], charset)
    return _decoded(body, declared_charset(content_type) or "utf-8")


def declared_charset(content_type: str) -> str | None:
    """The charset that a Content-Type names, as far as Python knows it as one of texts."""
    message = Message()
    message["content-type"] = content_type
    name = message.get_content_charset()
    if name is None:
        return None
    try:
        known = codecs.lookup(name).name.replace("_", "-")
        b"a".decode(name, errors="replace")
    except (LookupError, ValueError):  # unknown, or a codec of something else than text
        return None
    return None if known in NO_CHARSETS else name


def _decoded(body: bytes, charset: str) -> tuple[str, bool]:
    try:
        return body.decode(charset), False
    except UnicodeError:
        return body.decode(charset, errors="replace"), True


def unpacked(pieces: Iterable[bytes], encoding: str, most_bytes: int) -> Iterator[bytes]:
    """The pieces of a body without their compression, never more than `most_bytes` of it in memory.

    Raises:
        AnswerProblem: there is more, the compression is unknown or broken, or its end is missing.
    """
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        yield from _bounded(pieces, most_bytes)
    elif kind in ZIPPED:
        yield from _unzipped(pieces, most_bytes)
    else:
        raise AnswerProblem("the answer is packed in a way that was not asked for")


def _bounded(pieces: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    room = most_bytes
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise too_large(most_bytes)
        yield piece


def _unzipped(pieces: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    unzip = zlib.decompressobj(AUTOMATIC)
    room = most_bytes
    begun = False
    for piece in pieces:
        rest = piece
        while rest:
            if unzip.eof:  # a further member of the same gzip
                unzip = zlib.decompressobj(AUTOMATIC)
            begun = True
            try:
                plain = unzip.decompress(rest, room + 1)  # one more tells that there is more
            except zlib.error:
                raise AnswerProblem("the answer is packed, and broken") from None
            room -= len(plain)
            if room < 0:
                raise too_large(most_bytes)
            yield plain
            rest = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
    if begun and not unzip.eof:
        raise AnswerProblem("the answer is cut off")


def too_large(most_bytes: int) -> AnswerProblem:
    """That an answer is larger than allowed."""
    return AnswerProblem(f"the answer is larger than {most_bytes / MIB:g} MiB and was not read any further")
