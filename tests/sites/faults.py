"""What can be wrong with a site, one after another what real ones do."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Event

from werkzeug import Response

MIB = 2**20
HUGE_MIB = 50
# Somebody waits for a hanging answer no longer than this, also when nobody lets it go.
LONGEST_HANG_SECONDS = 60.0
KINDS = (
    "hang", "drip", "cut_off", "cut_short", "malformed", "charset", "huge", "bomb", "redirect_private",
    "redirect_scheme", "redirect_loop", "reset", "empty", "shape",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a site.

    Attributes:
        kind: an HTTP status such as "429", or one of `KINDS`.
        after: so many good answers come first.
        times: so often it happens, and then no more; None for always.
        retry_after: the header of this name, in seconds or as a date.
    """

    kind: str
    after: int = 0
    times: int | None = None
    retry_after: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not self.kind.isdecimal():
            raise ValueError(f"no such fault: {self.kind}; there are {', '.join(KINDS)}, and every HTTP status")


def parsed(text: str) -> tuple[str, Fault]:
    """A fault as it is written at a shell: reddit=429, arxiv=hang, github=500:after=1:retry_after=30."""
    site, _, rest = text.partition("=")
    kind, *options = rest.split(":")
    named = dict(option.partition("=")[::2] for option in options)
    return site, Fault(
        kind,
        after=int(named.pop("after", 0)),
        times=int(named["times"]) if "times" in named else None,
        retry_after=named.get("retry_after"),
    )


def spoilt(fault: Fault, good: Response, here: str, released: Event) -> Response:
    """What comes instead of a good answer.

    Args:
        here: the address that was asked for.
        released: set when nobody needs to wait any longer.
    """
    if fault.kind.isdecimal():
        headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
        # The message has what hostile sites put there, and nothing of it may reach a terminal.
        said = '{"message": "out of\\norder \\u001b[31m"}'
        return Response(said, int(fault.kind), headers, content_type=good.content_type)
    if fault.kind in {"hang", "drip", "huge", "bomb"}:
        return _endless(fault.kind, good, released)
    if fault.kind.startswith("redirect"):
        return Response(status=302, headers={"Location": _location(fault.kind, here)})
    body = good.get_data()
    if good.headers.pop("Content-Encoding", None):
        body = gzip.decompress(body)
    plain = {
        "cut_off": body[: len(body) * 2 // 3],
        "malformed": b"<feed><entry>&nonsense;" if b"<feed" in body else b'{"data": [1, 2,, nonsense}',
        "charset": _latin(body),
        "empty": b"",
        "shape": b"<feed/>" if b"<feed" in body else b'{"data": {"children": 7}, "hits": "none", "items": {"0": 1}}',
        "cut_short": body,
        "reset": b"",
    }[fault.kind]
    answer = Response(plain, 200, content_type=good.content_type)
    if fault.kind == "charset":
        answer.headers["Content-Type"] = f"{good.mimetype}; charset=utf-8"
    if fault.kind in {"cut_short", "reset"}:  # fewer bytes come than were promised
        answer = Response(iter([plain[: len(plain) // 2]]), 200, content_type=good.content_type)
        answer.headers["Content-Length"] = str(len(plain) + 10)
    return answer


def _endless(kind: str, good: Response, released: Event) -> Response:
    if kind == "hang":
        released.wait(LONGEST_HANG_SECONDS)
        return good
    if kind == "bomb":  # 50 MiB of spaces in 50 KiB
        return Response(_bomb(), 200, {"Content-Encoding": "gzip"}, content_type=good.content_type)
    pieces = (b" " * MIB for _ in range(HUGE_MIB)) if kind == "huge" else _drip(released)
    return Response(pieces, 200, content_type=good.content_type)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (HUGE_MIB * MIB))


def _drip(released: Event) -> Iterator[bytes]:
    for _ in range(int(LONGEST_HANG_SECONDS * 20)):
        yield b" "
        if released.wait(0.05):
            return


def _location(kind: str, here: str) -> str:
    # The address at which clouds hand out credentials.
    return {
        "redirect_private": "http://169.254.169.254/latest/meta-data/",
        "redirect_scheme": "file:///etc/passwd",
    }.get(kind, here)


def _latin(body: bytes) -> bytes:
    """The same in another charset than is said, with a letter in which they differ."""
    text = re.sub(rb"\\u[0-9a-f]{4}", b"", body).decode("utf-8")
    return re.sub('((?:title|description)"?>?:? ?"?)', "\\1é ", text).encode("latin-1", errors="ignore")
