"""A wishlist file as text, or a clear word on why it is none."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ci_core.errors import WishlistUnreadable

# Wishlists have kilobytes; two megabytes (some 7,000 items) are read in about six seconds.
LIMIT_BYTES = 2 * 1024 * 1024
_SNIFFED = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Control characters that no text file has; tab, line ends, form feed and escape are left out.
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_UNDEFINED_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def read_wishlist(path: Path) -> str:
    """The text of the file: UTF-8, UTF-16 with a byte order mark, or, where it is plausibly text, Windows-1252.

    Raises:
        WishlistUnreadable: no such file, a folder, no permission, empty, larger than 2 MB, or no text.
    """
    data = _read_bytes(path)
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None and b"\0" in data:
        raise WishlistUnreadable(f"{path} is a binary file, not a markdown wishlist.")
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None or not _plausibly_cp1252(data):
            raise WishlistUnreadable(
                f"{path} is not readable as {encoding or 'UTF-8'} text (byte {error.start}). Save it as UTF-8."
            ) from error
        text = data.decode("cp1252")
    if not text.strip("\ufeff \t\r\n"):
        raise WishlistUnreadable(f"{path} is empty.")
    return text


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise WishlistUnreadable(f"{path} is a folder, not a wishlist file.")
        if path.exists() and not path.is_file():
            raise WishlistUnreadable(f"{path} is not a regular file.")
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            limit = f"{LIMIT_BYTES // 1024 // 1024} MB"
            raise WishlistUnreadable(
                f"{path} is {size / 1024 / 1024:.1f} MB large, above the limit of {limit} for a wishlist. Split it."
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WishlistUnreadable(f"{path} does not exist.") from error
    except PermissionError as error:
        raise WishlistUnreadable(f"{path} may not be read: permission denied.") from error
    except OSError as error:
        raise WishlistUnreadable(f"{path} cannot be read: {error.strerror or error}.") from error


def _plausibly_cp1252(data: bytes) -> bool:
    """Mostly plain letters, hardly any control character, and no byte that Windows-1252 does not have."""
    sample = data[:_SNIFFED]
    if _UNDEFINED_CP1252.search(data):
        return False
    high = sum(byte >= 0x80 for byte in sample)
    return len(_CONTROLS.findall(sample)) == 0 and high * 10 <= len(sample) * 3
