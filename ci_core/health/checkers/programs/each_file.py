"""Reads files one after the other; what one of them does to its reader is told, and the next one is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ci_core.health.syntax import Unparsable

Entries = list[dict[str, Any]]


def each_file(question: dict[str, Any], read: Callable[[bytes, str], Entries]) -> dict[str, Any]:
    """`{path: what was seen in it, or the reason why it could not be read}`."""
    said: dict[str, Any] = {}
    for path in question["paths"]:
        try:
            said[path] = read((Path(question["root"]) / path).read_bytes(), path)
        except Unparsable as error:
            said[path] = error.reason if error.line is None else f"{error.reason} in line {error.line}"
        except OSError as error:
            said[path] = f"it cannot be read: {error.strerror}"
        except RecursionError:
            said[path] = "it is nested too deeply"
        except Exception as error:  # noqa: BLE001 - a slip of ours keeps no other file unread
            said[path] = f"its reader broke down over it ({type(error).__name__})"
    return said
