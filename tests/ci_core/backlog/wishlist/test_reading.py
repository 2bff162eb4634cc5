from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci_core.backlog.wishlist.reading import LIMIT_BYTES, read_wishlist
from ci_core.errors import WishlistUnreadable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "WISHLIST.md"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_that_occur(path: Path, encoding: str) -> None:
    path.write_bytes("# Wünsche\n- Größe – “gut”".encode(encoding))

    assert read_wishlist(path) == "# Wünsche\n- Größe – “gut”"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (b"PK\x03\x04\0\0\0", "binary"),
        (bytes(range(128, 256)) * 20, "not readable as UTF-8"),
        (b"\xff\xfe\x00\xd8\x00", "not readable as utf-16"),
        (b"a" * (LIMIT_BYTES + 1), "above the limit"),
    ],
)
def test_what_is_no_wishlist_is_refused_in_one_line(path: Path, data: bytes, words: str) -> None:
    path.write_bytes(data)

    with pytest.raises(WishlistUnreadable, match=words) as caught:
        read_wishlist(path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WishlistUnreadable, match="is a folder"):
        read_wishlist(tmp_path)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(WishlistUnreadable, match="does not exist"):
        read_wishlist(path)


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(WishlistUnreadable, match="not a regular file"):
        read_wishlist(path)


def test_a_file_without_permission_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("# x")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(WishlistUnreadable, match="permission denied"):
        read_wishlist(path)
