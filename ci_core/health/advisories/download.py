"""Fetches a large file in parts, so that a broken connection costs one part and each answer stays bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_core.errors import SiteAnswerUnusable
from ci_core.web import Answer, WebClient
from ci_core.web.answer import AnswerProblem

PART_BYTES = 4 * 2**20
# OSV's file of PyPI has about 20 MiB; an answer beyond this is no such file.
MOST_BYTES = 400 * 2**20
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What became of a download.

    Attributes:
        path: the whole file; None where the site still has the one that is known.
        etag: which version of the file it is, as the site says; None where it does not.
        resumed_bytes: of an earlier attempt, that were not fetched again.
    """

    path: Path | None
    etag: str | None
    bytes: int = 0
    resumed_bytes: int = 0


def download(
    client: WebClient,
    path: str,
    into: Path,
    *,
    known_etag: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    part_bytes: int = PART_BYTES,
    most_bytes: int = MOST_BYTES,
) -> Downloaded:
    """Fetch the file at a path below the client's address, and go on where an earlier attempt stopped.

    Args:
        into: where the file will lie; beside it lies the part that is there so far, with a note of what it belongs to.
        known_etag: the version that is not to be fetched again.
        progress: told after each part how many bytes of how many are there.

    Raises:
        SiteError: one of its kinds; what was fetched so far stays for the next attempt.
        OSError: it cannot be written.
    """
    part, note = into.with_name(f"{into.name}.part"), into.with_name(f"{into.name}.note")
    etag = _noted(note)
    done = part.stat().st_size if etag is not None and part.is_file() else 0
    resumed = done
    while True:
        headers = {"accept-encoding": "identity", "range": f"bytes={done}-{done + part_bytes - 1}"}
        if done:
            headers["if-range"] = etag or ""
        elif known_etag is not None:
            headers["if-none-match"] = known_etag
        piece = client.ask("GET", f"{client.base_url}{path}", _as_piece, headers=headers)
        if piece.unchanged:
            return Downloaded(None, known_etag)
        if piece.start != done or (done and piece.etag != etag):  # another file by now: from its beginning
            done = resumed = 0
            part.unlink(missing_ok=True)
            if piece.start != 0:
                continue
        if piece.total > most_bytes:
            raise SiteAnswerUnusable(client.site, f"the file has {piece.total / 2**20:,.0f} MiB, which cannot be right")
        etag = piece.etag
        _keep(part, piece.body, note, etag, first=done == 0)
        done += len(piece.body)
        progress(done, piece.total)
        if done >= piece.total:
            part.replace(into)
            note.unlink(missing_ok=True)
            return Downloaded(into, etag, done, resumed)


@dataclass(frozen=True, slots=True)
class _Piece:
    body: bytes
    start: int
    total: int
    etag: str | None
    unchanged: bool = False


def _as_piece(answer: Answer) -> _Piece:
    """A part of the file; the whole of it from a site that knows no parts."""
    etag = answer.headers.get("etag")
    if answer.status == 304:
        return _Piece(b"", 0, 0, etag, unchanged=True)
    told = CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    if answer.status != 206 or told is None:
        return _Piece(answer.body, 0, len(answer.body), etag)
    start, end, total = map(int, told.groups())
    if len(answer.body) != end - start + 1 or not answer.body or end >= total:
        raise AnswerProblem(f"it sent {len(answer.body)} bytes where it announced {told.group()}")
    return _Piece(answer.body, start, total, etag)


def _keep(part: Path, body: bytes, note: Path, etag: str | None, *, first: bool) -> None:
    """Add a part. Without an etag nothing tells whether the rest would belong to it, so that it is not gone on with."""
    if first:
        note.unlink(missing_ok=True)
    with part.open("wb" if first else "ab") as file:
        file.write(body)
    if first and etag is not None:
        note.write_text(json.dumps({"etag": etag}), encoding="utf-8")


def _noted(note: Path) -> str | None:
    try:
        found: Any = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    etag = found.get("etag") if isinstance(found, dict) else None
    return etag if isinstance(etag, str) else None
