"""The files of a folder as they stand on disk: hashed as git does, counted, and none that leads out of the folder."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ci_core.health.foreign import HEAD_BYTES

CHUNK_BYTES = 1024 * 1024
# Git takes a file for no text where one of its first bytes is zero, as we do.
BINARY_LOOK_BYTES = 8_000
# Folders of version control.
NEVER_LISTED = frozenset({".git", ".hg", ".svn", ".bzr", "CVS"})
# Open as bytes, without following a link, and without waiting for a pipe that was put there since one looked.
HOW = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Content:
    """One file as it is on disk.

    Attributes:
        blob: its hash, as git computes it.
        blob_with_newlines: the same with "\\r\\n" as "\\n", which is what git may hold of it; the same as `blob`
            where there is no "\\r\\n".
        lines: of text; 0 for what is no text.
        beginning: its first bytes.
    """

    size: int
    blob: str
    blob_with_newlines: str
    lines: int
    beginning: bytes


class Unreadable(Exception):
    """A file that cannot be read; the text says why."""


def read_content(path: Path) -> Content | None:
    """Read a file; None where there is none (any more).

    Raises:
        Unreadable: it is a link, no regular file, or nobody may read it.
    """
    try:
        about = os.lstat(path)
        if stat.S_ISLNK(about.st_mode):
            raise Unreadable("a link")
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("no regular file")
        with os.fdopen(os.open(path, HOW), "rb") as file:
            return _read(file, os.fstat(file.fileno()).st_size)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreadable(f"not readable: {error.strerror or type(error).__name__}") from error


def _read(file: BinaryIO, size: int) -> Content:
    if size <= CHUNK_BYTES:
        return content_of(file.read())
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    beginning, lines, last = b"", 0, b"\n"
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        beginning = beginning or chunk[:BINARY_LOOK_BYTES]
        lines += chunk.count(b"\n")
        last = chunk[-1:]
    blob = digest.hexdigest()
    text = b"\0" not in beginning
    return Content(size, blob, blob, (lines + (last != b"\n")) if text else 0, beginning[:HEAD_BYTES])


def content_of(data: bytes) -> Content:
    """What there is to know of a file that holds this."""
    blob = hash_of(data)
    text = b"\0" not in data[:BINARY_LOOK_BYTES]
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data)) if text else 0
    other = hash_of(data.replace(b"\r\n", b"\n")) if text and b"\r\n" in data else blob
    return Content(len(data), blob, other, lines, data[:HEAD_BYTES])


def hash_of(data: bytes) -> str:
    """The hash by which git calls a file that holds this."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def leads_outside(root: Path, path: str, known: dict[str, bool]) -> bool:
    """Whether a folder on the way to a path is a link; `known` remembers the answers for folders."""
    folder, slash, _ = path.rpartition("/")
    if not slash:
        return False
    if folder not in known:
        known[folder] = leads_outside(root, folder, known) or (root / folder).is_symlink()
    return known[folder]


def walk(root: Path) -> Iterator[str]:
    """All files below a folder, by path, without those of version control; links are not followed."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in NEVER_LISTED)
        place = os.path.relpath(folder, root).replace(os.sep, "/")
        before = "" if place == "." else f"{place}/"
        yield from (f"{before}{name}" for name in sorted(files))
